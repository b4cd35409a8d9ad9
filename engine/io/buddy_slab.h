// BuddySlab: one 2 MiB slab, cut into powers of two from 4 KiB up, with buddies joined again.
//
// Owner: BufferPool.
// Threads: one at a time.
// Invariants:
//   1. A block of n bytes is aligned to n. Blocks never overlap.
//   2. No two free buddies stay apart; an empty slab is one free block of its whole size.
// Source: K. Knowlton, "A fast storage allocator" (1965).
#ifndef TREERING_ENGINE_IO_BUDDY_SLAB_H_
#define TREERING_ENGINE_IO_BUDDY_SLAB_H_

#include <array>
#include <cstddef>
#include <cstdint>

#include "engine/io/buffer_arena.h"

namespace treering::io {

class BuddySlab {
 public:
  // `base`: BufferArena::kSlabBytes, aligned to that.
  explicit BuddySlab(std::byte* base);

  // `bytes`: a power of two from 4096 to the slab's size. Null when no such block is free.
  std::byte* Allocate(size_t bytes);
  // The same size as it was allocated with.
  void Free(std::byte* data, size_t bytes);

  std::byte* base() const { return base_; }
  bool empty() const { return used_pages_ == 0; }
  bool full() const { return used_pages_ == kPages; }

 private:
  static constexpr size_t kPage = 4096;
  static constexpr uint32_t kPages = BufferArena::kSlabBytes / kPage;
  static constexpr uint32_t kOrders = 10;  // 4 KiB << 9 is the slab
  static_assert(kPage << (kOrders - 1) == BufferArena::kSlabBytes);

  // Free blocks of one order, by index in units of their size.
  class BlockSet {
   public:
    bool Has(uint32_t block) const { return (words_[block / 64] >> (block % 64)) & 1; }
    void Add(uint32_t block) { words_[block / 64] |= uint64_t{1} << (block % 64); }
    void Remove(uint32_t block) { words_[block / 64] &= ~(uint64_t{1} << (block % 64)); }
    int Lowest() const;  // -1 when there is none

   private:
    std::array<uint64_t, kPages / 64> words_{};
  };

  std::byte* const base_;
  uint32_t used_pages_ = 0;
  std::array<BlockSet, kOrders> free_;
};

}  // namespace treering::io

#endif  // TREERING_ENGINE_IO_BUDDY_SLAB_H_
