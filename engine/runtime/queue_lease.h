// QueueLeases: gives a foreign thread a queue for the length of one synchronous call.
//
// Owner: the Runtime; outlives every lease.
// Threads: Lease from any thread. A QueueLease is used and ended by the thread that took it, except
//   one from LeaseShared, which may move between threads while nothing is in flight.
// Invariants:
//   1. A thread's own queue is made on first need and ends with the thread or with the Runtime,
//      whichever comes first. At most `own_max` such queues are alive.
//   2. Whoever gets none of its own (too many threads, a nested lease, a refusal by the system)
//      gets a shared queue, which one lease uses at a time. At most `shared_max` of them are alive;
//      whoever comes later (the thousandth iterator) gets a queue of plain calls, without a ring.
//   3. A lease ends with nothing in flight (CHECKed).
//   4. A refusal by the system is not for ever: own queues are asked for again when one has ended
//      and after every kAskAgain leases that went without. A broken queue is not leased again.
//   5. Simulated threads always get shared queues: their order must not depend on when a thread's
//      storage is torn down.
#ifndef TREERING_ENGINE_RUNTIME_QUEUE_LEASE_H_
#define TREERING_ENGINE_RUNTIME_QUEUE_LEASE_H_

#include <cstdint>
#include <memory>

#include "api/result.h"
#include "engine/io/disk.h"
#include "engine/io/queue.h"
#include "engine/runtime/io_totals.h"

namespace treering::runtime {

class LeaseHub;
struct LeasedQueue;

class QueueLease {
 public:
  QueueLease() = default;
  QueueLease(QueueLease&& other) noexcept;
  QueueLease& operator=(QueueLease&& other) noexcept;
  ~QueueLease();

  explicit operator bool() const { return entry_ != nullptr; }
  io::Queue* queue() const;
  io::Queue* operator->() const { return queue(); }

 private:
  friend class QueueLeases;
  QueueLease(LeaseHub* hub, LeasedQueue* entry) : hub_(hub), entry_(entry) {}
  LeaseHub* hub_ = nullptr;
  LeasedQueue* entry_ = nullptr;
};

struct LeaseStats {
  uint32_t own_alive = 0;      // queues bound to a thread
  uint32_t shared_alive = 0;   // queues of the shared pool
  uint64_t shared_leases = 0;  // leases that the pool answered
  uint32_t plain_alive = 0;    // queues of plain calls, for who came beyond the pool's bound
  uint64_t plain_leases = 0;   // of shared_leases
};

class QueueLeases {
 public:
  static constexpr uint32_t kAskAgain = 256;

  struct Options {
    uint32_t own_max = 8;
    uint32_t shared_max = 8;
    uint32_t queue_depth = 64;
    uint32_t shared_kept = 8;  // idle shared queues beyond these are ended
  };

  // `totals` may be null.
  QueueLeases(const Options& options, io::Disk* disk, IoTotals* totals);
  // No lease is alive. Ends every queue, also those of threads that live on.
  ~QueueLeases();
  QueueLeases(const QueueLeases&) = delete;
  QueueLeases& operator=(const QueueLeases&) = delete;

  Result<QueueLease> Lease();
  // A queue that is bound to no thread: for holders that may be moved to another one.
  Result<QueueLease> LeaseShared();
  LeaseStats Stats() const;

 private:
  std::shared_ptr<LeaseHub> hub_;
};

}  // namespace treering::runtime

#endif  // TREERING_ENGINE_RUNTIME_QUEUE_LEASE_H_
