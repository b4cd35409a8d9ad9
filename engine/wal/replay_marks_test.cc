#include "engine/wal/replay_marks.h"

#include <gtest/gtest.h>

#include <vector>

#include "engine/base/prng.h"

namespace treering::wal {
namespace {

TEST(ReplayMarks, CutsAtTheSpillThatHoldsTheNextSequence) {
  ReplayMarks marks({10, 7, 1});
  marks.Note({12, 8, 5});   // the spill at 10 held 1 to 4
  marks.Note({15, 9, 20});  // the one at 12 held 5 to 19
  EXPECT_EQ(marks.CutAfter(0).lsn, 10u);
  EXPECT_EQ(marks.CutAfter(3).lsn, 10u);
  EXPECT_EQ(marks.CutAfter(4), (ReplayMarks::Mark{12, 8, 5}));
  EXPECT_EQ(marks.CutAfter(18).lsn, 12u);
  EXPECT_EQ(marks.CutAfter(19).lsn, 15u);
  EXPECT_EQ(marks.CutAfter(25).lsn, 15u);
}

TEST(ReplayMarks, AreBoundedAndNeverCutTooLate) {
  base::Prng prng(7);
  ReplayMarks marks({1, 0, 1});
  std::vector<ReplayMarks::Mark> all = {{1, 0, 1}};
  for (int i = 0; i < 20000; ++i) {
    ReplayMarks::Mark next = all.back();
    next.lsn += 1 + prng.Uniform(3);
    next.first_sequence += prng.Uniform(4);
    marks.Note(next);
    all.push_back(next);
  }
  EXPECT_LE(marks.size(), ReplayMarks::kMarksMax + 2);
  for (const ReplayMarks::Mark& mark : all) {
    const ReplayMarks::Mark cut = marks.CutAfter(mark.first_sequence);
    EXPECT_LE(cut.first_sequence, mark.first_sequence + 1);
  }
}

TEST(ReplayMarks, ACutStaysPossibleAfterWhatWasBeforeIsForgotten) {
  ReplayMarks marks({1, 0, 1});
  uint64_t lsn = 1;
  for (int i = 0; i < 5; ++i, ++lsn) marks.Note({lsn + 1, 0, lsn + 1});
  const ReplayMarks::Mark cut = marks.CutAfter(3);
  EXPECT_EQ(cut.lsn, 4u);
  // Thinned many times over before the segments below the cut are released.
  for (int i = 0; i < 10000; ++i, ++lsn) marks.Note({lsn + 1, 0, lsn + 1});
  marks.Forget(3);
  EXPECT_EQ(marks.CutAfter(3).lsn, 4u);
}

}  // namespace
}  // namespace treering::wal
