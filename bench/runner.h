// Runner: runs one workload on its threads and adds up what they did.
//
// Owner: BenchSession.
// Threads: one run at a time; Run blocks until all workers have ended.
// Invariants:
//   1. Workers start together, after all threads exist.
//   2. Figures are merged when all have ended; a background writer's stay apart.
//   3. Time and cost run from the first foreground worker's start to the last one's stop, as their
//      recorders have them.
#ifndef TREERING_BENCH_RUNNER_H_
#define TREERING_BENCH_RUNNER_H_

#include <array>
#include <memory>
#include <string>

#include "bench/interval_reporter.h"
#include "bench/process_cost.h"
#include "bench/report_line.h"
#include "bench/workloads.h"
#include "engine/base/histogram.h"

namespace treering::bench {

struct RunResult {
  Outcome outcome;
  bool has_writer = false;
  Outcome writer;
  ProcessCost cost;
  std::array<std::unique_ptr<base::Histogram>, kOpKindCount> histograms;  // null: no such ops
  std::string error;                                                      // empty: all went well
};

struct RunSettings {
  uint64_t seed = 0;
  bool with_histograms = false;
  uint64_t report_every = 0;
  uint64_t reads_per_second = 0;  // of all threads together; 0: no limit
};

// `seed` must differ from run to run, or a second pass would ask for the same keys.
RunResult RunWorkload(const Workload& workload, const WorkPlan& plan, const RunSettings& settings,
                      DB* db, const ValueBytes& values, IntervalReporter* reporter);

}  // namespace treering::bench

#endif  // TREERING_BENCH_RUNNER_H_
