// SimQueueDriver: attempts on the simulated storage, in virtual time or at once.
//
// Owner: the QueueCore.
// Threads: as QueueDriver.
// Invariants:
//   1. On a simulated thread an attempt lands and completes at times that the seed draws; on an
//      ordinary one it is carried out by Collect, in the order of Start.
#ifndef TREERING_ENGINE_IO_SIM_QUEUE_H_
#define TREERING_ENGINE_IO_SIM_QUEUE_H_

#include <cstddef>
#include <cstdint>
#include <deque>
#include <vector>

#include "engine/base/sim_scheduler.h"
#include "engine/base/thread.h"
#include "engine/io/queue_core.h"
#include "engine/io/sim_world.h"

namespace treering::io {

class SimQueueDriver final : public QueueDriver {
 public:
  explicit SimQueueDriver(SimWorld* world) : world_(world) {}

  void Start(const Attempt& attempt) override;
  void Collect(size_t min_count, uint64_t timeout_nanos, AttemptSink* sink) override;
  void Interrupt() override;

 private:
  struct Done {
    Request* request;
    int64_t result;
  };

  void SendOff(base::SimScheduler* scheduler);
  void Finish(const std::shared_ptr<SimFlight>& flight, Request* request);
  size_t Give(AttemptSink* sink);
  void WaitSimulated(base::SimScheduler* scheduler, size_t min_count, uint64_t timeout_nanos,
                     AttemptSink* sink);
  void WaitForInterrupt(uint64_t timeout_nanos);

  SimWorld* const world_;
  std::vector<Attempt> started_;
  std::deque<Done> done_;
  base::Mutex mutex_;  // for interrupted_, on ordinary threads
  base::CondVar interrupt_;
  bool interrupted_ = false;
};

// How long an operation takes, drawn from `random`. In nanoseconds.
uint64_t SimLatencyNanos(Action action, uint64_t random);

}  // namespace treering::io

#endif  // TREERING_ENGINE_IO_SIM_QUEUE_H_
