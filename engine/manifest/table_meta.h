// TableMeta: what the manifest knows about one table file.
//
// Owner: a value.
// Threads: plain values.
// Invariants:
//   1. smallest <= largest, both encoded internal keys; every key of the file lies between them.
//   2. The number is never used for another file; id is the file's own, as in its head page.
// Format: docs/format/manifest.md, "Table".
#ifndef TREERING_ENGINE_MANIFEST_TABLE_META_H_
#define TREERING_ENGINE_MANIFEST_TABLE_META_H_

#include <cstdint>
#include <string>

#include "engine/base/checksum.h"
#include "engine/key/internal_key.h"

namespace treering::manifest {

struct TableMeta {
  uint64_t number = 0;
  base::Id128 id;
  uint32_t level = 0;
  uint64_t bytes = 0;      // length of the file
  base::Sum128 file_hash;  // over the whole file, docs/format/table.md
  std::string smallest;    // encoded internal key
  std::string largest;     // encoded internal key
  key::Sequence smallest_sequence = 0;
  key::Sequence largest_sequence = 0;
  uint64_t entries = 0;
  uint64_t deletions = 0;  // of them

  Slice smallest_user_key() const { return key::UserKey(smallest); }
  Slice largest_user_key() const { return key::UserKey(largest); }

  bool operator==(const TableMeta&) const = default;
};

}  // namespace treering::manifest

#endif  // TREERING_ENGINE_MANIFEST_TABLE_META_H_
