// Worker: what one thread of a benchmark has in its hands, and the plan it follows.
//
// Owner: the runner, one a thread.
// Threads: its own; WorkShared from all workers at once.
// Invariants:
//   1. Take hands out exactly the planned number of operations, or as many as fit the duration.
//   2. The first error stops all workers and is the run's result.
#ifndef TREERING_BENCH_WORKER_H_
#define TREERING_BENCH_WORKER_H_

#include <atomic>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "api/db.h"
#include "bench/generators.h"
#include "bench/op_recorder.h"
#include "engine/base/prng.h"
#include "engine/base/thread.h"

namespace treering::bench {

// What a benchmark's name makes of the flags.
struct WorkPlan {
  uint64_t num = 0;  // keys are drawn from [0, num)
  uint64_t reads = 0;
  uint64_t writes = 0;
  uint64_t deletes = 0;
  uint64_t key_size = 0;
  uint64_t value_size = 0;
  uint64_t batch_size = 1;
  uint64_t duration_seconds = 0;
  uint64_t seek_nexts = 0;
  uint64_t read_percent = 0;
  uint64_t write_bytes_per_second = 0;  // 0: no limit
  bool reverse_iterator = false;
  int threads = 1;  // background writer not counted
  WriteOptions write;
  std::string db_path;
  const Options* options = nullptr;  // the session's
  std::function<Status()> reopen;    // closes the session's database and opens it again
  std::optional<uint64_t> repeats;   // --reads, where it was given
};

class WorkShared {
 public:
  bool stopped() const { return stop_.load(std::memory_order_relaxed); }
  void Fail(const std::string& what, const Status& status);
  const std::string& error() const { return error_; }  // when all have ended

  std::atomic<int> foreground_left{0};

 private:
  base::Mutex mutex_;
  std::string error_;
  std::atomic<bool> stop_{false};
};

class Worker {
 public:
  Worker(int index, uint64_t seed, const WorkPlan& plan, DB* db, const ValueBytes& values,
         WorkShared* shared, bool with_histograms, uint64_t report_every);

  // How many operations to do next, at most `want`; 0 ends the loop. `planned` holds without a
  // duration.
  uint64_t Take(uint64_t want, uint64_t planned) {
    if (shared_->stopped()) return 0;
    if (plan_.duration_seconds != 0) return TimeIsLeft() ? want : 0;
    const uint64_t count = std::min(want, planned - std::min(planned, taken_));
    taken_ += count;
    return count;
  }
  // Sleeps while more than the share of the plan's rate limit has been written.
  void Pace(uint64_t bytes_written);
  // False, after telling all others, when `status` is an error.
  bool Good(const char* what, const Status& status) {
    if (status.ok()) [[likely]]
      return true;
    shared_->Fail(what, status);
    return false;
  }

  int index() const { return index_; }
  const WorkPlan& plan() const { return plan_; }
  DB& db() { return *db_; }
  base::Prng& random() { return random_; }
  ValueSource& values() { return values_; }
  OpRecorder& recorder() { return recorder_; }
  const OpRecorder& recorder() const { return recorder_; }
  WorkShared& shared() { return *shared_; }

 private:
  bool TimeIsLeft();

  const int index_;
  const WorkPlan& plan_;
  DB* const db_;
  base::Prng random_;
  ValueSource values_;
  WorkShared* const shared_;
  OpRecorder recorder_;
  uint64_t taken_ = 0;
  uint64_t calls_ = 0;
  uint64_t paced_bytes_ = 0;
};

}  // namespace treering::bench

#endif  // TREERING_BENCH_WORKER_H_
