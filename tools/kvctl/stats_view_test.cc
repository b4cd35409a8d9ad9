#include "tools/kvctl/stats_view.h"

#include <gtest/gtest.h>

namespace treering::kvctl {
namespace {

TEST(StatsView, WhatIsThereIsRead) {
  const auto view = ParseStats(
      R"({"state":"Healthy","last_sequence":7,"levels":[
          {"level":0,"tables":2,"bytes":100,"entries":10,"deletions":1},
          {"level":3,"tables":5,"bytes":900,"entries":90,"deletions":0}],
          "memory":{"budget_bytes":1024,"used_bytes":512,"memtable_bytes":64},
          "io":{"driver":"uring","registered_buffers":true},
          "stalls":{"level0":{"count":3,"nanos":5}}})");
  ASSERT_TRUE(view.ok());
  EXPECT_EQ(view->state, "Healthy");
  EXPECT_EQ(view->levels[1].level, 3u);
  EXPECT_EQ(view->total_tables(), 7u);
  EXPECT_EQ(view->total_bytes(), 1000u);
  EXPECT_EQ(view->entries_estimate(), 98u);
  EXPECT_EQ(view->memory_used_bytes, 512u);
  EXPECT_EQ(view->memtable_bytes, 64u);
  EXPECT_EQ(view->io_driver, "uring");
  EXPECT_TRUE(view->io_registered_buffers);
  ASSERT_EQ(view->stalls.size(), 1u);
  EXPECT_EQ(view->stalls[0].cause, "level0");
  EXPECT_EQ(view->stalls[0].count, 3u);
}

TEST(StatsView, WhatIsMissingOrOddIsEmpty) {
  const auto view = ParseStats(R"({"levels":[{"entries":1,"deletions":5}],"memory":3,"io":null})");
  ASSERT_TRUE(view.ok());
  EXPECT_EQ(view->entries_estimate(), 0u);
  EXPECT_EQ(view->memory_budget_bytes, 0u);
  EXPECT_EQ(view->io_driver, "");
}

TEST(StatsView, WhatIsNoObjectIsAnError) {
  for (const char* bad : {"", "[]", "{", "1"}) EXPECT_FALSE(ParseStats(bad).ok()) << bad;
}

}  // namespace
}  // namespace treering::kvctl
