// BlockSource: where growing structures take memory from, in blocks.
//
// Owner: the Runtime implements it over the arena; tests over the heap.
// Threads: any.
// Invariants:
//   1. A block is aligned to 64 bytes at least (4096 when it is that long) and is given back with
//      the size it was asked with.
#ifndef TREERING_ENGINE_BASE_BLOCK_SOURCE_H_
#define TREERING_ENGINE_BASE_BLOCK_SOURCE_H_

#include <cstddef>

namespace treering::base {

class BlockSource {
 public:
  virtual ~BlockSource() = default;
  // Null when the budget or the system has no more.
  virtual std::byte* Allocate(size_t bytes) = 0;
  virtual void Free(std::byte* block, size_t bytes) = 0;
  // A block of this size is from now on the account of those who only read it; the source that it
  // is freed to.
  virtual BlockSource* PassToReaders(size_t bytes) {
    (void)bytes;
    return this;
  }
};

// The heap, without a bound; for tests and tools. Never deleted.
BlockSource* HeapBlockSource();

}  // namespace treering::base

#endif  // TREERING_ENGINE_BASE_BLOCK_SOURCE_H_
