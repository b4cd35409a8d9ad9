// TableInfo: what must be known of a table file before it may be opened and trusted.
//
// Owner: a value; the builder makes it, the manifest keeps it (as TableMeta).
// Threads: plain values.
// Invariants:
//   1. smallest <= largest, both encoded internal keys; every entry of the file lies between them.
//   2. bytes, file_id and hash are those of the file: a reader refuses a file that differs.
// Format: docs/format/table.md.
#ifndef TREERING_ENGINE_TABLE_TABLE_INFO_H_
#define TREERING_ENGINE_TABLE_TABLE_INFO_H_

#include <cstdint>
#include <string>

#include "engine/base/checksum.h"
#include "engine/key/internal_key.h"

namespace treering::table {

struct TableInfo {
  uint64_t number = 0;
  base::Id128 file_id;
  uint64_t bytes = 0;    // length of the file
  base::Sum128 hash;     // over the sums of all its blocks
  uint64_t entries = 0;  // deletions included; at least 1
  uint64_t deletions = 0;
  std::string smallest;  // encoded internal keys
  std::string largest;
  key::Sequence smallest_sequence = 0;
  key::Sequence largest_sequence = 0;

  bool operator==(const TableInfo&) const = default;
};

}  // namespace treering::table

#endif  // TREERING_ENGINE_TABLE_TABLE_INFO_H_
