#include "tools/kvctl/level_table.h"

#include <gtest/gtest.h>

namespace treering::kvctl {
namespace {

StatsView ThreeLevels() {
  StatsView stats;
  stats.memtable_bytes = 65536;
  stats.levels = {{0, 2, 1, 10, 1}, {1, 0, 0, 0, 0}, {2, 1200, 8ull << 20, 1'000'000, 20}};
  return stats;
}

TEST(LevelTable, BarsAreInProportion) {
  const LevelTableStyle style = {10, false, false};
  EXPECT_EQ(LevelTable(ThreeLevels(), style),
            "level    tables         size         entries    deletions\n"
            "memory        -     64.0 KiB               -            -\n"
            "L0            2          1 B              10            1  #\n"
            "L1            0          0 B               0            0\n"
            "L2        1,200      8.0 MiB       1,000,000           20  ##########\n"
            "sum       1,202      8.0 MiB       1,000,010           21\n");
}

TEST(LevelTable, ColourOnlyWhenAskedFor) {
  EXPECT_EQ(LevelTable(ThreeLevels(), {10, false, true}).find('\x1b'), std::string::npos);
  EXPECT_NE(LevelTable(ThreeLevels(), {10, true, true}).find("\x1b[34m█"), std::string::npos);
}

TEST(LevelTable, AnEmptyTreeIsATableToo) {
  const std::string text = LevelTable(StatsView(), {10, false, false});
  EXPECT_NE(text.find("sum           0          0 B"), std::string::npos);
}

}  // namespace
}  // namespace treering::kvctl
