// BenchSession: one call of db_bench: the header, the database, the benchmarks in their order.
//
// Owner: main.
// Threads: one.
// Invariants:
//   1. Every name in --benchmarks, every option and the file of --json are checked before anything
//      is destroyed.
//   2. Unless --use_existing_db or --readonly, it begins with an empty database, and so does each
//      benchmark that fills; what it destroys is treering's own files, nothing else.
//   3. The first error ends it; --json is written all the same.
#ifndef TREERING_BENCH_BENCH_SESSION_H_
#define TREERING_BENCH_BENCH_SESSION_H_

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "api/db.h"
#include "bench/bench_flags.h"
#include "bench/interval_reporter.h"
#include "bench/json_report.h"
#include "bench/runner.h"
#include "bench/settings.h"

namespace treering::bench {

class BenchSession {
 public:
  // Results go to stdout.
  BenchSession(const BenchFlags& flags, Settings settings);

  Status Run();

 private:
  // Of benchmarks: their names, and that they can run with these options.
  Status CheckNames();
  Status Start();
  // The flag by which what is there stays; empty when each filling benchmark begins anew.
  std::string KeepingFlag() const;
  Status OpenDb();
  // Closes and destroys what is there, opens an empty one. Only when there is no KeepingFlag.
  Status OpenFreshDb();
  Status CloseDb();
  void PrintHeader();
  WorkPlan PlanFor(const Workload& workload);
  Status RunAll();
  Status RunOne(const std::string& name);
  Status RunWorkloadNamed(const Workload& workload);
  void PrintResult(const RunResult& result);
  // stats, levelstats, sstables; false for other names.
  bool PrintProperty(const std::string& name, Status* status);
  std::string StatsJson();

  const BenchFlags& flags_;
  Settings settings_;
  std::vector<std::string> names_;
  uint64_t seed_ = 0;
  std::shared_ptr<Runtime> runtime_;
  std::unique_ptr<DB> db_;
  uint64_t opened_nanos_ = 0;
  uint64_t writes_since_open_ = 0;
  uint64_t keys_since_open_ = 0;
  uint64_t bytes_since_open_ = 0;
  uint64_t threads_so_far_ = 0;
  double raw_sync_ops_per_second_ = 0;
  std::unique_ptr<IntervalReporter> reporter_;
  JsonReport json_;
};

}  // namespace treering::bench

#endif  // TREERING_BENCH_BENCH_SESSION_H_
