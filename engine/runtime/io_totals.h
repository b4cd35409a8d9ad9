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
  static constexpr int kFieldCount = 9;
  std::array<std::atomic<uint64_t>, kFieldCount> fields_{};
};

}  // namespace treering::runtime

#endif  // TREERING_ENGINE_RUNTIME_IO_TOTALS_H_
