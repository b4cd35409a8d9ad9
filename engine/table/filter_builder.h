// FilterBuilder: collects the hashes of a table's user keys and lays out its filter pages.
//
// Owner: a TableBuilder.
// Threads: one at a time.
// Invariants:
//   1. Memory (8 bytes per key, then the pages) is charged to the pool's budget.
//   2. How many pages there are follows from the count of keys, so they are built at the end.
// Format: docs/format/table.md, "Filter".
#ifndef TREERING_ENGINE_TABLE_FILTER_BUILDER_H_
#define TREERING_ENGINE_TABLE_FILTER_BUILDER_H_

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "engine/base/coding.h"
#include "engine/io/buffer_pool.h"
#include "engine/table/filter_format.h"

namespace treering::table {

class FilterBuilder {
 public:
  FilterBuilder(io::BufferPool* pool, uint32_t bits_per_key);

  // The hash of a key that was not added before. False: no memory.
  bool Add(uint64_t hash) {
    if (used_ == kChunkBytes && !Grow()) return false;
    base::Store64(chunks_.back().data() + used_, hash);
    used_ += sizeof hash;
    ++keys_;
    return true;
  }
  uint64_t keys() const { return keys_; }
  uint32_t probes() const { return FilterProbes(bits_per_key_); }
  uint64_t EstimatedPages() const { return FilterPages(keys_, bits_per_key_); }

  // The pages, all but their sums; empty when there is no memory. Once.
  std::span<std::byte> Finish();

 private:
  static constexpr size_t kChunkBytes = 64u << 10;
  bool Grow();

  io::BufferPool* const pool_;
  const uint32_t bits_per_key_;
  std::vector<io::Buffer> chunks_;
  size_t used_ = kChunkBytes;  // of the last chunk
  uint64_t keys_ = 0;
  io::Buffer pages_;
};

}  // namespace treering::table

#endif  // TREERING_ENGINE_TABLE_FILTER_BUILDER_H_
