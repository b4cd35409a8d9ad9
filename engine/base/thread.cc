#include "engine/base/thread.h"

#include <sched.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <climits>
#include <ctime>
#include <utility>

#include "engine/base/check.h"
#include "engine/base/os_thread.h"
#include "engine/base/sim_impl.h"
#include "engine/base/sim_scheduler.h"

namespace treering::base {
namespace {

constexpr uint64_t kNever = UINT64_MAX;
constexpr uint32_t kSimulatedCoreCount = 2;
// About a microsecond: less than a sleep and a wake cost.
constexpr int kSpinsBeforeSleep = 50;
// Longer than any machine is up; sums with the present time cannot wrap.
constexpr uint64_t kTimeoutNanosMax = 1ull << 61;
constexpr uint64_t kSimulatedSpinNanos = 1000;
// A simulated wait may wake without cause once in so many times: conditions must be in loops.
constexpr uint64_t kSpuriousOneIn = 64;

void CpuPause() {
#if defined(__x86_64__) || defined(__i386__)
  __builtin_ia32_pause();
#endif
}

uint64_t DeadlineAfter(uint64_t now_nanos, uint64_t timeout_nanos) {
  return now_nanos + (timeout_nanos < kTimeoutNanosMax ? timeout_nanos : kTimeoutNanosMax);
}

// Of a simulated thread: nobody notifies it, so it takes the whole time.
void SleepSimulated(uint64_t nanos) {
  SimScheduler* const scheduler = SimScheduler::Current();
  const char channel = 0;  // an address that nobody else knows
  scheduler->Wait(&channel, DeadlineAfter(scheduler->NowNanos(), nanos), "time to pass");
}

}  // namespace

// --- Thread ---

struct Thread::State {
  pthread_t os_thread = {};
  SimThread* simulated = nullptr;  // null: an ordinary thread
};

Thread::Thread() = default;
Thread::~Thread() { TREERING_CHECK(!joinable()); }
Thread::Thread(Thread&&) noexcept = default;
Thread& Thread::operator=(Thread&& other) noexcept {
  TREERING_CHECK(!joinable());
  state_ = std::move(other.state_);
  return *this;
}

Status Thread::Start(const std::string& name, std::function<void()> body, Thread* out) {
  TREERING_CHECK(!out->joinable());
  auto state = std::make_unique<State>();
  Status status;
  SimScheduler* const scheduler = SimScheduler::Current();
  if (scheduler != nullptr) {
    status = scheduler->impl_->StartThread(scheduler, name, std::move(body), &state->simulated);
  } else {
    status = StartOsThread(name, std::move(body), &state->os_thread);
  }
  if (!status.ok()) return status;
  out->state_ = std::move(state);
  SchedPoint();
  return status;
}

void Thread::Join() {
  TREERING_CHECK(joinable());
  if (state_->simulated != nullptr) {
    TREERING_CHECK(SimScheduler::Current() == state_->simulated->scheduler);
    SimScheduler::Current()->impl_->JoinThread(state_->simulated);
  } else {
    TREERING_CHECK(pthread_join(state_->os_thread, nullptr) == 0);
  }
  state_.reset();
}

bool Thread::joinable() const { return state_ != nullptr; }

uint32_t CoreCount() {
  if (SimScheduler::Current() != nullptr) return kSimulatedCoreCount;
  cpu_set_t allowed;
  CPU_ZERO(&allowed);
  if (sched_getaffinity(0, sizeof allowed, &allowed) == 0 && CPU_COUNT(&allowed) > 0) {
    return static_cast<uint32_t>(CPU_COUNT(&allowed));
  }
  const long online = sysconf(_SC_NPROCESSORS_ONLN);  // more cores than the set can name
  return online > 0 ? static_cast<uint32_t>(online) : 1;
}

// --- Mutex ---

void Mutex::LockSimulated() {
  SimScheduler::Impl* const impl = SimScheduler::Current()->impl_.get();
  impl->Yield();
  while (!mutex_.try_lock()) impl->Wait(this, kNever, "a mutex");
  impl->NoteHeld(this);
}

bool Mutex::TryLockSimulated() {
  SimScheduler::Impl* const impl = SimScheduler::Current()->impl_.get();
  impl->Yield();
  if (!mutex_.try_lock()) return false;
  impl->NoteHeld(this);
  return true;
}

void Mutex::ReleaseSimulated() {
  SimScheduler::Impl* const impl = SimScheduler::Current()->impl_.get();
  mutex_.unlock();
  impl->NoteReleased(this);
  impl->NotifyOne(this);
}

void Mutex::UnlockSimulated() {
  ReleaseSimulated();
  // Another thread may run before the next step of this one, and even end the mutex's life.
  internal::SchedPointSimulated();
}

// --- CondVar ---

void CondVar::Wait(Mutex* mutex) {
  if (internal::sim_thread != nullptr) [[unlikely]] {
    (void)WaitFor(mutex, UINT64_MAX);
    return;
  }
  std::unique_lock<std::mutex> lock(mutex->mutex_, std::adopt_lock);
  cv_.wait(lock);
  lock.release();
}

bool CondVar::WaitFor(Mutex* mutex, uint64_t timeout_nanos) {
  if (internal::sim_thread != nullptr) [[unlikely]] {
    SimScheduler::Impl* const impl = SimScheduler::Current()->impl_.get();
    mutex->ReleaseSimulated();
    bool notified = true;
    if (impl->Chance(kSpuriousOneIn)) {
      impl->Yield();
    } else {
      const uint64_t deadline =
          timeout_nanos == UINT64_MAX ? kNever : DeadlineAfter(impl->now(), timeout_nanos);
      notified = impl->Wait(this, deadline, "a condition");
    }
    mutex->Lock();
    return notified;
  }
  std::unique_lock<std::mutex> lock(mutex->mutex_, std::adopt_lock);
  const auto timeout = std::chrono::nanoseconds(DeadlineAfter(0, timeout_nanos));
  const bool in_time = cv_.wait_for(lock, timeout) == std::cv_status::no_timeout;
  lock.release();
  return in_time;
}

void CondVar::NotifyOne() {
  if (internal::sim_thread != nullptr) [[unlikely]] {
    return SimScheduler::Current()->NotifyOne(this);
  }
  cv_.notify_one();
}

void CondVar::NotifyAll() {
  if (internal::sim_thread != nullptr) [[unlikely]] {
    return SimScheduler::Current()->NotifyAll(this);
  }
  cv_.notify_all();
}

// --- FutexWord ---

uint32_t FutexWord::WaitWhileSimulated(uint32_t value) {
  SchedPoint();
  while (Load() == value) {
    SimScheduler::Current()->Wait(this, kNever, "a futex word");
  }
  return Load();
}

uint32_t FutexWord::WaitWhile(uint32_t value) {
  if (internal::sim_thread != nullptr) [[unlikely]]
    return WaitWhileSimulated(value);
  for (int i = 0; i < kSpinsBeforeSleep; ++i) {
    const uint32_t seen = Load();
    if (seen != value) return seen;
    CpuPause();
  }
  while (true) {
    uint32_t word = word_.load(std::memory_order_acquire);
    if ((word & kValueMax) != value) return word & kValueMax;
    // The bit asks for a wake; it goes with the value that it was set on.
    if ((word & kSleepersBit) == 0 && !word_.compare_exchange_weak(word, word | kSleepersBit)) {
      continue;
    }
    FutexWait(&word_, value | kSleepersBit);
  }
}

void FutexWord::StoreAndWakeAll(uint32_t value) {
  TREERING_DCHECK(value <= kValueMax);
  if (internal::sim_thread != nullptr) [[unlikely]] {
    SimScheduler* const scheduler = SimScheduler::Current();
    scheduler->Yield();
    word_.store(value, std::memory_order_seq_cst);
    scheduler->NotifyAll(this);
    return;
  }
  const uint32_t before = word_.exchange(value);
  if ((before & kSleepersBit) != 0) FutexWake(&word_, INT_MAX);
}

// --- Pauses ---

void internal::SchedPointSimulated() { SimScheduler::Current()->Yield(); }

void SpinPause() {
  if (internal::sim_thread != nullptr) [[unlikely]]
    return SleepSimulated(kSimulatedSpinNanos);
  CpuPause();
  sched_yield();
}

void SleepNanos(uint64_t nanos) {
  if (internal::sim_thread != nullptr) [[unlikely]]
    return SleepSimulated(nanos);
  timespec left;
  left.tv_sec = static_cast<time_t>(nanos / 1'000'000'000);
  left.tv_nsec = static_cast<long>(nanos % 1'000'000'000);
  while (nanosleep(&left, &left) != 0 && errno == EINTR) {
  }
}

}  // namespace treering::base
