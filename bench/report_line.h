// ReportLine: the lines that scripts for RocksDB's db_bench parse, and our own below them.
//
// Owner: nobody; pure functions from figures to text.
// Threads: any.
// Invariants:
//   1. The result's line and the histogram's four lines are RocksDB's, to the character; tests hold
//      them against stored text. The table of buckets that RocksDB prints below is left out.
//   2. Our own lines are indented, so that no pattern for RocksDB's takes them.
#ifndef TREERING_BENCH_REPORT_LINE_H_
#define TREERING_BENCH_REPORT_LINE_H_

#include <cstdint>
#include <string>
#include <string_view>

#include "bench/process_cost.h"
#include "engine/base/histogram.h"

namespace treering::bench {

struct Outcome {
  std::string name;
  uint64_t operations = 0;
  double seconds = 0;         // from the first thread's start to the last one's end
  double thread_seconds = 0;  // of all threads together
  uint64_t write_calls = 0;
  uint64_t entries_written = 0;
  uint64_t bytes_written = 0;
  uint64_t bytes = 0;   // keys and values; 0: no rate is shown
  std::string message;  // such as "(17166 of 20000 found)"
};

double MicrosPerOp(const Outcome& outcome);
double OpsPerSecond(const Outcome& outcome);
double MegabytesPerSecond(const Outcome& outcome);

std::string ResultLine(const Outcome& outcome);
// `what` is "write", "read", "seek", "delete" or "op".
std::string HistogramBlock(std::string_view what, const base::Histogram& histogram);
// CPU and device traffic of the whole process, background work included.
std::string CostLine(const ProcessCost& cost, uint64_t operations);
// What part of the raw device's rate was reached.
std::string LimitLine(double ops_per_second, double raw_ops_per_second);

}  // namespace treering::bench

#endif  // TREERING_BENCH_REPORT_LINE_H_
