// ReplayStart, SegmentInfo: what the manifest keeps about the log.
//
// Owner: values.
// Threads: plain values.
// Invariants:
//   1. The segment's block 0 has LSN lsn - block_index. block_index may equal the segment's blocks:
//      then the next registered segment begins with `lsn`. Segment 0 names the first registered
//      segment, whose block 0 has LSN `lsn`.
#ifndef TREERING_ENGINE_WAL_REPLAY_START_H_
#define TREERING_ENGINE_WAL_REPLAY_START_H_

#include <cstdint>

#include "engine/key/internal_key.h"

namespace treering::wal {

// Where replay begins; what lies before it does not count.
struct ReplayStart {
  uint64_t lsn = 1;
  uint64_t previous_sum = 0;   // of block lsn - 1, for the chain
  key::Sequence sequence = 0;  // records at or below it are in tables
  uint64_t segment = 0;        // number of the segment that holds lsn
  uint64_t block_index = 0;    // inside it
  bool operator==(const ReplayStart&) const = default;
};

struct SegmentInfo {
  uint64_t number = 0;
  uint64_t blocks = 0;  // of 4 KiB
  bool operator==(const SegmentInfo&) const = default;
};

}  // namespace treering::wal

#endif  // TREERING_ENGINE_WAL_REPLAY_START_H_
