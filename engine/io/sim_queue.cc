#include "engine/io/sim_queue.h"

#include <memory>
#include <utility>

#include "engine/io/sim_file.h"

namespace treering::io {

uint64_t SimLatencyNanos(Action action, uint64_t random) {
  struct Range {
    uint64_t least;
    uint64_t spread;
  };
  Range range{2'000, 20'000};
  switch (action) {
    case Action::kRead:
      range = {60'000, 140'000};
      break;
    case Action::kWrite:
      range = {20'000, 100'000};
      break;
    case Action::kSync:
    case Action::kSyncDirectory:
      range = {80'000, 300'000};
      break;
    default:
      break;
  }
  const uint64_t nanos = range.least + random % range.spread;
  // Some come much later than all others.
  return (random >> 32) % 64 == 0 ? nanos * 20 : nanos;
}

void SimQueueDriver::Collect(size_t min_count, uint64_t timeout_nanos, AttemptSink* sink) {
  base::SimScheduler* const scheduler = base::SimScheduler::Current();
  SendOff(scheduler);
  const size_t given = Give(sink);
  if (given >= min_count) return;
  if (scheduler != nullptr) {
    WaitSimulated(scheduler, min_count - given, timeout_nanos, sink);
  } else if (given == 0) {
    WaitForInterrupt(timeout_nanos);
  }
}

void SimQueueDriver::Start(const Attempt& attempt) {
  const base::SimInside inside;
  started_.push_back(attempt);
}

void SimQueueDriver::SendOff(base::SimScheduler* scheduler) {
  const base::SimInside inside;
  for (const Attempt& attempt : std::exchange(started_, {})) {
    ++stats()->kernel_enters;
    auto flight = std::make_shared<SimFlight>();
    flight->handle = static_cast<const SimFile*>(attempt.file)->handle();
    flight->op = attempt.op;
    flight->offset = attempt.offset;
    flight->data = attempt.data;
    flight->length = attempt.length;
    SimGuard guard(&world_->core());
    world_->Tick();
    world_->requests().Begin(flight);
    Request* const request = attempt.request;
    if (scheduler == nullptr) {
      Finish(flight, request);
      continue;
    }
    const uint64_t now = scheduler->NowNanos();
    const uint64_t nanos = SimLatencyNanos(ActionOf(attempt.op), scheduler->Random());
    // Half of them land as late as they can, so that crashes find them in flight.
    if (const uint64_t random = scheduler->Random(); (random & 1) != 0) {
      scheduler->At(now + (random >> 1) % nanos, [this, flight] {
        SimGuard inner(&world_->core());
        world_->requests().Land(flight.get());
      });
    }
    // The core waits for every attempt before it goes, so `this` is alive then.
    scheduler->At(now + nanos, [this, flight, request, scheduler] {
      SimGuard inner(&world_->core());
      Finish(flight, request);
      scheduler->NotifyAll(this);
    });
  }
}

void SimQueueDriver::Finish(const std::shared_ptr<SimFlight>& flight, Request* request) {
  done_.push_back(Done{request, world_->requests().Finish(flight)});
}

size_t SimQueueDriver::Give(AttemptSink* sink) {
  size_t given = 0;
  for (; !done_.empty(); ++given) {
    const Done done = done_.front();
    done_.pop_front();
    sink->OnResult(done.request, done.result);
  }
  return given;
}

void SimQueueDriver::WaitSimulated(base::SimScheduler* scheduler, size_t min_count,
                                   uint64_t timeout_nanos, AttemptSink* sink) {
  const uint64_t now = scheduler->NowNanos();
  const uint64_t deadline = timeout_nanos > UINT64_MAX - now ? UINT64_MAX : now + timeout_nanos;
  size_t given = 0;
  bool waiting = true;
  while (waiting && given < min_count && !interrupted_) {
    waiting = scheduler->Wait(this, deadline, "sim I/O");
    given += Give(sink);
  }
  interrupted_ = false;
}

void SimQueueDriver::WaitForInterrupt(uint64_t timeout_nanos) {
  base::MutexLock lock(&mutex_);
  if (!interrupted_ && timeout_nanos == kNoTimeout) {
    interrupt_.Wait(&mutex_);
  } else if (!interrupted_) {
    // Early or late does not matter: the core looks at the clock.
    (void)interrupt_.WaitFor(&mutex_, timeout_nanos);
  }
  interrupted_ = false;
}

void SimQueueDriver::Interrupt() {
  if (base::SimScheduler* const scheduler = base::SimScheduler::Current(); scheduler != nullptr) {
    interrupted_ = true;
    scheduler->NotifyAll(this);
    return;
  }
  base::MutexLock lock(&mutex_);
  interrupted_ = true;
  interrupt_.NotifyOne();
}

}  // namespace treering::io
