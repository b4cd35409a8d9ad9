#include "engine/cache/slab_store.h"

#include <new>
#include <utility>

#include "engine/base/check.h"

namespace treering::cache {

using base::MemoryClass;

SlabStore::SlabStore(uint64_t bytes_max, io::BufferArena* arena, base::Budget* budget,
                     base::EpochDomain* epochs)
    : bytes_max_(bytes_max), arena_(arena), budget_(budget), epochs_(epochs) {}

SlabStore::~SlabStore() {
  for (Retired& retired : std::exchange(retired_, {})) Destroy(std::move(retired.slab));
  TREERING_CHECK(held_bytes() == 0);
}

std::unique_ptr<Slab> SlabStore::TakeReady(bool also_leaving) {
  base::MutexLock lock(&mutex_);
  for (auto it = retired_.begin(); it != retired_.end(); ++it) {
    if (it->purpose == Purpose::kLeave && !also_leaving) continue;
    if (!epochs_->Passed(it->slab->stamp)) continue;
    std::unique_ptr<Slab> slab = std::move(it->slab);
    retired_.erase(it);
    return slab;
  }
  return nullptr;
}

std::byte* SlabStore::TakeMemory() {
  if (held_.fetch_add(Slab::kCharge, std::memory_order_relaxed) + Slab::kCharge <= bytes_max_) {
    if (budget_->TryCharge(MemoryClass::kCache, Slab::kCharge)) {
      if (std::byte* const memory = arena_->AllocateSlab(); memory != nullptr) return memory;
      budget_->Release(MemoryClass::kCache, Slab::kCharge);
    }
  }
  held_.fetch_sub(Slab::kCharge, std::memory_order_relaxed);
  return nullptr;
}

std::unique_ptr<Slab> SlabStore::Get(uint32_t pages) {
  if (std::unique_ptr<Slab> slab = TakeReady(false); slab != nullptr) {
    if (slab->Format(pages)) return slab;
    Destroy(std::move(slab));
    return nullptr;
  }
  std::byte* const memory = TakeMemory();
  if (memory == nullptr) return nullptr;
  std::unique_ptr<Slab> slab = MakeSlab(memory, pages);
  if (slab == nullptr) FreeMemory(memory);
  return slab;
}

// With room for it among the retired ones; null without memory.
std::unique_ptr<Slab> SlabStore::MakeSlab(std::byte* memory, uint32_t pages) {
  try {
    auto slab = std::make_unique<Slab>(memory);
    base::MutexLock lock(&mutex_);
    retired_.reserve(held_bytes() / Slab::kCharge);
    return slab->Format(pages) ? std::move(slab) : nullptr;
  } catch (const std::bad_alloc&) {
    return nullptr;
  }
}

void SlabStore::FreeMemory(std::byte* memory) {
  arena_->FreeSlab(memory);
  held_.fetch_sub(Slab::kCharge, std::memory_order_relaxed);
  budget_->Release(MemoryClass::kCache, Slab::kCharge);
}

void SlabStore::Retire(std::unique_ptr<Slab> slab, Purpose purpose) {
  base::MutexLock lock(&mutex_);
  retired_.push_back({std::move(slab), purpose});
}

uint64_t SlabStore::GiveBack(uint64_t bytes) {
  uint64_t given = 0;
  while (given < bytes) {
    std::unique_ptr<Slab> slab = TakeReady(true);
    if (slab == nullptr) break;
    Destroy(std::move(slab));
    given += Slab::kCharge;
  }
  return given;
}

void SlabStore::Destroy(std::unique_ptr<Slab> slab) {
  std::byte* const memory = slab->memory;
  slab.reset();
  FreeMemory(memory);
}

uint64_t SlabStore::leaving_bytes() const {
  base::MutexLock lock(&mutex_);
  uint64_t bytes = 0;
  for (const Retired& retired : retired_) {
    if (retired.purpose == Purpose::kLeave) bytes += Slab::kCharge;
  }
  return bytes;
}

}  // namespace treering::cache
