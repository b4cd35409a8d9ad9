#include "engine/base/sim_impl.h"

#include <iterator>

#include "engine/base/check.h"
#include "engine/base/sim_inside.h"
#include "engine/base/thread.h"

namespace treering::base {
namespace {

// Threads that take this many steps while time stands are spinning on one another.
constexpr uint64_t kStepsWithoutTimeMax = 1ull << 24;
// Far beyond any pause of the engine; background threads with timers would run on for ever.
constexpr uint64_t kFirstThreadWaitNanosMax = 3600ull * 1'000'000'000;

// Some bugs need a switch at every point, some need long undisturbed runs: seeds differ in it.
constexpr uint64_t kSwitchOneIn[] = {1, 1, 2, 4, 16};

}  // namespace

namespace internal {
constinit thread_local SimThread* sim_thread = nullptr;
}  // namespace internal

// The first thread-local object of a simulated thread, and so the last to be destroyed: the thread
// keeps the baton until all others are gone.
struct SimThreadEnd {
  SimThread* thread = nullptr;
  ~SimThreadEnd() {
    if (thread != nullptr) thread->scheduler->impl_->EndThread(thread);
  }
};

namespace {
thread_local SimThreadEnd sim_thread_end;
}  // namespace

SimScheduler::Impl::Impl(uint64_t seed) : choices_(seed), values_(~seed) {
  switch_one_in_ = kSwitchOneIn[choices_.Uniform(std::size(kSwitchOneIn))];
}

void SimScheduler::Impl::Trace(uint64_t value) {
  // Cheap, and order counts; the last step makes even zeros count.
  report_.trace_hash = (report_.trace_hash ^ value) * 0x9e3779b97f4a7c15ull;
  report_.trace_hash ^= report_.trace_hash >> 29;
  ++report_.trace_hash;
}

// --- Threads ---

Status SimScheduler::Impl::StartThread(SimScheduler* scheduler, const std::string& name,
                                       std::function<void()> body, SimThread** out) {
  const SimInside inside;
  TREERING_CHECK(!in_action_);
  auto owned = std::make_unique<SimThread>();
  SimThread* const thread = owned.get();
  thread->scheduler = scheduler;
  thread->id = threads_.size();
  thread->name = name;
  thread->body = std::move(body);
  Status status = StartOsThread(
      name, [this, thread] { ThreadMain(thread); }, &thread->os_thread);
  if (!status.ok()) return status;
  threads_.push_back(std::move(owned));
  ready_.push_back(thread);
  *out = thread;
  return status;
}

void SimScheduler::Impl::ThreadMain(SimThread* thread) {
  sim_thread_end.thread = thread;
  internal::sim_thread = thread;
  thread->baton.Take();
  thread->body();
  thread->body = nullptr;  // what it holds ends here, in turn
}

void SimScheduler::Impl::EndThread(SimThread* thread) {
  const SimInside inside;
  thread->ended = true;
  ++ended_count_;
  NotifyAll(thread);
  SimThread* const next = Pick();
  internal::sim_thread = nullptr;
  if (next == nullptr) return Finish();
  ++report_.switches;
  next->baton.Give();
}

void SimScheduler::Impl::JoinThread(SimThread* thread) {
  const SimInside inside;
  while (!thread->ended) Wait(thread, kNever, "a thread to end");
  pthread_join(thread->os_thread, nullptr);
  thread->joined = true;
}

SimScheduler::Report SimScheduler::Impl::RunToTheEnd() {
  Pick()->baton.Give();
  finished_.Take();
  for (const auto& thread : threads_) {
    if (thread->joined) continue;
    if (report_.deadlock) {
      pthread_detach(thread->os_thread);
    } else {
      pthread_join(thread->os_thread, nullptr);
    }
  }
  return report_;
}

void SimScheduler::Impl::Finish() {
  report_.virtual_nanos = now_;
  report_.deadlock = ended_count_ < threads_.size();
  if (report_.deadlock) {
    report_.deadlock_text = stuck_;
    for (const auto& thread : threads_) {
      if (!thread->ended) report_.deadlock_text += "\n" + thread->name + DescribeWait(*thread);
    }
  }
  finished_.Give();
}

std::string SimScheduler::Impl::DescribeWait(const SimThread& thread) const {
  if (thread.channel == nullptr) return ": can run";
  std::string text = std::string(": waits for ") + thread.what;
  for (const HeldMutex& held : held_) {
    if (held.mutex == thread.channel) text += " held by " + held.holder->name;
  }
  for (const auto& other : threads_) {
    if (other.get() == thread.channel) text += ": " + other->name;
  }
  if (thread.has_timer) text += ", until " + std::to_string(thread.timer.first) + " ns";
  return text;
}

// --- The baton ---

SimThread* SimScheduler::Impl::Pick() {
  if (ended_count_ == threads_.size()) return nullptr;
  FireDue();
  while (ready_.empty()) {
    if (!AdvanceTime()) return nullptr;
    FireDue();
  }
  if (++steps_since_time_moved_ > kStepsWithoutTimeMax) {
    stuck_ = "livelock: threads run on and on while time stands";
    return nullptr;
  }
  const size_t index = ready_.size() == 1 ? 0 : choices_.Uniform(ready_.size());
  SimThread* const next = ready_[index];
  ready_.erase(ready_.begin() + static_cast<ptrdiff_t>(index));
  Trace(next->id);
  return next;
}

bool SimScheduler::Impl::AdvanceTime() {
  if (timers_.empty()) {
    stuck_ = "deadlock: no thread can run and no timer is set";
    return false;
  }
  now_ = timers_.begin()->first.first;
  steps_since_time_moved_ = 0;
  Trace(now_);
  const SimThread& first = *threads_.front();
  if (!first.ended && first.channel != nullptr && !first.has_timer &&
      now_ - first.wait_began_nanos > kFirstThreadWaitNanosMax) {
    stuck_ = "deadlock: the first thread waits while timers go on";
    return false;
  }
  return true;
}

void SimScheduler::Impl::FireDue() {
  while (!timers_.empty() && timers_.begin()->first.first <= now_) {
    const auto node = timers_.extract(timers_.begin());
    Timer& timer = node.mapped();
    if (timer.thread != nullptr) {
      timer.thread->has_timer = false;
      size_t index = 0;
      while (waiting_[index] != timer.thread) ++index;
      MakeReady(index, /*notified=*/false);
    } else {
      in_action_ = true;
      timer.action();
      timer.action = nullptr;  // what it holds ends inside, too
      in_action_ = false;
    }
  }
}

SimTimerKey SimScheduler::Impl::AddTimer(uint64_t at_nanos, Timer timer) {
  const SimTimerKey key(at_nanos, timer_count_++);
  timers_.emplace(key, std::move(timer));
  return key;
}

void SimScheduler::Impl::Switch(SimThread* self) {
  SimThread* const next = Pick();
  if (next == self) return;
  if (next == nullptr) {
    Finish();  // nobody gives this thread the baton again
  } else {
    ++report_.switches;
    next->baton.Give();
  }
  self->baton.Take();
}

void SimScheduler::Impl::MakeReady(size_t waiting_index, bool notified) {
  SimThread* const thread = waiting_[waiting_index];
  waiting_.erase(waiting_.begin() + static_cast<ptrdiff_t>(waiting_index));
  if (thread->has_timer) timers_.erase(thread->timer);
  thread->has_timer = false;
  thread->channel = nullptr;
  thread->notified = notified;
  ready_.push_back(thread);
}

// --- Waiting ---

bool SimScheduler::Impl::Wait(const void* channel, uint64_t deadline_nanos, const char* what) {
  const SimInside inside;
  TREERING_CHECK(!in_action_ && channel != nullptr);
  SimThread* const self = internal::sim_thread;
  self->channel = channel;
  self->what = what;
  self->wait_began_nanos = now_;
  self->notified = false;
  self->has_timer = deadline_nanos != kNever;
  if (self->has_timer) {
    self->timer = AddTimer(deadline_nanos, Timer{.thread = self, .action = nullptr});
  }
  waiting_.push_back(self);
  Switch(self);
  return self->notified;
}

void SimScheduler::Impl::NotifyAll(const void* channel) {
  const SimInside inside;
  for (size_t i = 0; i < waiting_.size();) {
    if (waiting_[i]->channel == channel) {
      MakeReady(i, /*notified=*/true);
    } else {
      ++i;
    }
  }
}

void SimScheduler::Impl::NotifyOne(const void* channel) {
  const SimInside inside;
  size_t count = 0;
  for (const SimThread* thread : waiting_) count += thread->channel == channel ? 1 : 0;
  if (count == 0) return;
  uint64_t skip = count == 1 ? 0 : choices_.Uniform(count);
  for (size_t i = 0; i < waiting_.size(); ++i) {
    if (waiting_[i]->channel != channel) continue;
    if (skip-- == 0) return MakeReady(i, /*notified=*/true);
  }
}

void SimScheduler::Impl::Yield() {
  if (in_action_) return;
  const bool timer_due = !timers_.empty() && timers_.begin()->first.first <= now_;
  const bool alone = ready_.empty() && !timer_due;
  if (alone ? ++steps_since_time_moved_ <= kStepsWithoutTimeMax : !choices_.OneIn(switch_one_in_)) {
    return;
  }
  const SimInside inside;
  SimThread* const self = internal::sim_thread;
  ready_.push_back(self);
  Switch(self);
}

void SimScheduler::Impl::At(uint64_t at_nanos, std::function<void()> action) {
  const SimInside inside;
  AddTimer(at_nanos, Timer{.thread = nullptr, .action = std::move(action)});
}

void SimScheduler::Impl::NoteHeld(const void* mutex) {
  const SimInside inside;
  held_.push_back(HeldMutex{.mutex = mutex, .holder = internal::sim_thread});
}

void SimScheduler::Impl::NoteReleased(const void* mutex) {
  for (size_t i = held_.size(); i-- > 0;) {
    if (held_[i].mutex != mutex) continue;
    held_.erase(held_.begin() + static_cast<ptrdiff_t>(i));
    return;
  }
}

}  // namespace treering::base
