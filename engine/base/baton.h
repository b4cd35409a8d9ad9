// Baton: what a simulated thread waits for before it may run.
//
// Owner: one for each thread that takes it.
// Threads: Take by the owner, Give by whoever runs.
// Invariants:
//   1. Each Give lets one Take return; all that was done before the Give is seen behind the Take.
#ifndef TREERING_ENGINE_BASE_BATON_H_
#define TREERING_ENGINE_BASE_BATON_H_

#include <atomic>
#include <cstdint>

#include "engine/base/os_thread.h"

namespace treering::base {

class Baton {
 public:
  void Take() {
    while (word_.exchange(0, std::memory_order_acquire) == 0) FutexWait(&word_, 0);
  }
  void Give() {
    word_.store(1, std::memory_order_release);
    FutexWake(&word_, 1);
  }

 private:
  std::atomic<uint32_t> word_{0};
};

}  // namespace treering::base

#endif  // TREERING_ENGINE_BASE_BATON_H_
