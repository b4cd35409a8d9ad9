#include "engine/memtable/reserve_arena.h"

#include <algorithm>
#include <bit>
#include <new>

#include "engine/base/check.h"

namespace treering::memtable {
namespace {

constexpr size_t kAlignment = 8;
constexpr size_t kHeaderBytes = 64;  // keeps the first extent on its own cache line
static_assert(sizeof(ReserveArena::Block) <= kHeaderBytes);

constexpr size_t RoundUp(size_t bytes, size_t unit) { return (bytes + unit - 1) / unit * unit; }

// Sources hand out powers of two up to 2 MiB and whole pages above.
constexpr size_t kPowersOfTwoMax = 2u << 20;
constexpr size_t kPageBytes = 4096;

size_t BlockBytesFor(size_t bytes_needed) {
  return bytes_needed <= kPowersOfTwoMax ? std::bit_ceil(bytes_needed)
                                         : RoundUp(bytes_needed, kPageBytes);
}

}  // namespace

ReserveArena::~ReserveArena() {
  while (newest_ != nullptr) {
    Block* const block = newest_;
    newest_ = block->before;
    const size_t bytes = block->bytes;
    block->~Block();
    source_->Free(reinterpret_cast<std::byte*>(block), bytes);
  }
}

void ReserveArena::PassToReaders() {
  base::MutexLock lock(&mutex_);
  base::BlockSource* const source = source_;
  for (const Block* block = newest_; block != nullptr; block = block->before) {
    source_ = source->PassToReaders(block->bytes);
  }
}

bool ReserveArena::Carve(size_t bytes, Extent* extent) {
  TREERING_DCHECK(bytes > 0);
  if (bytes > SIZE_MAX / 4) return false;
  bytes = RoundUp(bytes, kAlignment);
  if (CarveFrom(current_.load(std::memory_order_acquire), bytes, extent)) return true;
  base::MutexLock lock(&mutex_);
  // Another thread may have taken a block meanwhile.
  if (CarveFrom(current_.load(std::memory_order_relaxed), bytes, extent)) return true;
  Block* const block = TakeBlock(bytes + kHeaderBytes);
  if (block == nullptr) return false;
  const bool carved = CarveFrom(block, bytes, extent);
  TREERING_CHECK(carved);  // nobody else knows the block yet
  const Block* const current = current_.load(std::memory_order_relaxed);
  const auto room = [](const Block* b) {
    return b->bytes - b->used.load(std::memory_order_relaxed);
  };
  if (current == nullptr || room(block) > room(current)) {
    current_.store(block, std::memory_order_release);
  }
  return true;
}

bool ReserveArena::CarveFrom(Block* block, size_t bytes, Extent* extent) {
  if (block == nullptr) return false;
  size_t used = block->used.load(std::memory_order_relaxed);
  do {
    base::SchedPoint();
    if (bytes > block->bytes - used) return false;
  } while (!block->used.compare_exchange_weak(used, used + bytes, std::memory_order_acq_rel,
                                              std::memory_order_relaxed));
  extent->block = block;
  extent->next = reinterpret_cast<std::byte*>(block) + used;
  extent->end = extent->next + bytes;
  used_bytes_.fetch_add(bytes, std::memory_order_relaxed);
  return true;
}

void ReserveArena::Return(Extent* extent) {
  if (extent->next != extent->end) {
    const auto* const base = reinterpret_cast<std::byte*>(extent->block);
    auto end = static_cast<size_t>(extent->end - base);
    const auto next = RoundUp(static_cast<size_t>(extent->next - base), kAlignment);
    if (extent->block->used.compare_exchange_strong(end, next, std::memory_order_acq_rel,
                                                    std::memory_order_relaxed)) {
      used_bytes_.fetch_sub(static_cast<size_t>(extent->end - base) - next,
                            std::memory_order_relaxed);
    }
  }
  *extent = Extent();
}

ReserveArena::Block* ReserveArena::TakeBlock(size_t bytes_needed) {
  const size_t least = BlockBytesFor(bytes_needed);
  const auto held = static_cast<size_t>(held_bytes());
  const size_t grown =
      std::clamp(std::bit_floor(std::max<size_t>(held, 1)), kBlockBytesMin, kBlockBytesUsualMax);
  // Near the end of the budget a block that just fits may still be had.
  size_t bytes = std::max(least, grown);
  std::byte* memory = source_->Allocate(bytes);
  if (memory == nullptr && bytes > least) {
    bytes = least;
    memory = source_->Allocate(bytes);
  }
  if (memory == nullptr) return nullptr;
  newest_ = new (memory) Block{newest_, bytes, {kHeaderBytes}};
  held_bytes_.fetch_add(bytes, std::memory_order_relaxed);
  return newest_;
}

}  // namespace treering::memtable
