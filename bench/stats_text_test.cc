#include "bench/stats_text.h"

#include <gtest/gtest.h>

namespace treering::bench {
namespace {

constexpr char kStats[] = R"({
  "levels": [
    {"level": 0, "tables": 2, "bytes": 2097152, "entries": 100, "deletions": 1},
    {"level": 1, "tables": 3, "bytes": 3145728, "entries": 200, "deletions": 0}],
  "memory": {"budget_bytes": 268435456, "used_bytes": 1048576, "cache_hits": 7, "cache_misses": 3},
  "io": {"requests": 10, "registered_ops": 9, "kernel_enters": 8, "bytes_read": 0,
         "bytes_written": 1073741824, "syncs": 5},
  "work": {"flushes": 4, "flush_bytes_written": 1073741824, "flush_nanos": 1000000000,
           "compactions": 2, "compaction_bytes_read": 2147483648,
           "compaction_bytes_written": 2147483648, "compaction_nanos": 3000000000},
  "stalls": {"memtables": {"count": 2, "nanos": 1500000000}}})";

TEST(StatsTextTest, HasTheWordsThatScriptsLookFor) {
  Result<std::string> text = StatsText(
      kStats, {.uptime_seconds = 10, .writes = 680, .keys = 68000, .bytes_written = 1 << 20});
  ASSERT_TRUE(text.ok());
  EXPECT_EQ(*text, R"(
** Compaction Stats [default] **
Level    Files     Size(MB)       Entries   Deletions  Read(GB) Write(GB)  W-Amp  Comp(sec)  Comp(cnt)
)" + std::string(100, '-') +
                       R"(
  L0        2         2.00           100           1
  L1        3         3.00           200           0
 Sum        5         5.00           300           1     2.000     3.000   3.00       4.00          6

** DB Stats **
Uptime(secs): 10.0 total
Flush(GB): cumulative 1.000
Cumulative writes: 680 writes, 68000 keys, ingest: 0.00 GB, 0.10 MB/s
Cumulative compaction: 3.00 GB write, 307.20 MB/s write, 2.00 GB read, 204.80 MB/s read, 4.0 seconds
Stalls(count): 2 memtables
Cumulative stall: 00:00:1.500 H:M:S, 15.0 percent
Memory: 1.0 of 256.0 MB, cache 7 hits, 3 misses
I/O: 10 requests, 9 registered, 8 kernel enters, 0.00 GB read, 1.00 GB written, 5 syncs
)");
}

TEST(StatsTextTest, LevelStatsAreRocksDbs) {
  Result<std::string> text = LevelStatsText(kStats);
  ASSERT_TRUE(text.ok());
  EXPECT_EQ(*text,
            "\nLevel Files Size(MB)\n--------------------\n  0        2        2\n"
            "  1        3        3\n");
}

TEST(StatsTextTest, MissingFieldsAreZeroAndJunkIsAnError) {
  Result<std::string> text = StatsText("{}", {});
  ASSERT_TRUE(text.ok());
  EXPECT_NE(text->find(" Sum        0"), std::string::npos) << *text;
  EXPECT_FALSE(StatsText("nonsense", {}).ok());
  EXPECT_FALSE(StatsText("[]", {}).ok());
}

}  // namespace
}  // namespace treering::bench
