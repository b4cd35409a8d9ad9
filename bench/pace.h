// Pace: how far a loop is ahead of the rate that it should keep.
//
// Owner: nobody; pure.
// Threads: any.
// Invariants:
//   1. Ahead by less than kPaceNanos counts as not ahead: a sleep is not more precise.
#ifndef TREERING_BENCH_PACE_H_
#define TREERING_BENCH_PACE_H_

#include <cstdint>

namespace treering::bench {

inline constexpr uint64_t kPaceNanos = 1'000'000;

// How long to sleep after `done` units in `elapsed_nanos`; 0: not at all.
inline uint64_t NanosAhead(uint64_t done, double units_per_second, uint64_t elapsed_nanos) {
  const double ahead =
      static_cast<double>(done) * 1e9 / units_per_second - static_cast<double>(elapsed_nanos);
  return ahead > static_cast<double>(kPaceNanos) ? static_cast<uint64_t>(ahead) : 0;
}

}  // namespace treering::bench

#endif  // TREERING_BENCH_PACE_H_
