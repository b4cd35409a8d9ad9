// LsnMap: which segment, and which block in it, holds an LSN.
//
// Owner: Log.
// Threads: one at a time (the log's mutex).
// Invariants:
//   1. Segments follow each other without a gap in LSNs, in the order they were added.
//   2. At least what is still written or synced stays: the caller drops only what is done.
#ifndef TREERING_ENGINE_WAL_LSN_MAP_H_
#define TREERING_ENGINE_WAL_LSN_MAP_H_

#include <cstdint>
#include <deque>
#include <memory>
#include <vector>

#include "engine/wal/segment.h"

namespace treering::wal {

class LsnMap {
 public:
  explicit LsnMap(uint64_t first_lsn) : end_lsn_(first_lsn) {}

  struct Entry {
    std::shared_ptr<Segment> segment;
    uint64_t first_lsn = 0;
    uint64_t end_lsn() const { return first_lsn + segment->info.blocks; }
  };
  struct Place {
    uint64_t segment = 0;  // its number; 0 when no segment was ever added
    uint64_t block_index = 0;
  };

  void Add(std::shared_ptr<Segment> segment);
  // Of the first segment; end_lsn() when there is none.
  uint64_t first_lsn() const { return entries_.empty() ? end_lsn_ : entries_.front().first_lsn; }
  // Behind the last segment.
  uint64_t end_lsn() const { return end_lsn_; }
  // Where `lsn` lies; for end_lsn(), behind the last block of the last segment.
  Place PlaceOf(uint64_t lsn) const;
  // The segments that hold part of [from, to), in order.
  std::vector<Entry> Overlapping(uint64_t from, uint64_t to) const;
  // Segments that lie wholly below `lsn`, but never the last one.
  std::vector<uint64_t> Below(uint64_t lsn) const;
  // Takes a segment out, from the front. Null when it is not the first.
  std::shared_ptr<Segment> TakeFront(uint64_t number);
  // How many segments have no block below `lsn`.
  size_t CountUntouched(uint64_t lsn) const;

 private:
  uint64_t end_lsn_;
  std::deque<Entry> entries_;
};

}  // namespace treering::wal

#endif  // TREERING_ENGINE_WAL_LSN_MAP_H_
