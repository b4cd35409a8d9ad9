#include "engine/base/check.h"

#include <gtest/gtest.h>

namespace treering::base {
namespace {

TEST(CheckTest, PassesOnTruthAndEvaluatesOnce) {
  int calls = 0;
  TREERING_CHECK(++calls == 1);
  EXPECT_EQ(calls, 1);
}

TEST(CheckDeathTest, NamesFileLineAndCondition) {
  const int one = 1;
  EXPECT_DEATH(TREERING_CHECK(one == 2), "check_test.cc:[0-9]+: CHECK failed: one == 2");
}

TEST(CheckDeathTest, DcheckFollowsTheBuild) {
  int calls = 0;
#ifdef NDEBUG
  TREERING_DCHECK(++calls == 0);
  EXPECT_EQ(calls, 0);
#else
  EXPECT_DEATH(TREERING_DCHECK(calls == 1), "CHECK failed: calls == 1");
#endif
}

}  // namespace
}  // namespace treering::base
