// MemoryWait: the patience of a step that memory was refused to, since others hold it for a while.
//
// Owner: the step.
// Threads: one.
// Invariants:
//   1. Pauses grow from one to ten milliseconds, and add up to the patience given, within one
//      pause.
#ifndef TREERING_ENGINE_BASE_MEMORY_WAIT_H_
#define TREERING_ENGINE_BASE_MEMORY_WAIT_H_

#include <algorithm>
#include <cstdint>

#include "engine/base/thread.h"

namespace treering::base {

class MemoryWait {
 public:
  explicit MemoryWait(uint64_t nanos_max) : left_(nanos_max) {}

  // Sleeps before the next try. How long, in nanoseconds; 0 at once when patience is at its end.
  uint64_t Pause() {
    if (left_ == 0) return 0;
    const uint64_t slept = next_;
    SleepNanos(slept);
    left_ -= std::min(left_, slept);
    next_ = std::min(2 * next_, kPauseNanosMax);
    return slept;
  }

 private:
  static constexpr uint64_t kPauseNanosMax = 10'000'000;

  uint64_t left_;
  uint64_t next_ = 1'000'000;
};

}  // namespace treering::base

#endif  // TREERING_ENGINE_BASE_MEMORY_WAIT_H_
