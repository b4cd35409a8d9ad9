// UntilMemory: takes a step that cannot be left out (what it belongs to is durable, or promised
// already) although the heap refuses memory: again and again, for a while.
//
// Owner: nobody.
// Threads: blocks the caller.
// Invariants:
//   1. A step that threw has changed nothing, or can be taken once more all the same.
#ifndef TREERING_ENGINE_BASE_HEAP_WAIT_H_
#define TREERING_ENGINE_BASE_HEAP_WAIT_H_

#include <new>

#include "api/status.h"
#include "engine/base/contain.h"
#include "engine/base/memory_wait.h"

namespace treering::base {

// OK once `step` (which returns nothing) has ended; else why it could not within ten seconds.
template <typename Step>
Status UntilMemory(Step&& step) noexcept {
  MemoryWait wait(10'000'000'000);
  Status status = Contain([&] { step(); });
  while (status.IsOutOfMemory() && wait.Pause() > 0) status = Contain([&] { step(); });
  return status;
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
