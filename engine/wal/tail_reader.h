// TailReader: finds the records of one generation in what a mapped tail was left as.
//
// Owner: recovery.
// Threads: one at a time.
// Invariants:
//   1. Only records whose sum holds at their place come out, in the order of their positions.
//   2. Time is bounded by 64 hashes of the whole ring, whatever the bytes are.
// Format: docs/format/tail.md.
#ifndef TREERING_ENGINE_WAL_TAIL_READER_H_
#define TREERING_ENGINE_WAL_TAIL_READER_H_

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "api/result.h"
#include "engine/base/checksum.h"
#include "engine/wal/group.h"

namespace treering::wal {

struct TailRecord {
  uint64_t position = 0;
  GroupHeader header;
  std::string payload;
};

struct TailIdentity {
  base::Id128 database_id;
  uint64_t generation = 0;
  uint64_t capacity = 0;  // as the manifest has it
};

// `file` is the whole content of TAIL, `path` for messages. Corruption when it is shorter than the
// capacity asks, or (by a header that is right in itself) another database's, or when it holds what
// no store of ours leaves; NotSupported when its header is of a later version.
Result<std::vector<TailRecord>> ReadTailRecords(std::span<const std::byte> file,
                                                const std::string& path,
                                                const TailIdentity& identity);

}  // namespace treering::wal

#endif  // TREERING_ENGINE_WAL_TAIL_READER_H_
