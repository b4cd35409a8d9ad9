// ProcessCost: CPU time and device traffic of this process, as the kernel counts them.
//
// Owner: a value.
// Threads: any; it is the whole process's.
// Invariants:
//   1. Includes background threads and kernel workers of this process.
//   2. Bytes written count a mapped or buffered page once each time it turns dirty.
#ifndef TREERING_BENCH_PROCESS_COST_H_
#define TREERING_BENCH_PROCESS_COST_H_

#include <cstdint>

namespace treering::bench {

struct ProcessCost {
  double cpu_seconds = 0;
  bool has_bytes = false;  // false where /proc/self/io cannot be read
  uint64_t bytes_read = 0;
  uint64_t bytes_written = 0;
};

// Since the process began.
ProcessCost CostSoFar();
ProcessCost operator-(const ProcessCost& later, const ProcessCost& earlier);

}  // namespace treering::bench

#endif  // TREERING_BENCH_PROCESS_COST_H_
