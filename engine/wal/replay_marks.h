// ReplayMarks: for each sequence, from where the log would have to be replayed to get what is
// later.
//
// Owner: Log.
// Threads: one at a time (the log's mutex).
// Invariants:
//   1. A mark stands where a spill starts. CutAfter(s) is at or before the first spill that holds a
//      sequence above s.
//   2. Bounded: with more than kMarksMax marks every other one is dropped, which makes cuts
//      earlier, never later. Marks that were cut at stay, and so does the latest one: the manifest
//      may start there, and nothing before is kept then.
#ifndef TREERING_ENGINE_WAL_REPLAY_MARKS_H_
#define TREERING_ENGINE_WAL_REPLAY_MARKS_H_

#include <cstddef>
#include <cstdint>
#include <deque>

#include "engine/key/internal_key.h"

namespace treering::wal {

class ReplayMarks {
 public:
  static constexpr size_t kMarksMax = 1024;

  struct Mark {
    uint64_t lsn = 0;
    uint64_t previous_sum = 0;         // of block lsn - 1
    key::Sequence first_sequence = 0;  // nothing from here on holds an earlier one
    bool operator==(const Mark&) const = default;
  };

  explicit ReplayMarks(const Mark& start) : latest_{start} {}

  // The log is built up to here. In order.
  void Note(const Mark& mark);
  // The last mark whose first_sequence is at most sequence + 1. There is one: `sequence` is not
  // below that of a cut whose segments were released (CHECKed).
  Mark CutAfter(key::Sequence sequence);
  // Nobody cuts before `lsn` any more.
  void Forget(uint64_t lsn);

  const Mark& latest() const { return latest_.mark; }
  size_t size() const { return marks_.size() + 1; }

 private:
  struct Kept {
    Mark mark;
    bool cut = false;
  };
  void Thin();

  std::deque<Kept> marks_;  // before latest_
  Kept latest_;
  uint64_t spacing_ = 1;  // one mark in so many is kept
  uint64_t skipped_ = 0;
};

}  // namespace treering::wal

#endif  // TREERING_ENGINE_WAL_REPLAY_MARKS_H_
