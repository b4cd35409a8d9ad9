#include "bench/worker.h"

#include "bench/pace.h"

namespace treering::bench {
namespace {

// Calls between two looks at the clock; few enough for calls of a millisecond.
constexpr uint64_t kCallsPerCheck = 64;

}  // namespace

void WorkShared::Fail(const std::string& what, const Status& status) {
  base::MutexLock lock(&mutex_);
  if (error_.empty()) error_ = what + ": " + status.ToString();
  stop_.store(true, std::memory_order_relaxed);
}

Worker::Worker(int index, uint64_t seed, const WorkPlan& plan, DB* db, const ValueBytes& values,
               WorkShared* shared, bool with_histograms, uint64_t report_every)
    : index_(index),
      plan_(plan),
      db_(db),
      random_(seed),
      values_(values, plan.value_size),
      shared_(shared),
      recorder_(index, with_histograms, report_every) {}

bool Worker::TimeIsLeft() {
  // A call that sleeps may take long.
  const bool is_paced = plan_.write_bytes_per_second != 0 || recorder_.limits_reads();
  if (calls_++ % kCallsPerCheck != 0 && !is_paced) return true;
  const uint64_t elapsed = base::SystemClock()->NowNanos() - recorder_.start_nanos();
  return elapsed < plan_.duration_seconds * 1'000'000'000;
}

void Worker::Pace(uint64_t bytes_written) {
  if (plan_.write_bytes_per_second == 0) return;
  paced_bytes_ += bytes_written;
  const double share = static_cast<double>(plan_.write_bytes_per_second) / plan_.threads;
  const uint64_t elapsed = base::SystemClock()->NowNanos() - recorder_.start_nanos();
  const uint64_t nanos = NanosAhead(paced_bytes_, share, elapsed);
  if (nanos == 0) return;
  base::SleepNanos(nanos);
  recorder_.SkipTime();
}

}  // namespace treering::bench
