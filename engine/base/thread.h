// Thread, Mutex, CondVar, FutexWord, SchedPoint: the seam through which all concurrency comes in.
//
// Owner: whoever declares them; a Thread is joined before it is destroyed.
// Threads: as each says.
// Invariants:
//   1. On an ordinary thread each is the standard thing at the standard cost, plus one read of a
//      thread-local pointer.
//   2. On a simulated thread (base/sim_scheduler.h) one thread runs at a time; every call here that
//      can block, and SchedPoint, is a point where the seed picks the next thread.
//   3. A Thread started by a simulated thread is simulated by the same scheduler.
//   4. Every loop that spins or retries calls SchedPoint.
//   5. One object is used either by simulated threads of one scheduler or by ordinary threads.
#ifndef TREERING_ENGINE_BASE_THREAD_H_
#define TREERING_ENGINE_BASE_THREAD_H_

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string>

#include "api/status.h"

namespace treering::base {

struct SimThread;

namespace internal {
// The simulated thread that runs this code; null on an ordinary thread.
extern constinit thread_local SimThread* sim_thread;

void SchedPointSimulated();
}  // namespace internal

class Thread {
 public:
  Thread();
  ~Thread();  // CHECKs that it was joined
  Thread(Thread&&) noexcept;
  Thread& operator=(Thread&&) noexcept;

  // `name` is at most 15 bytes, shown by debuggers. OutOfMemory where the system has no thread
  // left.
  static Status Start(const std::string& name, std::function<void()> body, Thread* out);
  void Join();
  bool joinable() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

// The number of cores this process may run on, at least 1. Fixed (2) in simulation.
uint32_t CoreCount();

class Mutex {
 public:
  Mutex() = default;
  Mutex(const Mutex&) = delete;
  Mutex& operator=(const Mutex&) = delete;

  void Lock() {
    if (internal::sim_thread != nullptr) [[unlikely]]
      return LockSimulated();
    mutex_.lock();
  }
  void Unlock() {
    if (internal::sim_thread != nullptr) [[unlikely]]
      return UnlockSimulated();
    mutex_.unlock();
  }
  bool TryLock() {
    if (internal::sim_thread != nullptr) [[unlikely]]
      return TryLockSimulated();
    return mutex_.try_lock();
  }
  // Lower case, so that std::unique_lock and friends work.
  void lock() { Lock(); }
  void unlock() { Unlock(); }
  bool try_lock() { return TryLock(); }

 private:
  friend class CondVar;
  void LockSimulated();
  void UnlockSimulated();
  bool TryLockSimulated();
  void ReleaseSimulated();  // without a point where the seed picks

  std::mutex mutex_;
};

class MutexLock {
 public:
  explicit MutexLock(Mutex* mutex) : mutex_(mutex) { mutex_->Lock(); }
  ~MutexLock() { mutex_->Unlock(); }
  MutexLock(const MutexLock&) = delete;
  MutexLock& operator=(const MutexLock&) = delete;

 private:
  Mutex* const mutex_;
};

class CondVar {
 public:
  // The caller holds `mutex`. May wake without cause: loop on the condition.
  void Wait(Mutex* mutex);
  // False when `timeout_nanos` passed first.
  bool WaitFor(Mutex* mutex, uint64_t timeout_nanos);
  void NotifyOne();
  void NotifyAll();

 private:
  std::condition_variable cv_;
};

// A 31-bit word that threads wait on without a mutex: one futex call to wait, one to wake all, none
// where nobody sleeps.
class FutexWord {
 public:
  static constexpr uint32_t kValueMax = (1u << 31) - 1;

  explicit FutexWord(uint32_t value = 0) : word_(value) {}
  uint32_t Load() const { return word_.load(std::memory_order_acquire) & kValueMax; }
  // Returns what the word was seen to be, other than `value`; spins briefly first.
  uint32_t WaitWhile(uint32_t value);
  // Stores and wakes every waiter. After the store the word may be gone: the waiter owns it.
  void StoreAndWakeAll(uint32_t value);

 private:
  static constexpr uint32_t kSleepersBit = 1u << 31;

  uint32_t WaitWhileSimulated(uint32_t value);

  std::atomic<uint32_t> word_;
};

// Empty on ordinary threads; on simulated ones the seed may pick another thread here.
inline void SchedPoint() {
  if (internal::sim_thread != nullptr) [[unlikely]]
    internal::SchedPointSimulated();
}

// Gives the core away inside a loop that spins until another thread has done something. In
// simulation a microsecond of virtual time passes, so that the other may wait for a timer.
void SpinPause();

// Sleeps for a bounded time; virtual time in simulation.
void SleepNanos(uint64_t nanos);

}  // namespace treering::base

#endif  // TREERING_ENGINE_BASE_THREAD_H_
