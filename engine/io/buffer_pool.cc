#include "engine/io/buffer_pool.h"

#include <sys/mman.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cstdlib>
#include <map>
#include <memory>
#include <new>
#include <optional>
#include <utility>

#include "engine/base/check.h"
#include "engine/io/buddy_slab.h"

namespace treering::io {

using base::Need;

namespace {

constexpr size_t kPage = 4096;
constexpr size_t kPooledBytesMax = BufferArena::kSlabBytes;
// From here on what is not the arena's is mapped for itself: the C library would keep it when it is
// given back, and memory that was short once would be short for good.
constexpr size_t kMapBytesMin = 64u << 10;

// What a request for `bytes` is given.
size_t RoundedBytes(size_t bytes) {
  if (bytes > kPooledBytesMax) return (bytes + kPage - 1) / kPage * kPage;
  return std::bit_ceil(std::max(bytes, kPage));
}

// What of the arena serves a buffer of that size.
size_t ArenaBytes(size_t rounded) {
  if (rounded <= kPooledBytesMax) return rounded;
  return (rounded + kPooledBytesMax - 1) / kPooledBytesMax * kPooledBytesMax;
}

std::byte* Map(size_t bytes) {
  void* const data =
      mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  return data == MAP_FAILED ? nullptr : static_cast<std::byte*>(data);
}

uintptr_t SlabAddressOf(const std::byte* data) {
  const auto address = reinterpret_cast<uintptr_t>(data);
  return address - address % BufferArena::kSlabBytes;
}

}  // namespace

struct BufferPool::Impl {
  class Source final : public base::BlockSource {
   public:
    std::byte* Allocate(size_t bytes) override {
      const size_t rounded = RoundedBytes(bytes);
      if (bytes > SIZE_MAX / 2) return nullptr;
      if (!impl_->budget->Charge(memory_class_, rounded, Need::kSpare)) return nullptr;
      std::byte* const data = impl_->Take(rounded, Need::kSpare);
      if (data == nullptr) impl_->budget->Release(memory_class_, rounded);
      return data;
    }
    void Free(std::byte* block, size_t bytes) override {
      impl_->Give(block, RoundedBytes(bytes));
      impl_->budget->Release(memory_class_, RoundedBytes(bytes));
    }

    base::BlockSource* PassToReaders(size_t bytes) override {
      impl_->budget->Move(memory_class_, base::MemoryClass::kIterator, RoundedBytes(bytes));
      return &impl_->sources[static_cast<size_t>(base::MemoryClass::kIterator)];
    }

   private:
    friend struct Impl;
    Impl* impl_ = nullptr;
    base::MemoryClass memory_class_ = base::MemoryClass::kOther;
  };

  Impl(BufferArena* arena_in, base::Budget* budget_in) : arena(arena_in), budget(budget_in) {
    for (int i = 0; i < base::kMemoryClassCount; ++i) {
      sources[static_cast<size_t>(i)].impl_ = this;
      sources[static_cast<size_t>(i)].memory_class_ = static_cast<base::MemoryClass>(i);
    }
  }

  // Null when there is none, or none for what keeps account of it.
  std::byte* Take(size_t rounded, Need need) noexcept {
    try {
      std::byte* const data = TakeOrThrow(rounded, need);
      if (fill.has_value() && data != nullptr) std::fill_n(data, rounded, *fill);
      return data;
    } catch (const std::bad_alloc&) {
      return nullptr;
    }
  }

  std::byte* TakeOrThrow(size_t rounded, Need need) {
    if (std::byte* const data = TakeFromArena(rounded); data != nullptr) return data;
    // Leaves the last room to others; but there is nothing else where the system lets no arena
    // grow, and for what needs several free slabs at once.
    const bool spare = need == Need::kSpare && rounded <= kPooledBytesMax &&
                       arena->mapped_bytes() == arena->bytes_max();
    if (!spare && arena->TakeElsewhere(rounded, /*force=*/false)) return TakeElsewhere(rounded);
    if (reclaim && reclaim(ArenaBytes(rounded)) > 0) {
      if (std::byte* const data = TakeFromArena(rounded); data != nullptr) return data;
    }
    if (spare || !arena->TakeElsewhere(rounded, need == Need::kMust)) return nullptr;
    return TakeElsewhere(rounded);
  }

  std::byte* TakeFromArena(size_t rounded) {
    if (rounded > kPooledBytesMax) {
      return arena->AllocateRun((rounded + kPooledBytesMax - 1) / kPooledBytesMax);
    }
    if (std::byte* const data = TakeFromOpen(rounded); data != nullptr) return data;
    // Not under the mutex: the arena may have to grow.
    std::byte* const memory = arena->AllocateSlab();
    return memory == nullptr ? nullptr : TakeFromNew(memory, rounded);
  }

  // Counted already.
  std::byte* TakeElsewhere(size_t rounded) {
    auto* const data = rounded < kMapBytesMin
                           ? static_cast<std::byte*>(std::aligned_alloc(kPage, rounded))
                           : Map(rounded);
    if (data == nullptr) arena->GiveElsewhere(rounded);
    return data;
  }

