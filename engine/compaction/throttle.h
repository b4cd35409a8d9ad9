// Throttle: how much a writer is slowed so that flush and compaction keep up.
//
// Owner: nobody.
// Threads: any; a pure function.
// Invariants:
//   1. No debt, no delay; more of any debt never means less delay; never a full stop.
//   2. At half of a debt's limit writers get the rate at which background work drains.
#ifndef TREERING_ENGINE_COMPACTION_THROTTLE_H_
#define TREERING_ENGINE_COMPACTION_THROTTLE_H_

#include <cstdint>
#include <string_view>

namespace treering::compaction {

struct ThrottleLimits {
  // Debt counts from the first number on; the second is the limit.
  uint32_t level0_free = 8;
  uint32_t level0_limit = 32;
  uint64_t pending_bytes_free = 4ull << 30;
  uint64_t pending_bytes_limit = 64ull << 30;
  uint32_t memtables_free = 1;  // sealed ones waiting for flush
  uint32_t memtables_limit = 4;

  // Limits in proportion to what the tree is asked to look like.
  static ThrottleLimits For(uint32_t level0_trigger, uint64_t level_base_bytes,
                            uint32_t level_multiplier, uint32_t sealed_memtables_max);
};

struct Debt {
  uint32_t level0_tables = 0;
  uint64_t pending_compaction_bytes = 0;
  uint32_t sealed_memtables = 0;
};

enum class ThrottleCause : uint8_t { kNone, kLevel0, kPendingBytes, kMemtables };
std::string_view ThrottleCauseName(ThrottleCause cause);

struct ThrottleDecision {
  uint64_t nanos_per_kib = 0;                  // of user data: sleep bytes * this / 1024
  ThrottleCause cause = ThrottleCause::kNone;  // the largest debt
};

// `drain_bytes_per_second`: measured rate of flushes (at least 1 MiB/s is assumed).
ThrottleDecision ComputeThrottle(const Debt& debt, const ThrottleLimits& limits,
                                 uint64_t drain_bytes_per_second);

}  // namespace treering::compaction

#endif  // TREERING_ENGINE_COMPACTION_THROTTLE_H_
