#include "tools/kvctl/progress.h"

#include <gtest/gtest.h>

namespace treering::kvctl {
namespace {

TEST(Progress, BarRateAndRemainingTime) {
  const ProgressState state = {"load", ProgressUnit::kBytes, 25u << 20, 100u << 20, 5};
  EXPECT_EQ(RenderProgress(state, 60, false),
            "load  ######....................   25%  5.0 MiB/s  0:15 left");
}

TEST(Progress, WithoutATotalWhatIsDone) {
  const ProgressState state = {"count", ProgressUnit::kRecords, 1'200'000, 0, 4};
  EXPECT_EQ(RenderProgress(state, 80, false), "count  1,200,000  300,000/s  0:04");
}

TEST(Progress, NothingDoneYetAndMoreThanAll) {
  ProgressState state = {"load", ProgressUnit::kBytes, 0, 100, 0};
  EXPECT_EQ(RenderProgress(state, 60, false).find("? left") != std::string::npos, true);
  state.done = 200;
  state.seconds = 1;
  const std::string line = RenderProgress(state, 60, false);
  EXPECT_NE(line.find("100%"), std::string::npos);
  EXPECT_NE(line.find("0:00 left"), std::string::npos);
}

TEST(Progress, FitsTheTerminal) {
  const ProgressState state = {"verify", ProgressUnit::kBytes, 1ull << 40, 1ull << 41, 86'400};
  for (size_t width = 0; width < 120; ++width) {
    EXPECT_LE(RenderProgress(state, width, false).size(), width);
  }
  EXPECT_NE(RenderProgress(state, 80, false).find("24:00:00 left"), std::string::npos);
}

}  // namespace
}  // namespace treering::kvctl
