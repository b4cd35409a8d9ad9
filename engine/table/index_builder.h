// IndexBuilder: collects the index of a table: partitions while the data is written, the top after.
//
// Owner: a TableBuilder.
// Threads: one at a time.
// Invariants:
//   1. Partitions wait in memory, charged to the pool's budget, since they lie behind the data and
//      their sums depend on where.
//   2. Separators come in order.
// Format: docs/format/table.md, "Index partition", "Top index".
#ifndef TREERING_ENGINE_TABLE_INDEX_BUILDER_H_
#define TREERING_ENGINE_TABLE_INDEX_BUILDER_H_

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "api/slice.h"
#include "api/status.h"
#include "engine/io/buffer_pool.h"
#include "engine/table/block_builder.h"
#include "engine/table/table_format.h"

namespace treering::table {

class IndexBuilder {
 public:
  explicit IndexBuilder(io::BufferPool* pool);

  // The block at `handle` holds keys up to `separator`, an encoded internal key.
  Status Add(const Slice& separator, const BlockHandle& handle);

  // Seals a block, writes it and says where it lies and with what sum.
  using BlockSink = std::function<Status(BlockKind, std::span<std::byte> block, BlockHandle*)>;
  // Writes all partitions, in order.
  Status FinishPartitions(const BlockSink& sink);
  // Writes the top index; after FinishPartitions.
  Status FinishTop(const BlockSink& sink, BlockHandle* handle);

  uint64_t partitions() const { return partitions_.size(); }
  uint64_t EstimatedBytes() const { return finished_bytes_ + 2 * partition_.EstimatedBytes(); }

 private:
  struct Partition {
    io::Buffer block;
    size_t bytes = 0;
    std::string separator;
    uint32_t data_page = 0;
  };

  Status FinishPartition();

  io::BufferPool* const pool_;
  BlockBuilder partition_;
  uint32_t partition_data_page_ = 0;
  std::string value_;
  std::vector<Partition> partitions_;
  uint64_t finished_bytes_ = 0;
  BlockBuilder top_;
};

}  // namespace treering::table

#endif  // TREERING_ENGINE_TABLE_INDEX_BUILDER_H_
