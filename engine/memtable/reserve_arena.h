// ReserveArena: memory for records that stay, set aside in advance by many threads.
//
// Owner: a MemTable.
// Threads: any; an Extent belongs to one thread at a time.
// Invariants:
//   1. Extents do not overlap and are aligned to 8; memory goes back to the source with the arena.
//   2. Blocks start at 64 KiB and grow with what is held to 1 MiB, so that small databases stay
//      small; what does not fit gets a block of its own size.
//   3. The rest of an extent goes back if nothing was carved behind it; else it is lost, but
//      counted as used.
#ifndef TREERING_ENGINE_MEMTABLE_RESERVE_ARENA_H_
#define TREERING_ENGINE_MEMTABLE_RESERVE_ARENA_H_

#include <atomic>
#include <cstddef>
#include <cstdint>

#include "engine/base/block_source.h"
#include "engine/base/thread.h"

namespace treering::memtable {

class ReserveArena {
 public:
  static constexpr size_t kBlockBytesMin = 64u << 10;
  static constexpr size_t kBlockBytesUsualMax = 1u << 20;

  // Lies at the start of each block.
  struct Block {
    Block* before;  // the block taken before this one
    size_t bytes;
    std::atomic<size_t> used;  // offset of the first free byte
  };
  struct Extent {
    Block* block = nullptr;
    std::byte* next = nullptr;  // the owner moves it on as it uses the memory
    std::byte* end = nullptr;
  };

  explicit ReserveArena(base::BlockSource* source) : source_(source) {}
  ~ReserveArena();
  ReserveArena(const ReserveArena&) = delete;
  ReserveArena& operator=(const ReserveArena&) = delete;

  // `bytes` > 0, rounded up to 8. False when the source has no memory.
  bool Carve(size_t bytes, Extent* extent);
  // Takes back what lies in [next, end); the extent is empty afterwards.
  void Return(Extent* extent);

  // Only readers hold it from now on: nothing is carved any more, and its memory is their account.
  void PassToReaders();

  uint64_t held_bytes() const { return held_bytes_.load(std::memory_order_relaxed); }
  uint64_t used_bytes() const { return used_bytes_.load(std::memory_order_relaxed); }

 private:
  bool CarveFrom(Block* block, size_t bytes, Extent* extent);
  Block* TakeBlock(size_t bytes_needed);

  base::BlockSource* source_;
  std::atomic<Block*> current_{nullptr};
  base::Mutex mutex_;        // taking blocks
  Block* newest_ = nullptr;  // head of the list of all blocks
  std::atomic<uint64_t> held_bytes_{0};
  std::atomic<uint64_t> used_bytes_{0};
};

}  // namespace treering::memtable

#endif  // TREERING_ENGINE_MEMTABLE_RESERVE_ARENA_H_