  std::byte* TakeFromOpen(size_t rounded) {
    base::MutexLock lock(&mutex);
    // Lowest address first: buffers gather in few slabs and the others empty.
    for (const auto& [address, slab] : open) {
      std::byte* const data = slab->Allocate(rounded);
      if (data == nullptr) continue;
      if (slab->full()) {
        const auto entry = slabs.find(address);
        entry->second.open_entry = open.extract(address);
      }
      return data;
    }
    return nullptr;
  }

  std::byte* TakeFromNew(std::byte* memory, size_t rounded) {
    const uintptr_t address = reinterpret_cast<uintptr_t>(memory);
    std::map<uintptr_t, Pooled> made;
    Open made_open;
    try {
      Pooled& pooled = made[address];
      pooled.slab = std::make_unique<BuddySlab>(memory);
      made_open.emplace(address, pooled.slab.get());
      pooled.open_entry = made_open.extract(made_open.begin());
    } catch (const std::bad_alloc&) {
      arena->FreeSlab(memory);
      throw;
    }
    base::MutexLock lock(&mutex);
    Pooled& pooled = slabs.insert(made.extract(made.begin())).position->second;
    std::byte* const data = pooled.slab->Allocate(rounded);
    if (!pooled.slab->full()) open.insert(std::move(pooled.open_entry));
    return data;
  }

  void Give(std::byte* data, size_t rounded) {
    const bool lost = arena->Quarantined(data, rounded);  // a device may still write there
    if (rounded > kPooledBytesMax ? arena->FreeRun(data) : GivePooled(data, rounded, lost)) return;
    arena->GiveElsewhere(rounded);
    if (lost) return;
    if (rounded < kMapBytesMin) {
      std::free(data);
    } else {
      munmap(data, rounded);
    }
  }

  // False when it is none of the slabs'.
  bool GivePooled(std::byte* data, size_t rounded, bool lost) {
    base::MutexLock lock(&mutex);
    const auto found = slabs.find(SlabAddressOf(data));
    if (found == slabs.end()) return false;
    if (lost) return true;
    BuddySlab* const slab = found->second.slab.get();
    const bool was_full = slab->full();
    slab->Free(data, rounded);
    if (slab->empty()) {
      open.erase(found->first);
      arena->FreeSlab(slab->base());
      slabs.erase(found);
    } else if (was_full) {
      open.insert(std::move(found->second.open_entry));
    }
    return true;
  }

  BufferArena* const arena;
  base::Budget* const budget;
  std::function<uint64_t(uint64_t)> reclaim;
  std::optional<std::byte> fill;
  base::Mutex mutex;
  using Open = std::map<uintptr_t, BuddySlab*>;
  struct Pooled {
    std::unique_ptr<BuddySlab> slab;
    Open::node_type open_entry;  // while it is full: giving back allocates nothing
  };

  std::map<uintptr_t, Pooled> slabs;  // none of them empty
  Open open;                          // those that are not full
  std::array<Source, base::kMemoryClassCount> sources;
};

Buffer::Buffer(Buffer&& other) noexcept { Swap(&other); }

Buffer& Buffer::operator=(Buffer&& other) noexcept {
  Buffer taken(std::move(other));
  Swap(&taken);
  return *this;
}

void Buffer::Swap(Buffer* other) {
  std::swap(pool_, other->pool_);
  std::swap(data_, other->data_);
  std::swap(size_, other->size_);
  std::swap(memory_class_, other->memory_class_);
  std::swap(registered_, other->registered_);
}

Buffer::~Buffer() {
  if (data_ == nullptr) return;
  pool_->impl_->Give(data_, size_);
  pool_->impl_->budget->Release(memory_class_, size_);
}

void BufferPool::SetReclaim(std::function<uint64_t(uint64_t bytes)> reclaim) {
  impl_->reclaim = std::move(reclaim);
}

BufferPool::BufferPool(BufferArena* arena, base::Budget* budget) : impl_(new Impl(arena, budget)) {}

BufferPool::~BufferPool() {
  for (const auto& [address, pooled] : impl_->slabs) {
    TREERING_CHECK(impl_->arena->Quarantined(pooled.slab->base(), BufferArena::kSlabBytes));
    impl_->arena->FreeSlab(pooled.slab->base());
  }
}

Buffer BufferPool::Allocate(size_t bytes, base::MemoryClass memory_class, Need need) {
  Buffer buffer;
  if (bytes > SIZE_MAX / 2) return buffer;
  const size_t rounded = RoundedBytes(bytes);
  if (!impl_->budget->Charge(memory_class, rounded, need)) return buffer;
  std::byte* const data = impl_->Take(rounded, need);
  if (data == nullptr) {
    impl_->budget->Release(memory_class, rounded);
    return buffer;
  }
  buffer.pool_ = this;
  buffer.data_ = data;
  buffer.size_ = rounded;
  buffer.memory_class_ = memory_class;
  buffer.registered_ = impl_->arena->ChunkIndexOf(data, rounded) >= 0;
  return buffer;
}

void BufferPool::FillFresh(std::byte with) { impl_->fill = with; }

base::BlockSource* BufferPool::AsBlockSource(base::MemoryClass memory_class) {
  return &impl_->sources[static_cast<size_t>(memory_class)];
}

}  // namespace treering::io
