// TopIndex: the upper level of a table's index, parsed: which partition may hold a key.
//
// Owner: the Table.
// Threads: any, after Parse.
// Invariants:
//   1. Partitions tile the index area, and the data blocks that they name tile the data area: each
//      partition knows its first data page, and the next one's (or the area's end).
//   2. Separators ascend; every key of the table is at or before the last one.
// Format: docs/format/table.md, "Top index".
#ifndef TREERING_ENGINE_TABLE_TOP_INDEX_H_
#define TREERING_ENGINE_TABLE_TOP_INDEX_H_

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "api/slice.h"
#include "api/status.h"
#include "engine/key/internal_key.h"
#include "engine/table/table_format.h"

namespace treering::table {

class TopIndex {
 public:
  struct Partition {
    uint64_t head = 0;  // of the separator's user key
    uint32_t key_offset = 0;
    uint32_t key_bytes = 0;  // of the encoded separator
    BlockHandle handle;
    uint32_t data_page = 0;  // of the first data block that it names
  };

  // `block` is the top index, checked as a block.
  Status Parse(const BlockPlace& place, const FooterPage& footer, const key::KeyOrder& order,
               std::span<const std::byte> block);

  uint32_t count() const { return static_cast<uint32_t>(partitions_.size()); }
  const Partition& partition(uint32_t i) const { return partitions_[i]; }
  Slice separator(uint32_t i) const {
    return Slice(keys_.data() + partitions_[i].key_offset, partitions_[i].key_bytes);
  }
  // The page behind the last data block of partition `i`.
  uint32_t data_end_page(uint32_t i) const {
    return i + 1 < count() ? partitions_[i + 1].data_page : data_end_page_;
  }
  // The partition whose separator is the first at or behind (user_key, tag); count() when none is.
  uint32_t Find(const key::KeyOrder& order, const Slice& user_key, uint64_t tag) const;
  // The partition block that begins at `page`; count() when none does.
  uint32_t PartitionAtPage(uint64_t page) const;
  uint64_t memory_bytes() const {
    return keys_.capacity() + partitions_.capacity() * sizeof(Partition);
  }

 private:
  std::string keys_;  // the separators, one after the other
  std::vector<Partition> partitions_;
  uint32_t data_end_page_ = 0;
};

}  // namespace treering::table

#endif  // TREERING_ENGINE_TABLE_TOP_INDEX_H_
