#include "engine/base/sim_scheduler.h"

#include <mutex>
#include <utility>
#include <vector>

#include "engine/base/check.h"
#include "engine/base/sim_impl.h"
#include "engine/base/thread.h"

namespace treering::base {

SimScheduler::SimScheduler(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
SimScheduler::~SimScheduler() = default;

SimScheduler::Report SimScheduler::Run(uint64_t seed, std::function<void()> body) {
  TREERING_CHECK(Current() == nullptr);
  auto* const scheduler = new SimScheduler(std::make_unique<Impl>(seed));
  SimThread* first = nullptr;
  const Status status = scheduler->impl_->StartThread(scheduler, "first", std::move(body), &first);
  TREERING_CHECK(status.ok());  // a test machine without one thread left
  Report report = scheduler->impl_->RunToTheEnd();
  if (report.deadlock) {
    // The stuck threads still lie on its state.
    static std::mutex mutex;
    static auto* const stuck = new std::vector<SimScheduler*>;
    const std::lock_guard<std::mutex> lock(mutex);
    stuck->push_back(scheduler);
  } else {
    delete scheduler;
  }
  return report;
}

SimScheduler* SimScheduler::Current() {
  return internal::sim_thread == nullptr ? nullptr : internal::sim_thread->scheduler;
}

uint64_t SimScheduler::NowNanos() const { return impl_->now(); }
uint64_t SimScheduler::Random() { return impl_->Random(); }
void SimScheduler::At(uint64_t at_nanos, std::function<void()> action) {
  impl_->At(at_nanos, std::move(action));
}
bool SimScheduler::Wait(const void* channel, uint64_t deadline_nanos, const char* what) {
  return impl_->Wait(channel, deadline_nanos, what);
}
void SimScheduler::NotifyAll(const void* channel) { impl_->NotifyAll(channel); }
void SimScheduler::NotifyOne(const void* channel) { impl_->NotifyOne(channel); }
void SimScheduler::Yield() { impl_->Yield(); }
void SimScheduler::Trace(uint64_t value) { impl_->Trace(value); }

}  // namespace treering::base
