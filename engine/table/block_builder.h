// BlockBuilder: collects entries into one slotted block and decides how long it is.
//
// Owner: a TableBuilder or an IndexBuilder.
// Threads: one at a time.
// Invariants:
//   1. A block grows from its first run of pages, doubling to 16, while more than a sixteenth would
//      be padding; an entry that is larger alone gets the pages it needs. A block for everything
//      (the top index) grows without end and is never full.
//   2. No allocation per entry; memory is charged to the pool's budget, and kept for the next block
//      unless it was larger than a block of 16 pages.
// Format: docs/format/table.md, "Blocks".
#ifndef TREERING_ENGINE_TABLE_BLOCK_BUILDER_H_
#define TREERING_ENGINE_TABLE_BLOCK_BUILDER_H_

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "api/slice.h"
#include "engine/io/buffer_pool.h"
#include "engine/table/table_format.h"

namespace treering::table {

class BlockBuilder {
 public:
  enum class Growth : uint8_t { kToRun, kForEverything };
  BlockBuilder(io::BufferPool* pool, uint32_t block_bytes, Growth growth = Growth::kToRun);

  enum class AddResult : uint8_t {
    kAdded,
    kFull,         // not added: Finish, Reset, and add it to the next block
    kOutOfMemory,  // not added
  };
  // `key` is an encoded internal key within the limits, `value` too. An empty block is never full.
  AddResult Add(const Slice& key, const Slice& value);

  uint32_t count() const { return static_cast<uint32_t>(offsets_.size()); }
  bool empty() const { return offsets_.empty(); }
  // Of the entry added last; good until Reset.
  Slice last_key() const { return last_key_; }
  // How long the block would be if it were finished now.
  size_t EstimatedBytes() const;
  // Bytes of entries added since Reset.
  size_t raw_bytes() const { return raw_bytes_; }

  // Lays out padding, offsets and trailer, all but the sum. Good until Reset.
  std::span<std::byte> Finish(BlockKind kind);
  void Reset();

 private:
  bool Reserve(size_t bytes);

  // Makes the run long enough for `needed` bytes; false when the block is to be closed instead.
  bool GrowRun(size_t needed);

  io::BufferPool* const pool_;
  const Growth growth_;
  const uint32_t pages_first_;
  uint32_t pages_;  // the run that entries are fitted into now
  io::Buffer buffer_;
  size_t raw_bytes_ = 0;
  std::vector<uint32_t> offsets_;
  Slice last_key_;
};

}  // namespace treering::table

#endif  // TREERING_ENGINE_TABLE_BLOCK_BUILDER_H_
