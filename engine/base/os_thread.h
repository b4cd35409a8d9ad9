// The system calls under threads: start one, wait on a word, wake who waits on it.
//
// Owner: engine/base alone; all others use base/thread.h.
// Threads: any.
// Invariants:
//   1. FutexWait may return without cause; its caller looks at the word again.
//   2. FutexWake uses the address only: the word may be gone by then, a stray wake does no harm.
#ifndef TREERING_ENGINE_BASE_OS_THREAD_H_
#define TREERING_ENGINE_BASE_OS_THREAD_H_

#include <pthread.h>

#include <atomic>
#include <cstdint>
#include <functional>
#include <string>

#include "api/status.h"

namespace treering::base {

// The caller joins or detaches *out.
Status StartOsThread(const std::string& name, std::function<void()> body, pthread_t* out);

// Sleeps while *word is `value`.
void FutexWait(const std::atomic<uint32_t>* word, uint32_t value);
void FutexWake(const std::atomic<uint32_t>* word, int waiters_max);

}  // namespace treering::base

#endif  // TREERING_ENGINE_BASE_OS_THREAD_H_
