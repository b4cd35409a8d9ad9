#include "engine/wal/replay_marks.h"

#include "engine/base/check.h"

namespace treering::wal {

void ReplayMarks::Note(const Mark& mark) {
  TREERING_CHECK(mark.lsn >= latest_.mark.lsn &&
                 mark.first_sequence >= latest_.mark.first_sequence);
  // The first of all stays too: nothing else may be early enough.
  if (++skipped_ >= spacing_ || latest_.cut || marks_.empty()) {
    marks_.push_back(latest_);
    skipped_ = 0;
  }
  latest_ = Kept{mark};
  if (marks_.size() > kMarksMax) Thin();
}

void ReplayMarks::Thin() {
  size_t kept = 0;
  for (size_t i = 0; i < marks_.size(); ++i) {
    if (i % 2 == 0 || marks_[i].cut) marks_[kept++] = marks_[i];
  }
  marks_.erase(marks_.begin() + static_cast<ptrdiff_t>(kept), marks_.end());
  spacing_ *= 2;
}

ReplayMarks::Mark ReplayMarks::CutAfter(key::Sequence sequence) {
  Kept* found = &latest_;
  for (size_t i = marks_.size(); found->mark.first_sequence > sequence + 1; --i) {
    TREERING_CHECK(i > 0);
    found = &marks_[i - 1];
  }
  found->cut = true;
  return found->mark;
}

void ReplayMarks::Forget(uint64_t lsn) {
  while (!marks_.empty() && marks_.front().mark.lsn < lsn) marks_.pop_front();
  if (marks_.size() < kMarksMax / 4) spacing_ = 1;
}

}  // namespace treering::wal
