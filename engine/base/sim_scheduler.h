// SimScheduler: real threads that pass a baton, in virtual time, in an order that a seed decides.
//
// Owner: the test that runs a simulation.
// Threads: Run is called on an ordinary thread, which waits while a new thread runs the body as the
//   first simulated thread; all other calls come from simulated threads (they hold the baton).
// Invariants:
//   1. One simulated thread runs at a time; the seed picks the next at each blocking point. It also
//      decides how often points that need not switch do.
//   2. Virtual time starts at 0 and moves only when no thread can run: to the earliest timer.
//   3. No thread can run and no timer is set: a deadlock, reported with what each thread waits for.
//      So are two states that timers hide: the first thread waits without a deadline for an hour of
//      virtual time; threads run on and on while time stands.
//   4. The same seed and the same program give the same trace hash, in one process and in two. It
//      covers each choice, each move of time and each Trace; never an address.
//   5. A simulated thread ends with the destruction of its thread-local objects, holding the baton.
#ifndef TREERING_ENGINE_BASE_SIM_SCHEDULER_H_
#define TREERING_ENGINE_BASE_SIM_SCHEDULER_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

namespace treering::base {

class SimScheduler {
 public:
  struct Report {
    bool deadlock = false;
    std::string deadlock_text;  // the kind, then a line a thread: name and what it waits for
    uint64_t trace_hash = 0;
    uint64_t switches = 0;
    uint64_t virtual_nanos = 0;
  };

  // Runs `body` as the first simulated thread and returns when it and every thread it started have
  // ended. On deadlock the process cannot unwind the stuck threads: they are left parked for ever
  // (leaked on purpose) and the report says so.
  static Report Run(uint64_t seed, std::function<void()> body);

  // The scheduler of the calling thread; null on an ordinary one.
  static SimScheduler* Current();

  uint64_t NowNanos() const;
  // A number drawn from the scheduler's seed; for drivers and fault injectors.
  uint64_t Random();
  // Runs `action` when virtual time has reached `at_nanos`, on whichever thread gives the baton
  // away then; it must not block, and other threads do not run within it.
  void At(uint64_t at_nanos, std::function<void()> action);
  // Blocks the calling thread until Notify(channel) or the deadline (UINT64_MAX: none). True when
  // notified. `what` names the wait in a deadlock report.
  bool Wait(const void* channel, uint64_t deadline_nanos, const char* what);
  // Makes every waiter (or one, picked by the seed) of `channel` able to run.
  void NotifyAll(const void* channel);
  void NotifyOne(const void* channel);
  // The seed may pick another thread.
  void Yield();
  // Adds to the trace hash: drivers call it for each I/O they carry out.
  void Trace(uint64_t value);

 private:
  friend class CondVar;
  friend class Mutex;
  friend class Thread;
  friend struct SimThreadEnd;
  struct Impl;
  explicit SimScheduler(std::unique_ptr<Impl> impl);
  ~SimScheduler();
  std::unique_ptr<Impl> impl_;
};

}  // namespace treering::base

#endif  // TREERING_ENGINE_BASE_SIM_SCHEDULER_H_
