#include "bench/report_line.h"

#include <algorithm>
#include <cstdarg>
#include <cstdio>

namespace treering::bench {
namespace {

std::string Format(const char* format, ...) __attribute__((format(printf, 1, 2)));
std::string Format(const char* format, ...) {
  char line[512];
  va_list arguments;
  va_start(arguments, format);
  std::vsnprintf(line, sizeof line, format, arguments);
  va_end(arguments);
  return line;
}

// RocksDB pretends one operation, and some time, so that nothing divides by zero.
double Operations(const Outcome& outcome) {
  return static_cast<double>(std::max<uint64_t>(outcome.operations, 1));
}
double Seconds(const Outcome& outcome) { return std::max(outcome.seconds, 1e-9); }

double Micros(double nanos) { return nanos / 1000; }

}  // namespace

double MicrosPerOp(const Outcome& outcome) {
  return outcome.thread_seconds * 1e6 / Operations(outcome);
}
double OpsPerSecond(const Outcome& outcome) { return Operations(outcome) / Seconds(outcome); }
double MegabytesPerSecond(const Outcome& outcome) {
  return static_cast<double>(outcome.bytes) / 1048576.0 / Seconds(outcome);
}

std::string ResultLine(const Outcome& outcome) {
  std::string line =
      Format("%-12s : %11.3f micros/op %ld ops/sec %.3f seconds %ld operations;",
             outcome.name.c_str(), MicrosPerOp(outcome), static_cast<long>(OpsPerSecond(outcome)),
             outcome.seconds, static_cast<long>(std::max<uint64_t>(outcome.operations, 1)));
  if (outcome.bytes != 0) line += Format(" %6.1f MB/s", MegabytesPerSecond(outcome));
  if (!outcome.message.empty()) line += " " + outcome.message;
  return line + "\n";
}

std::string HistogramBlock(std::string_view what, const base::Histogram& histogram) {
  const auto percentile = [&histogram](double percent) {
    return Micros(histogram.Percentile(percent));
  };
  std::string text = "Microseconds per " + std::string(what) + ":\n";
  text += Format("Count: %llu Average: %.4f  StdDev: %.2f\n",
                 static_cast<unsigned long long>(histogram.Count()), Micros(histogram.Mean()),
                 Micros(histogram.StdDev()));
  text += Format("Min: %llu  Median: %.4f  Max: %llu\n",
                 static_cast<unsigned long long>(histogram.Min() / 1000), percentile(50),
                 static_cast<unsigned long long>(histogram.Max() / 1000));
  text +=
      Format("Percentiles: P50: %.2f P75: %.2f P99: %.2f P99.9: %.2f P99.99: %.2f\n",
             percentile(50), percentile(75), percentile(99), percentile(99.9), percentile(99.99));
  return text;
}

std::string CostLine(const ProcessCost& cost, uint64_t operations) {
  const double count = static_cast<double>(std::max<uint64_t>(operations, 1));
  std::string line = Format("  cost: %.3f CPU s per million ops", cost.cpu_seconds * 1e6 / count);
  if (cost.has_bytes) {
    line += Format(", device %.1f B read/op, %.1f B written/op",
                   static_cast<double>(cost.bytes_read) / count,
                   static_cast<double>(cost.bytes_written) / count);
  }
  return line + "\n";
}

std::string LimitLine(double ops_per_second, double raw_ops_per_second) {
  return Format("  limit: %.1f %% of rawsync (%ld of %ld per second)\n",
                100 * ops_per_second / raw_ops_per_second, static_cast<long>(ops_per_second),
                static_cast<long>(raw_ops_per_second));
}

}  // namespace treering::bench
