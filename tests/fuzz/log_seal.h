// SealSegments, SealTail: make sums and chain of a damaged log right again, so that what lies
// behind them is reached.
//
// Owner: the target.
// Threads: one.
// Invariants:
//   1. Besides sums and chain they change what a writer could not leave otherwise: a block's place
//      and version, a payload length above the block's, padding.
#ifndef TREERING_TESTS_FUZZ_LOG_SEAL_H_
#define TREERING_TESTS_FUZZ_LOG_SEAL_H_

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "engine/base/checksum.h"
#include "engine/wal/replay_start.h"

namespace treering::fuzz {

struct LogIdentity {
  base::Id128 database_id;
  uint64_t generation = 0;
  wal::ReplayStart start;
  std::vector<wal::SegmentInfo> segments;
  uint64_t tail_capacity = 0;
};

// Blocks that were written, of the segments among `files` (by name).
void SealSegments(const LogIdentity& log, std::map<std::string, std::string>* files);
// The tail's header and the records that stand one behind the other from the ring's beginning.
void SealTail(const LogIdentity& log, std::string* file);

}  // namespace treering::fuzz

#endif  // TREERING_TESTS_FUZZ_LOG_SEAL_H_
