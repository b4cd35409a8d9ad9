// Arena: memory for many small objects that end together, cut from growing blocks.
//
// Owner: the structure whose objects lie in it; it does not run their destructors.
// Threads: one at a time.
// Invariants:
//   1. What Allocate returned stays where it is until Clear or the end of the arena.
//   2. Blocks double from 4 KiB to 1 MiB. What does not fit and is larger than a quarter of the
//      next block gets a block of its own size, so that no more than a quarter is ever left unused.
//   3. block_bytes() is what the source has given and not got back.
#ifndef TREERING_ENGINE_BASE_ARENA_H_
#define TREERING_ENGINE_BASE_ARENA_H_

#include <cstddef>
#include <vector>

#include "engine/base/block_source.h"

namespace treering::base {

class Arena {
 public:
  static constexpr size_t kBlockBytesMin = 4u << 10;
  static constexpr size_t kBlockBytesMax = 1u << 20;
  static constexpr size_t kAlignment = 8;

  explicit Arena(BlockSource* source) : source_(source) {}
  ~Arena() { Clear(); }
  Arena(const Arena&) = delete;
  Arena& operator=(const Arena&) = delete;

  // Not null for 0 bytes. Null: the source has no more, and the arena is as before.
  // `alignment` is a power of two, at most 64.
  std::byte* Allocate(size_t bytes, size_t alignment = kAlignment);
  // True: the allocations that follow cannot fail as long as their sum, each rounded up to
  // kAlignment and none with a larger one, is at most `bytes`. A Reserve that fails takes no
  // earlier one back.
  bool Reserve(size_t bytes);
  // Gives every block back.
  void Clear();

  size_t allocated_bytes() const { return allocated_bytes_; }  // asked for, with rounding
  size_t block_bytes() const { return block_bytes_; }

 private:
  struct Block {
    std::byte* data;
    size_t bytes;
  };
  std::byte* AllocateSlow(size_t bytes);
  std::byte* AddBlock(size_t bytes);
  // Cuts further allocations from a new block with room for `bytes` at least.
  bool Renew(size_t bytes);
  size_t left() const { return static_cast<size_t>(end_ - next_); }

  BlockSource* const source_;
  std::vector<Block> blocks_;
  std::byte* next_ = nullptr;
  std::byte* end_ = nullptr;
  size_t next_block_bytes_ = kBlockBytesMin;
  size_t allocated_bytes_ = 0;
  size_t block_bytes_ = 0;
};

}  // namespace treering::base

#endif  // TREERING_ENGINE_BASE_ARENA_H_
