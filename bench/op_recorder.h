// OpRecorder: what one thread did, counted without touching what another thread counts in.
//
// Owner: one a worker; read when the workers are done, except `published`.
// Threads: its worker; `published` may be read by any.
// Invariants:
//   1. Without histograms an operation costs no clock reading.
//   2. With them an operation's latency runs from the end of the one before, so nothing is left
//      out but the sleeps that keep to a rate.
//   3. What happens before the last Start and after the first Stop is measured nowhere: neither in
//      time nor in cost.
#ifndef TREERING_BENCH_OP_RECORDER_H_
#define TREERING_BENCH_OP_RECORDER_H_

#include <array>
#include <atomic>
#include <cstdint>
#include <memory>

#include "bench/process_cost.h"
#include "engine/base/clock.h"
#include "engine/base/histogram.h"

namespace treering::bench {

enum class OpKind : uint8_t { kWrite, kRead, kSeek, kDelete, kOther };
inline constexpr size_t kOpKindCount = 5;
inline constexpr const char* kOpKindWords[kOpKindCount] = {"write", "read", "seek", "delete", "op"};

class alignas(128) OpRecorder {
 public:
  // `report_every` 0: no reports on the way.
  OpRecorder(int thread_index, bool with_histograms, uint64_t report_every)
      : thread_index_(thread_index),
        with_histograms_(with_histograms),
        report_every_(report_every),
        next_report_(report_every == 0 ? UINT64_MAX : report_every) {}

  // From then on Finished sleeps while reads and seeks are ahead of this rate.
  void LimitReads(double reads_per_second) { reads_per_second_ = reads_per_second; }
  bool limits_reads() const { return reads_per_second_ != 0; }

  // The last call counts, so that a loop may prepare something before its time begins.
  void Start();
  // The first call counts, so that a loop may end its time before it tidies up.
  void Stop();
  // What passed since the last operation belongs to none: the loop slept.
  void SkipTime() {
    if (with_histograms_) last_nanos_ = base::SystemClock()->NowNanos();
  }

  // One call that did `count` operations.
  void Finished(uint64_t count, OpKind kind) {
    done_ += count;
    published_.store(done_, std::memory_order_relaxed);
    if (with_histograms_) AddLatency(kind);
    if (done_ >= next_report_) Report();
    if (limits_reads() && (kind == OpKind::kRead || kind == OpKind::kSeek)) {
      PaceReads(count);
    }
  }
  void AddBytes(uint64_t bytes) { bytes_ += bytes; }
  // One write call, whose entries went into the database, for its totals.
  void AddWritten(uint64_t entries, uint64_t bytes) {
    ++write_calls_;
    entries_written_ += entries;
    bytes_written_ += bytes;
  }
  void AddLookups(uint64_t found, uint64_t asked) {
    found_ += found;
    asked_ += asked;
  }

  uint64_t done() const { return done_; }
  uint64_t bytes() const { return bytes_; }
  uint64_t write_calls() const { return write_calls_; }
  uint64_t entries_written() const { return entries_written_; }
  uint64_t bytes_written() const { return bytes_written_; }
  uint64_t found() const { return found_; }
  uint64_t asked() const { return asked_; }
  uint64_t start_nanos() const { return start_nanos_; }
  uint64_t stop_nanos() const { return stop_nanos_; }
  // Of the whole process, when this one started and stopped.
  const ProcessCost& start_cost() const { return start_cost_; }
  const ProcessCost& stop_cost() const { return stop_cost_; }
  uint64_t published() const { return published_.load(std::memory_order_relaxed); }
  // Null where no such operation was timed.
  const base::Histogram* histogram(OpKind kind) const {
    return histograms_[static_cast<size_t>(kind)].get();
  }

 private:
  void AddLatency(OpKind kind);
  void PaceReads(uint64_t count);
  void Report();  // to stderr, RocksDB's line

  const int thread_index_;
  const bool with_histograms_;
  const uint64_t report_every_;
  uint64_t next_report_;
  uint64_t done_ = 0;
  uint64_t bytes_ = 0;
  uint64_t write_calls_ = 0;
  uint64_t entries_written_ = 0;
  uint64_t bytes_written_ = 0;
  uint64_t found_ = 0;
  uint64_t asked_ = 0;
  uint64_t start_nanos_ = 0;
  uint64_t stop_nanos_ = 0;
  uint64_t last_nanos_ = 0;
  ProcessCost start_cost_;
  ProcessCost stop_cost_;
  double reads_per_second_ = 0;  // 0: no limit
  uint64_t reads_paced_ = 0;
  uint64_t report_nanos_ = 0;
  uint64_t report_done_ = 0;
  std::atomic<uint64_t> published_{0};
  std::array<std::unique_ptr<base::Histogram>, kOpKindCount> histograms_;
};

}  // namespace treering::bench

#endif  // TREERING_BENCH_OP_RECORDER_H_
