// UntilMemory: takes a step that cannot be left out (what it belongs to is durable, or promised
// already) although the heap refuses memory: again and again, for a while.
//
// Owner: nobody.
// Threads: blocks the caller.
// Invariants:
//   1. A step that threw has changed nothing, or can be taken once more all the same.
#ifndef TREERING_ENGINE_BASE_HEAP_WAIT_H_
#define TREERING_ENGINE_BASE_HEAP_WAIT_H_

#include <algorithm>
#include <cstdint>
#include <new>
#include <utility>

#include "api/status.h"
#include "engine/base/contain.h"
#include "engine/base/thread.h"

namespace treering::base {

// OK once `step` (which returns nothing) has ended; else why it could not within ten seconds.
template <typename Step>
Status UntilMemory(Step&& step) noexcept {
  constexpr uint64_t kWaitNanosMax = 10'000'000'000;
  constexpr uint64_t kPauseNanosMax = 100'000'000;
  uint64_t pause = 1'000'000;
  for (uint64_t waited = 0;; waited += pause, pause = std::min(2 * pause, kPauseNanosMax)) {
    const Status status = Contain([&] {
      step();
      return Status::Ok();
    });
    if (!status.IsOutOfMemory() || waited >= kWaitNanosMax) return status;
    SleepNanos(pause);
  }
}

// The same of a step that answers a Status: while that is OutOfMemory, it is taken again.
template <typename Step>
Status UntilMemoryOrError(Step&& step) noexcept {
  Status outcome;
  const Status waited = UntilMemory([&] {
    outcome = step();
    if (outcome.IsOutOfMemory()) throw std::bad_alloc();
  });
  if (waited.ok() || outcome.IsOutOfMemory()) return outcome;
  return waited;
}

}  // namespace treering::base

#endif  // TREERING_ENGINE_BASE_HEAP_WAIT_H_
