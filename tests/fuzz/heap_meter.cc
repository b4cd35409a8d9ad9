#include "tests/fuzz/heap_meter.h"

#include <malloc.h>

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdlib>
#include <new>

namespace {

std::atomic<int64_t> heap_bytes{0};
std::atomic<int64_t> heap_bytes_peak{0};

void* Count(void* block) {
  if (block == nullptr) return nullptr;
  const auto bytes = static_cast<int64_t>(malloc_usable_size(block));
  const int64_t now = heap_bytes.fetch_add(bytes, std::memory_order_relaxed) + bytes;
  int64_t peak = heap_bytes_peak.load(std::memory_order_relaxed);
  while (now > peak &&
         !heap_bytes_peak.compare_exchange_weak(peak, now, std::memory_order_relaxed)) {
  }
  return block;
}

void* Allocate(size_t bytes) { return Count(std::malloc(std::max<size_t>(bytes, 1))); }

void* Allocate(size_t bytes, std::align_val_t alignment) {
  void* block = nullptr;
  const size_t unit = std::max(static_cast<size_t>(alignment), sizeof(void*));
  return posix_memalign(&block, unit, std::max<size_t>(bytes, 1)) == 0 ? Count(block) : nullptr;
}

void* OrThrow(void* block) {
  if (block == nullptr) throw std::bad_alloc();
  return block;
}

void Free(void* block) {
  if (block == nullptr) return;
  heap_bytes.fetch_sub(static_cast<int64_t>(malloc_usable_size(block)), std::memory_order_relaxed);
  std::free(block);
}

}  // namespace

// All forms, so that none of another allocator meets one of these.
void* operator new(size_t bytes) { return OrThrow(Allocate(bytes)); }
void* operator new[](size_t bytes) { return OrThrow(Allocate(bytes)); }
void* operator new(size_t bytes, std::align_val_t unit) { return OrThrow(Allocate(bytes, unit)); }
void* operator new[](size_t bytes, std::align_val_t unit) { return OrThrow(Allocate(bytes, unit)); }
void* operator new(size_t bytes, const std::nothrow_t&) noexcept { return Allocate(bytes); }
void* operator new[](size_t bytes, const std::nothrow_t&) noexcept { return Allocate(bytes); }
void* operator new(size_t bytes, std::align_val_t unit, const std::nothrow_t&) noexcept {
  return Allocate(bytes, unit);
}
void* operator new[](size_t bytes, std::align_val_t unit, const std::nothrow_t&) noexcept {
  return Allocate(bytes, unit);
}
void operator delete(void* block) noexcept { Free(block); }
void operator delete[](void* block) noexcept { Free(block); }
void operator delete(void* block, size_t) noexcept { Free(block); }
void operator delete[](void* block, size_t) noexcept { Free(block); }
void operator delete(void* block, std::align_val_t) noexcept { Free(block); }
void operator delete[](void* block, std::align_val_t) noexcept { Free(block); }
void operator delete(void* block, size_t, std::align_val_t) noexcept { Free(block); }
void operator delete[](void* block, size_t, std::align_val_t) noexcept { Free(block); }
void operator delete(void* block, const std::nothrow_t&) noexcept { Free(block); }
void operator delete[](void* block, const std::nothrow_t&) noexcept { Free(block); }
void operator delete(void* block, std::align_val_t, const std::nothrow_t&) noexcept { Free(block); }
void operator delete[](void* block, std::align_val_t, const std::nothrow_t&) noexcept {
  Free(block);
}

namespace treering::fuzz {

HeapMeter::HeapMeter() : begin_bytes_(heap_bytes.load(std::memory_order_relaxed)) {
  heap_bytes_peak.store(begin_bytes_, std::memory_order_relaxed);
}

uint64_t HeapMeter::PeakBytes() const {
  const int64_t peak = heap_bytes_peak.load(std::memory_order_relaxed);
  return static_cast<uint64_t>(std::max<int64_t>(peak - begin_bytes_, 0));
}

}  // namespace treering::fuzz
