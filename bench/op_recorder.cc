#include "bench/op_recorder.h"

#include <cstdio>

#include "bench/pace.h"
#include "engine/base/thread.h"

namespace treering::bench {

void OpRecorder::Start() {
  start_cost_ = CostSoFar();  // before the time, which is not to hold its reading
  start_nanos_ = last_nanos_ = report_nanos_ = base::SystemClock()->NowNanos();
}

void OpRecorder::Stop() {
  if (stop_nanos_ != 0) return;
  stop_nanos_ = base::SystemClock()->NowNanos();
  stop_cost_ = CostSoFar();
}

void OpRecorder::PaceReads(uint64_t count) {
  reads_paced_ += count;
  const uint64_t elapsed = base::SystemClock()->NowNanos() - start_nanos_;
  const uint64_t nanos = NanosAhead(reads_paced_, reads_per_second_, elapsed);
  if (nanos == 0) return;
  base::SleepNanos(nanos);
  SkipTime();
}

void OpRecorder::AddLatency(OpKind kind) {
  const uint64_t now = base::SystemClock()->NowNanos();
  std::unique_ptr<base::Histogram>& histogram = histograms_[static_cast<size_t>(kind)];
  if (histogram == nullptr) histogram = std::make_unique<base::Histogram>();
  histogram->Add(now - last_nanos_);
  last_nanos_ = now;
}

void OpRecorder::Report() {
  const uint64_t now = base::SystemClock()->NowNanos();
  const double interval = static_cast<double>(now - report_nanos_ + 1) / 1e9;
  const double total = static_cast<double>(now - start_nanos_ + 1) / 1e9;
  std::fprintf(
      stderr, "... thread %d: (%llu,%llu) ops and (%.1f,%.1f) ops/second in (%.6f,%.6f) seconds\n",
      thread_index_, static_cast<unsigned long long>(done_ - report_done_),
      static_cast<unsigned long long>(done_), static_cast<double>(done_ - report_done_) / interval,
      static_cast<double>(done_) / total, interval, total);
  report_nanos_ = now;
  report_done_ = done_;
  next_report_ = done_ + report_every_;
}

}  // namespace treering::bench
