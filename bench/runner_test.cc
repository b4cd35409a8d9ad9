#include "bench/runner.h"

#include <fstream>
#include <sstream>

#include <gtest/gtest.h>

namespace treering::bench {
namespace {

void Count(Worker* worker) {
  while (const uint64_t count = worker->Take(worker->plan().batch_size, worker->plan().writes)) {
    worker->recorder().AddBytes(count * 10);
    worker->recorder().AddWritten(count, count * 20);
    worker->recorder().AddLookups(1, count);
    worker->recorder().Finished(count, OpKind::kOther);
  }
}
void FailAtOnce(Worker* worker) {
  if (worker->index() == 1) worker->Good("put", Status::NoSpace("the disk is full"));
  Count(worker);
}
// Reads without a database.
void ReadCount(Worker* worker) {
  while (worker->Take(1, worker->plan().reads) != 0) worker->recorder().Finished(1, OpKind::kRead);
}
// Burns 0.2 s of CPU before its time begins.
void PrepareThenCount(Worker* worker) {
  const double until = CostSoFar().cpu_seconds + 0.2;
  while (CostSoFar().cpu_seconds < until) {
  }
  worker->recorder().Start();
  Count(worker);
}
void PacedCount(Worker* worker) {
  while (worker->Take(1, worker->plan().writes) != 0) {
    worker->recorder().Finished(1, OpKind::kWrite);
    worker->Pace(100);
  }
}

// Workloads that need no database: what the runner does with them is what is tested.
class RunnerTest : public ::testing::Test {
 protected:
  RunResult Run(void (*run)(Worker*), bool with_histograms = false) {
    Workload workload;
    workload.name = "count";
    workload.run = run;
    EXPECT_TRUE(reporter_.Start().ok());
    settings_.with_histograms = with_histograms;
    return RunWorkload(workload, plan_, settings_, nullptr, values_, &reporter_);
  }

  RunSettings settings_ = {.seed = 1};
  WorkPlan plan_;
  ValueBytes values_{1, 0.5, 100};
  IntervalReporter reporter_{0, "", 0};
};

TEST_F(RunnerTest, EachThreadDoesItsShareAndFiguresAddUp) {
  plan_.threads = 3;
  plan_.writes = 105;
  plan_.batch_size = 10;  // the last batch is a short one
  const RunResult result = Run(Count);
  EXPECT_EQ(result.error, "");
  EXPECT_EQ(result.outcome.operations, 315u);
  EXPECT_EQ(result.outcome.bytes, 3150u);
  EXPECT_EQ(result.outcome.write_calls, 33u);
  EXPECT_EQ(result.outcome.entries_written, 315u);
  EXPECT_EQ(result.outcome.bytes_written, 6300u);
  EXPECT_EQ(result.outcome.message, "(33 of 315 found)");
  EXPECT_GT(result.outcome.seconds, 0);
  EXPECT_GT(result.outcome.thread_seconds, 0);
  EXPECT_LE(result.outcome.thread_seconds, result.outcome.seconds * 3);
  for (const auto& histogram : result.histograms) EXPECT_EQ(histogram, nullptr);
}

TEST_F(RunnerTest, HistogramsHoldOneSampleACall) {
  plan_.threads = 2;
  plan_.writes = 100;
  plan_.batch_size = 10;
  const RunResult result = Run(Count, true);
  const auto& histogram = result.histograms[static_cast<size_t>(OpKind::kOther)];
  ASSERT_NE(histogram, nullptr);
  EXPECT_EQ(histogram->Count(), 20u);
  EXPECT_EQ(result.histograms[static_cast<size_t>(OpKind::kRead)], nullptr);
}

TEST_F(RunnerTest, OneErrorStopsAll) {
  plan_.threads = 2;
  plan_.writes = UINT64_MAX;
  const RunResult result = Run(FailAtOnce);
  EXPECT_EQ(result.error, "put: NoSpace: the disk is full");
}

TEST_F(RunnerTest, ADurationEndsTheRun) {
  plan_.writes = 1;
  plan_.duration_seconds = 1;
  const RunResult result = Run(Count);
  EXPECT_GE(result.outcome.seconds, 1);
  EXPECT_GT(result.outcome.operations, 1u);
}

TEST_F(RunnerTest, TheRateLimitIsForAllThreadsTogether) {
  plan_.threads = 2;
  plan_.writes = 100;
  plan_.write_bytes_per_second = 200000;  // 2 x 100 x 100 bytes take 0.1 s
  const RunResult result = Run(PacedCount);
  EXPECT_EQ(result.outcome.operations, 200u);
  EXPECT_GE(result.outcome.seconds, 0.09);
}

TEST_F(RunnerTest, TheSleepThatKeepsTheRateIsNoLatency) {
  plan_.writes = 20;
  plan_.write_bytes_per_second = 10000;  // an operation of 100 bytes each 10 ms
  const RunResult result = Run(PacedCount, true);
  EXPECT_GE(result.outcome.seconds, 0.18);
  const auto& histogram = result.histograms[static_cast<size_t>(OpKind::kWrite)];
  ASSERT_NE(histogram, nullptr);
  EXPECT_LT(histogram->Percentile(50), 5e6);
}

TEST_F(RunnerTest, TheReadRateIsForAllThreadsTogetherAndNoLatency) {
  plan_.threads = 2;
  plan_.reads = 20;
  settings_.reads_per_second = 200;  // 2 x 20 reads take 0.2 s
  const RunResult result = Run(ReadCount, true);
  EXPECT_EQ(result.outcome.operations, 40u);
  EXPECT_GE(result.outcome.seconds, 0.18);
  EXPECT_LT(result.outcome.seconds, 2);
  EXPECT_LT(result.histograms[static_cast<size_t>(OpKind::kRead)]->Percentile(50), 5e6);
}

TEST_F(RunnerTest, TheReadRateDoesNotHoldWrites) {
  plan_.writes = 1000;
  settings_.reads_per_second = 1;
  EXPECT_LT(Run(Count).outcome.seconds, 1);
}

TEST_F(RunnerTest, TheCostBeginsWhereTheTimeBegins) {
  plan_.writes = 1;
  const RunResult result = Run(PrepareThenCount);
  EXPECT_LT(result.cost.cpu_seconds, 0.1);
}

TEST_F(RunnerTest, TheIntervalFileHasALineASecond) {
  const std::string path = ::testing::TempDir() + "/report.csv";
  {
    IntervalReporter reporter(1, path, 0);
    ASSERT_TRUE(reporter.Start().ok());
    plan_.duration_seconds = 2;
    Workload workload;
    workload.name = "count";
    workload.run = Count;
    RunWorkload(workload, plan_, {1, false, 0}, nullptr, values_, &reporter);
  }
  std::ifstream file(path);
  std::stringstream text;
  text << file.rdbuf();
  EXPECT_TRUE(text.str().starts_with("secs_elapsed,interval_qps\n1,")) << text.str();
}

TEST(WorkloadsTest, NamesAreFound) {
  for (const std::string_view name : WorkloadNames()) {
    ASSERT_NE(FindWorkload(name), nullptr);
    EXPECT_EQ(FindWorkload(name)->name, name);
  }
  EXPECT_EQ(FindWorkload("nosuch"), nullptr);
}

}  // namespace
}  // namespace treering::bench
