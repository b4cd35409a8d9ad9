#include "engine/io/sim_faults.h"

#include <gtest/gtest.h>

namespace treering::io {
namespace {

TEST(SimFaultsTest, StarsMatchAnyRun) {
  EXPECT_TRUE(SimNameMatches("*", ""));
  EXPECT_TRUE(SimNameMatches("*.wal", "000007.wal"));
  EXPECT_FALSE(SimNameMatches("*.wal", "000007.wal2"));
  EXPECT_TRUE(SimNameMatches("MANIFEST-*", "MANIFEST-000001"));
  EXPECT_TRUE(SimNameMatches("a*b*c", "aXbYbZc"));
  EXPECT_FALSE(SimNameMatches("a*b*c", "aXbYbZ"));
  EXPECT_FALSE(SimNameMatches("", "a"));
  EXPECT_TRUE(SimNameMatches("CURRENT", "CURRENT"));
}

TEST(SimFaultsTest, TheNthOfItsKindIsMetOnce) {
  SimFaultPlan plan;
  const size_t number = plan.Add({.action = Action::kSync, .name = "*.wal", .nth = 2});
  EXPECT_EQ(plan.Meet(Action::kSync, "1.wal"), nullptr);
  EXPECT_EQ(plan.Meet(Action::kWrite, "1.wal"), nullptr);
  EXPECT_EQ(plan.Meet(Action::kSync, "1.sst"), nullptr);
  EXPECT_EQ(plan.Hits(number), 0u);
  EXPECT_NE(plan.Meet(Action::kSync, "2.wal"), nullptr);
  EXPECT_EQ(plan.Meet(Action::kSync, "2.wal"), nullptr);
  EXPECT_EQ(plan.Hits(number), 1u);
}

TEST(SimFaultsTest, AStickyOneStaysUntilRemoved) {
  SimFaultPlan plan;
  const size_t number = plan.Add({.nth = 2, .sticky = true, .error = ENOSPC});
  EXPECT_EQ(plan.Meet(Action::kRead, "a"), nullptr);
  for (const Action action : {Action::kWrite, Action::kCreate, Action::kUnlink}) {
    const SimFault* const fault = plan.Meet(action, "b");
    ASSERT_NE(fault, nullptr);
    EXPECT_EQ(fault->error, ENOSPC);
  }
  EXPECT_EQ(plan.Hits(number), 3u);
  plan.Remove(number);
  EXPECT_EQ(plan.Meet(Action::kWrite, "b"), nullptr);
}

TEST(SimFaultsTest, TheFirstOneAddedDecides) {
  SimFaultPlan plan;
  const size_t first = plan.Add({.action = Action::kRead, .error = EIO});
  const size_t second = plan.Add({.action = Action::kRead, .sticky = true, .error = EAGAIN});
  EXPECT_EQ(plan.Meet(Action::kRead, "a")->error, EIO);
  EXPECT_EQ(plan.Meet(Action::kRead, "a")->error, EAGAIN);
  EXPECT_EQ(plan.Hits(first), 1u);
  EXPECT_EQ(plan.Hits(second), 1u);
  plan.Clear();
  EXPECT_EQ(plan.Meet(Action::kRead, "a"), nullptr);
}

}  // namespace
}  // namespace treering::io
