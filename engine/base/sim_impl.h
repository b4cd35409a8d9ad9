// SimScheduler::Impl: the state of one simulation, and how the baton goes from thread to thread.
//
// Owner: the SimScheduler.
// Threads: the holder of the baton. The thread that called Run holds it until the first thread runs
//   and after the end of the last.
// Invariants:
//   1. A thread that has not ended is in exactly one place: running, in ready_, or in waiting_.
//   2. Everything is kept in the order of arrival; no order comes from an address.
//   3. While an action runs no thread may block and none is switched to.
#ifndef TREERING_ENGINE_BASE_SIM_IMPL_H_
#define TREERING_ENGINE_BASE_SIM_IMPL_H_

#include <pthread.h>

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "api/status.h"
#include "engine/base/baton.h"
#include "engine/base/prng.h"
#include "engine/base/sim_scheduler.h"

namespace treering::base {

// When, and in which order of setting.
using SimTimerKey = std::pair<uint64_t, uint64_t>;

struct SimThread {
  SimScheduler* scheduler = nullptr;
  uint64_t id = 0;  // the number of its creation: the same in every run of a seed
  std::string name;
  std::function<void()> body;
  pthread_t os_thread = {};
  bool joined = false;
  bool ended = false;
  Baton baton;

  // Of the present wait.
  const void* channel = nullptr;
  const char* what = "";
  uint64_t wait_began_nanos = 0;
  SimTimerKey timer;
  bool has_timer = false;
  bool notified = false;
};

struct SimScheduler::Impl {
 public:
  static constexpr uint64_t kNever = UINT64_MAX;

  explicit Impl(uint64_t seed);

  // --- Threads ---
  // A new thread that can run; on error there is none.
  Status StartThread(SimScheduler* scheduler, const std::string& name, std::function<void()> body,
                     SimThread** out);
  void JoinThread(SimThread* thread);
  // Gives the baton to the first thread and waits for the end of all, or for a deadlock.
  Report RunToTheEnd();

  // --- Waiting ---
  bool Wait(const void* channel, uint64_t deadline_nanos, const char* what);
  void NotifyAll(const void* channel);
  void NotifyOne(const void* channel);
  void Yield();
  void At(uint64_t at_nanos, std::function<void()> action);
  // For deadlock reports: who holds the mutex at this address.
  void NoteHeld(const void* mutex);
  void NoteReleased(const void* mutex);

  // --- Time, chance, trace ---
  uint64_t now() const { return now_; }
  uint64_t Random() { return values_.Next(); }
  // Whether the seed wants what happens once in `n` times.
  bool Chance(uint64_t n) { return choices_.OneIn(n); }
  void Trace(uint64_t value);
  bool in_action() const { return in_action_; }

 private:
  struct Timer {
    SimThread* thread = nullptr;   // either a thread's deadline
    std::function<void()> action;  // or something to do
  };
  struct HeldMutex {
    const void* mutex;
    const SimThread* holder;
  };
  friend struct SimThreadEnd;

  void ThreadMain(SimThread* thread);
  void EndThread(SimThread* thread);
  // The thread that runs next; null when none ever can, with stuck_ saying why.
  SimThread* Pick();
  bool AdvanceTime();
  void FireDue();
  SimTimerKey AddTimer(uint64_t at_nanos, Timer timer);
  // Gives the baton away and returns when it is back.
  void Switch(SimThread* self);
  void MakeReady(size_t waiting_index, bool notified);
  void Finish();
  std::string DescribeWait(const SimThread& thread) const;

  Prng choices_;  // decides the order of threads
  Prng values_;   // drawn by Random, so that drivers' draws do not move the choices
  uint64_t switch_one_in_ = 1;
  uint64_t now_ = 0;
  uint64_t steps_since_time_moved_ = 0;
  uint64_t timer_count_ = 0;
  bool in_action_ = false;
  std::vector<std::unique_ptr<SimThread>> threads_;  // by id
  uint64_t ended_count_ = 0;
  std::vector<SimThread*> ready_;
  std::vector<SimThread*> waiting_;
  std::map<SimTimerKey, Timer> timers_;
  std::vector<HeldMutex> held_;
  const char* stuck_ = nullptr;
  Report report_;
  Baton finished_;  // taken by the thread that called Run
};

}  // namespace treering::base

#endif  // TREERING_ENGINE_BASE_SIM_IMPL_H_
