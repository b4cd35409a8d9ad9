// StallStats: how often and how long writers were slowed, by cause.
//
// Owner: DbCore.
// Threads: any.
// Invariants:
//   1. Every delay of a writer that the engine decides on is counted here under one cause.
#ifndef TREERING_ENGINE_DB_STALL_STATS_H_
#define TREERING_ENGINE_DB_STALL_STATS_H_

#include <array>
#include <atomic>
#include <cstdint>
#include <string_view>

namespace treering::db {

enum class StallCause : uint8_t {
  kLevel0,        // too many level-0 tables
  kPendingBytes,  // compaction debt
  kMemtables,     // sealed memtables wait for flush
  kMemory,        // no room in the memory budget
  kLogSegment,    // the next log segment was not ready
  kLogTail,       // the tail was full
};
inline constexpr int kStallCauseCount = 6;

constexpr std::string_view StallCauseName(StallCause cause) {
  constexpr std::string_view kNames[] = {"level0",        "pending_compaction", "memtables",
                                         "memory_budget", "log_segment",        "log_tail"};
  return kNames[static_cast<int>(cause)];
}

class StallStats {
 public:
  void Add(StallCause cause, uint64_t nanos) {
    count_[static_cast<int>(cause)].fetch_add(1, std::memory_order_relaxed);
    nanos_[static_cast<int>(cause)].fetch_add(nanos, std::memory_order_relaxed);
  }
  uint64_t count(StallCause cause) const {
    return count_[static_cast<int>(cause)].load(std::memory_order_relaxed);
  }
  uint64_t nanos(StallCause cause) const {
    return nanos_[static_cast<int>(cause)].load(std::memory_order_relaxed);
  }

 private:
  std::array<std::atomic<uint64_t>, kStallCauseCount> count_{};
  std::array<std::atomic<uint64_t>, kStallCauseCount> nanos_{};
};

}  // namespace treering::db

#endif  // TREERING_ENGINE_DB_STALL_STATS_H_
