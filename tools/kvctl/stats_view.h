// StatsView: the property "treering.stats.json" as values, for what people look at.
//
// Owner: a value.
// Threads: plain values.
// Invariants:
//   1. What the text does not have is zero or empty: an engine of another version is no error.
#ifndef TREERING_TOOLS_KVCTL_STATS_VIEW_H_
#define TREERING_TOOLS_KVCTL_STATS_VIEW_H_

#include <cstdint>
#include <string>
#include <vector>

#include "api/db.h"
#include "api/result.h"

namespace treering::kvctl {

struct LevelStats {
  uint64_t level = 0;
  uint64_t tables = 0;
  uint64_t bytes = 0;
  uint64_t entries = 0;
  uint64_t deletions = 0;
};

struct StallStats {
  std::string cause;
  uint64_t count = 0;
  uint64_t nanos = 0;
};

struct StatsView {
  std::string state;
  std::string cause;
  std::string database_id;
  uint64_t last_sequence = 0;
  std::vector<LevelStats> levels;
  uint64_t memory_budget_bytes = 0;
  uint64_t memory_used_bytes = 0;
  uint64_t memtable_bytes = 0;
  std::string io_driver;
  std::string io_ring_flags;
  bool io_registered_buffers = false;
  std::string io_fallback_reason;
  std::string compaction_error;
  uint64_t compaction_bytes_read = 0;
  std::vector<StallStats> stalls;
  uint64_t log_bytes = 0;  // replayed from the log at this open
  uint64_t bytes_cut = 0;  // of the log's torn end at this open

  uint64_t total_tables() const;
  uint64_t total_bytes() const;
  // Live records, roughly: tables may hold several versions of one.
  uint64_t entries_estimate() const;
};

Result<StatsView> ParseStats(const std::string& json_text);
Result<StatsView> ReadStats(DB* db);

}  // namespace treering::kvctl

#endif  // TREERING_TOOLS_KVCTL_STATS_VIEW_H_
