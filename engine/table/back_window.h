// BackWindow: for scans that go backwards: a run of blocks before the present one, read at once.
//
// Owner: a TableIterator, which holds the table.
// Threads: as the queue's use.
// Invariants:
//   1. A block is given only after its full check. Errors are dropped: the caller reads the block
//      by itself and meets them there.
//   2. Holds one buffer of at most kBytesMax. Nothing is in flight between calls.
#ifndef TREERING_ENGINE_TABLE_BACK_WINDOW_H_
#define TREERING_ENGINE_TABLE_BACK_WINDOW_H_

#include <cstddef>
#include <cstdint>

#include "engine/io/buffer_pool.h"
#include "engine/io/queue.h"
#include "engine/table/block_view.h"
#include "engine/table/table_reader.h"

namespace treering::table {

class BackWindow {
 public:
  static constexpr size_t kBytesFirst = 32u << 10;
  static constexpr size_t kBytesMax = 256u << 10;

  explicit BackWindow(Table* table) : table_(table) {}

  // The block of entry `i` of `partition`, good until the next call; reads it with the blocks
  // before it when it is not in the window. Each window is twice as long as the one before.
  bool Fetch(io::Queue* queue, const BlockView& partition, uint32_t i, BlockView* view);
  void Forget();

 private:
  bool Read(io::Queue* queue, const BlockView& partition, uint32_t i);

  Table* const table_;
  io::Buffer buffer_;
  uint64_t begin_ = 0;  // the part of the file that buffer_ holds
  uint64_t end_ = 0;
  size_t bytes_ = kBytesFirst;  // of the next window
};

}  // namespace treering::table

#endif  // TREERING_ENGINE_TABLE_BACK_WINDOW_H_
