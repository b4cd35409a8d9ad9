// IoTotals: what all queues of a Runtime have done together.
//
// Owner: the Runtime.
// Threads: any; each queue's figures are added by the thread that uses it.
// Invariants:
//   1. Every request is counted once: callers add the difference since they last did.
#ifndef TREERING_ENGINE_RUNTIME_IO_TOTALS_H_
#define TREERING_ENGINE_RUNTIME_IO_TOTALS_H_

#include <array>
#include <atomic>
#include <cstdint>

#include "engine/io/queue.h"

namespace treering::runtime {

class IoTotals {
 public:
  // Adds now - *last and sets *last = now.
  void Add(const io::QueueStats& now, io::QueueStats* last);
  io::QueueStats Read() const;

 private:
  using Field = uint64_t io::QueueStats::*;
  static constexpr std::array<Field, 12> kFields = {
      &io::QueueStats::requests,         &io::QueueStats::bytes_read,
      &io::QueueStats::bytes_written,    &io::QueueStats::syncs,
      &io::QueueStats::kernel_enters,    &io::QueueStats::registered_ops,
      &io::QueueStats::unregistered_ops, &io::QueueStats::resubmits,
      &io::QueueStats::depth_sum,        &io::QueueStats::reads,
      &io::QueueStats::read_depth_sum,   &io::QueueStats::read_depth_bytes_sum,
  };

  std::array<std::atomic<uint64_t>, kFields.size()> sums_{};
  std::atomic<const char*> broken_cause_{nullptr};  // of the first queue that broke
};

}  // namespace treering::runtime

#endif  // TREERING_ENGINE_RUNTIME_IO_TOTALS_H_
