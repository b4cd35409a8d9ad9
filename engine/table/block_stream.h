// BlockStream: a ReadStream of one table that gives checked blocks.
//
// Owner: one reader, which holds the table.
// Threads: as the queue's use.
// Invariants:
//   1. A block is given only after its full check, and the check of its sum against the index.
//   2. What cannot be read, or fails its check, is read once more by itself before the error
//      stands.
#ifndef TREERING_ENGINE_TABLE_BLOCK_STREAM_H_
#define TREERING_ENGINE_TABLE_BLOCK_STREAM_H_

#include <cstdint>
#include <span>

#include "api/status.h"
#include "engine/cache/block_ref.h"
#include "engine/table/block_view.h"
#include "engine/table/read_stream.h"
#include "engine/table/table_reader.h"

namespace treering::table {

class BlockStream {
 public:
  BlockStream(Table* table, io::Queue* queue, io::BufferPool* pool,
              const ReadStreamOptions& options)
      : table_(table), queue_(queue), stream_(table->file(), queue, pool, options) {}

  void Start(uint64_t begin, uint64_t end) { stream_.Start(begin, end); }
  void Stop() { stream_.Stop(); }
  bool Covers(uint64_t offset) const { return stream_.Covers(offset); }

  // The block at `handle`, good until the next call; `request` is the table's for it.
  Status Fetch(BlockKind kind, const BlockHandle& handle, const cache::BlockRequest& request,
               BlockView* view);

 private:
  Status FetchStreamed(const BlockHandle& handle, std::span<const std::byte>* bytes);

  Table* const table_;
  io::Queue* const queue_;
  ReadStream stream_;
  cache::BlockRef alone_;  // a block that was read by itself
};

}  // namespace treering::table

#endif  // TREERING_ENGINE_TABLE_BLOCK_STREAM_H_
