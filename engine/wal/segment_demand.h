// SegmentDemand: whether a further segment should be prepared, and how big.
//
// Owner: Log.
// Threads: one at a time (the log's mutex). Pure.
// Invariants:
//   1. One untouched segment is kept ahead; while a refused commit waits for room, as many as it
//      needs.
#ifndef TREERING_ENGINE_WAL_SEGMENT_DEMAND_H_
#define TREERING_ENGINE_WAL_SEGMENT_DEMAND_H_

#include <cstddef>
#include <cstdint>

namespace treering::wal {

class SegmentDemand {
 public:
  // The first block of a segment of `bytes` was given out.
  void NoteUse(uint64_t bytes, uint64_t now_nanos);
  // A commit was refused: it needs `blocks` in all.
  void NoteShortage(uint64_t blocks) { shortage_blocks_ = blocks; }
  // Commits are taken again.
  void ClearShortage() { shortage_blocks_ = 0; }

  // Bytes of the next segment, 0 when none is wanted. `untouched`: segments with no block given
  // out; `free_blocks`: all that are left.
  uint64_t Wanted(size_t untouched, uint64_t free_blocks) const;

 private:
  // Says nothing about the rate: the size stays.
  static constexpr uint64_t kUsualNanos = 10'000'000'000;

  uint64_t bytes_ = 0;  // of the segment in use
  uint64_t since_nanos_ = 0;
  uint64_t lasted_nanos_ = kUsualNanos;  // the one before it
  uint64_t shortage_blocks_ = 0;
};

}  // namespace treering::wal

#endif  // TREERING_ENGINE_WAL_SEGMENT_DEMAND_H_
