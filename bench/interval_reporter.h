// IntervalReporter: progress while a benchmark runs: lines of secs_elapsed,interval_qps in a file,
// and lines for people on stderr.
//
// Owner: BenchSession.
// Threads: BeginRun and EndRun from one; a thread of its own looks at the workers' counters.
// Invariants:
//   1. Costs the workers nothing: it reads what each publishes in its own cache line.
//   2. secs_elapsed counts from the first benchmark's start, over all benchmarks of the run.
#ifndef TREERING_BENCH_INTERVAL_REPORTER_H_
#define TREERING_BENCH_INTERVAL_REPORTER_H_

#include <cstdint>
#include <fstream>
#include <string>
#include <vector>

#include "api/status.h"
#include "bench/op_recorder.h"
#include "engine/base/thread.h"

namespace treering::bench {

class IntervalReporter {
 public:
  // 0 seconds: without file, without lines.
  IntervalReporter(uint64_t file_seconds, std::string file_path, uint64_t line_seconds);
  ~IntervalReporter();

  // IoError when the file cannot be made, OutOfMemory without a thread.
  Status Start();
  void BeginRun(std::vector<const OpRecorder*> recorders);
  // The recorders may go when it returns.
  void EndRun();

 private:
  void Loop();
  uint64_t CountLocked() const;
  void WriteFileLocked(uint64_t now);
  void WriteLineLocked(uint64_t now);

  const uint64_t file_nanos_;
  const std::string file_path_;
  const uint64_t line_nanos_;
  std::ofstream file_;
  base::Thread thread_;
  base::Mutex mutex_;
  base::CondVar changed_;
  bool ended_ = false;
  uint64_t start_nanos_ = 0;
  std::vector<const OpRecorder*> recorders_;  // empty between runs
  uint64_t before_ = 0;                       // operations of the runs that have ended
  uint64_t file_count_ = 0;
  uint64_t line_count_ = 0;
  uint64_t next_file_ = UINT64_MAX;
  uint64_t next_line_ = UINT64_MAX;
};

}  // namespace treering::bench

#endif  // TREERING_BENCH_INTERVAL_REPORTER_H_
