#include "bench/report_line.h"

#include <gtest/gtest.h>

namespace treering::bench {
namespace {

TEST(ReportLineTest, ResultIsRocksDbsLine) {
  Outcome fill;
  fill.name = "fillseq";
  fill.operations = 20000;
  fill.seconds = 0.096361;
  fill.thread_seconds = 0.09632;
  fill.bytes = 20000 * 116;
  EXPECT_EQ(ResultLine(fill),
            "fillseq      :       4.816 micros/op 207552 ops/sec 0.096 seconds 20000 operations;"
            "   23.0 MB/s\n");

  Outcome read = fill;
  read.name = "readrandom";
  read.message = "(17166 of 20000 found)";
  EXPECT_EQ(ResultLine(read),
            "readrandom   :       4.816 micros/op 207552 ops/sec 0.096 seconds 20000 operations;"
            "   23.0 MB/s (17166 of 20000 found)\n");

  read.name = "readmissing";
  read.bytes = 0;
  read.message = "(0 of 20000 found)";
  EXPECT_EQ(ResultLine(read),
            "readmissing  :       4.816 micros/op 207552 ops/sec 0.096 seconds 20000 operations;"
            " (0 of 20000 found)\n");
}

TEST(ReportLineTest, ThreadsShareTheTimeButNotTheMicros) {
  Outcome outcome;
  outcome.name = "multireadrandom";
  outcome.operations = 4000;
  outcome.seconds = 0.0372551;
  outcome.thread_seconds = 0.0583080;
  EXPECT_EQ(ResultLine(outcome),
            "multireadrandom :      14.577 micros/op 107367 ops/sec 0.037 seconds 4000 "
            "operations;\n");
}

TEST(ReportLineTest, NothingDoneDividesByNothing) {
  Outcome outcome;
  outcome.name = "readseq";
  outcome.thread_seconds = 0.000002;
  outcome.seconds = 0.000002;
  EXPECT_EQ(ResultLine(outcome),
            "readseq      :       2.000 micros/op 500000 ops/sec 0.000 seconds 1 operations;\n");
}

// Digits as 9, a run of them as one, so that a line shows its form.
std::string Form(const std::string& text) {
  std::string form;
  for (const char c : text) {
    const bool is_digit = c >= '0' && c <= '9';
    if (!is_digit || form.empty() || form.back() != '9') form += is_digit ? '9' : c;
  }
  return form;
}

TEST(ReportLineTest, HistogramHasTheFormOfRocksDbs) {
  // Of RocksDB 7.8.3, up to its table of buckets.
  constexpr char kRocksDbs[] =
      "Microseconds per write:\n"
      "Count: 20000 Average: 14.5043  StdDev: 418.57\n"
      "Min: 3  Median: 3.5957  Max: 53279\n"
      "Percentiles: P50: 3.60 P75: 3.90 P99: 38.55 P99.9: 3300.00 P99.99: 9240.00\n";
  base::Histogram histogram;
  for (uint64_t i = 1; i < 2000; ++i) histogram.Add(i * 1000);
  EXPECT_EQ(Form(HistogramBlock("write", histogram)), Form(kRocksDbs));
}

TEST(ReportLineTest, HistogramHoldsTheFigures) {
  base::Histogram histogram;
  for (int i = 0; i < 4; ++i) histogram.Add(2000);
  const std::string text = HistogramBlock("write", histogram);
  const double percentile = histogram.Percentile(50) / 1000;
  char expected[512];
  std::snprintf(expected, sizeof expected,
                "Microseconds per write:\n"
                "Count: 4 Average: 2.0000  StdDev: 0.00\n"
                "Min: 2  Median: %.4f  Max: 2\n"
                "Percentiles: P50: %.2f P75: %.2f P99: %.2f P99.9: %.2f P99.99: %.2f\n",
                percentile, percentile, histogram.Percentile(75) / 1000,
                histogram.Percentile(99) / 1000, histogram.Percentile(99.9) / 1000,
                histogram.Percentile(99.99) / 1000);
  EXPECT_EQ(text, expected);
  EXPECT_NEAR(percentile, 2.0, 2.0 / 32);
}

TEST(ReportLineTest, OurOwnLinesAreIndented) {
  ProcessCost cost;
  cost.cpu_seconds = 0.5;
  EXPECT_EQ(CostLine(cost, 1000000), "  cost: 0.500 CPU s per million ops\n");
  cost.has_bytes = true;
  cost.bytes_read = 4096000;
  cost.bytes_written = 2500;
  EXPECT_EQ(CostLine(cost, 1000),
            "  cost: 500.000 CPU s per million ops, device 4096.0 B read/op, 2.5 B written/op\n");
  EXPECT_EQ(LimitLine(9200, 10000), "  limit: 92.0 % of rawsync (9200 of 10000 per second)\n");
}

TEST(ReportLineTest, CostsGrow) {
  const ProcessCost before = CostSoFar();
  volatile uint64_t sum = 0;
  for (uint64_t i = 0; i < 50'000'000; ++i) sum = sum + i;
  const ProcessCost cost = CostSoFar() - before;
  EXPECT_GT(cost.cpu_seconds, 0.001);
  EXPECT_LT(cost.cpu_seconds, 60);
}

}  // namespace
}  // namespace treering::bench
