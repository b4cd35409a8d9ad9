#include "tests/support/failing_allocations.h"

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdlib>
#include <new>

#include "engine/base/sim_inside.h"

namespace treering::testing {
namespace {

constinit std::atomic<bool> active{false};
constinit std::atomic<uint64_t> seen_count{0};
constinit std::atomic<uint64_t> refused_count{0};
uint64_t refuse_from = 0;
uint64_t refuse_to = 0;
constinit thread_local int exempt = 0;

bool Refuses() {
  if (!active.load(std::memory_order_acquire) || exempt > 0 || base::SimInside::Now()) return false;
  const uint64_t number = seen_count.fetch_add(1);
  if (number < refuse_from || number >= refuse_to) return false;
  refused_count.fetch_add(1);
  return true;
}

void* Allocate(std::size_t bytes, std::size_t alignment) {
  if (Refuses()) return nullptr;
  if (alignment <= alignof(std::max_align_t)) return std::malloc(bytes == 0 ? 1 : bytes);
  return std::aligned_alloc(alignment, (bytes + alignment - 1) / alignment * alignment);
}

void* OrThrow(void* memory) {
  if (memory == nullptr) throw std::bad_alloc();
  return memory;
}

}  // namespace

FailingAllocations::FailingAllocations(uint64_t first, uint64_t count) {
  refuse_from = first;
  refuse_to = count > UINT64_MAX - first ? UINT64_MAX : first + count;
  seen_count = 0;
  refused_count = 0;
  active.store(true, std::memory_order_release);
}

FailingAllocations::~FailingAllocations() { active = false; }

uint64_t FailingAllocations::seen() const { return seen_count; }
uint64_t FailingAllocations::refused() const { return refused_count; }

FailingAllocations::Exempt::Exempt() { ++exempt; }
FailingAllocations::Exempt::~Exempt() { --exempt; }
FailingAllocations::Counted::Counted() { --exempt; }
FailingAllocations::Counted::~Counted() { ++exempt; }

}  // namespace treering::testing

using treering::testing::Allocate;
using treering::testing::OrThrow;

void* operator new(std::size_t bytes) { return OrThrow(Allocate(bytes, 0)); }
void* operator new[](std::size_t bytes) { return OrThrow(Allocate(bytes, 0)); }
void* operator new(std::size_t bytes, const std::nothrow_t&) noexcept { return Allocate(bytes, 0); }
void* operator new[](std::size_t bytes, const std::nothrow_t&) noexcept {
  return Allocate(bytes, 0);
}
void* operator new(std::size_t bytes, std::align_val_t a) {
  return OrThrow(Allocate(bytes, static_cast<std::size_t>(a)));
}
void* operator new[](std::size_t bytes, std::align_val_t a) {
  return OrThrow(Allocate(bytes, static_cast<std::size_t>(a)));
}
void* operator new(std::size_t bytes, std::align_val_t a, const std::nothrow_t&) noexcept {
  return Allocate(bytes, static_cast<std::size_t>(a));
}
void* operator new[](std::size_t bytes, std::align_val_t a, const std::nothrow_t&) noexcept {
  return Allocate(bytes, static_cast<std::size_t>(a));
}
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete[](void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }
void operator delete[](void* memory, std::size_t) noexcept { std::free(memory); }
void operator delete(void* memory, const std::nothrow_t&) noexcept { std::free(memory); }
void operator delete[](void* memory, const std::nothrow_t&) noexcept { std::free(memory); }
void operator delete(void* memory, std::align_val_t) noexcept { std::free(memory); }
void operator delete[](void* memory, std::align_val_t) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t, std::align_val_t) noexcept { std::free(memory); }
void operator delete[](void* memory, std::size_t, std::align_val_t) noexcept { std::free(memory); }
void operator delete(void* memory, std::align_val_t, const std::nothrow_t&) noexcept {
  std::free(memory);
}
void operator delete[](void* memory, std::align_val_t, const std::nothrow_t&) noexcept {
  std::free(memory);
}
