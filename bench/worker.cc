#include "bench/worker.h"

namespace treering::bench {
namespace {

// Calls between two looks at the clock; few enough for calls of a millisecond.
constexpr uint64_t kCallsPerCheck = 64;
// Ahead of the rate by less than this no thread sleeps: a sleep is not precise.
constexpr uint64_t kPaceNanos = 1'000'000;

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
  if (calls_++ % kCallsPerCheck != 0) return true;
  const uint64_t elapsed = base::SystemClock()->NowNanos() - recorder_.start_nanos();
  return elapsed < plan_.duration_seconds * 1'000'000'000;
}

void Worker::Pace(uint64_t bytes_written) {
  if (plan_.write_bytes_per_second == 0) return;
  paced_bytes_ += bytes_written;
  const double due = static_cast<double>(paced_bytes_) * 1e9 * plan_.threads /
                     static_cast<double>(plan_.write_bytes_per_second);
  const double elapsed =
      static_cast<double>(base::SystemClock()->NowNanos() - recorder_.start_nanos());
  if (due > elapsed + static_cast<double>(kPaceNanos)) {
    base::SleepNanos(static_cast<uint64_t>(due - elapsed));
  }
}

}  // namespace treering::bench
