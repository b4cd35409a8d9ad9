// StatsText: treering.stats.json in the words that RocksDB's users and their scripts look for.
//
// Owner: nobody; pure.
// Threads: any.
// Invariants:
//   1. The table has a row of each level and a " Sum" row; then come the lines Uptime(secs),
//      Cumulative writes, Cumulative compaction and Cumulative stall.
//   2. A field that the JSON lacks counts as zero.
#ifndef TREERING_BENCH_STATS_TEXT_H_
#define TREERING_BENCH_STATS_TEXT_H_

#include <cstdint>
#include <string>

#include "api/result.h"

namespace treering::bench {

// What this process knows and the JSON does not.
struct StatsContext {
  double uptime_seconds = 0;   // since the database was opened
  uint64_t writes = 0;         // write calls since then, a batch being one
  uint64_t keys = 0;           // puts and deletes in them
  uint64_t bytes_written = 0;  // their keys and values
};

// Corruption when `json` is none.
Result<std::string> StatsText(const std::string& json, const StatsContext& context);
Result<std::string> LevelStatsText(const std::string& json);

}  // namespace treering::bench

#endif  // TREERING_BENCH_STATS_TEXT_H_
