// Queue: one thread's way to the disk. Takes requests, gives completions.
//
// Owner: the thread that made it, for life (workers, log thread), or a lease of the Runtime.
// Threads: all calls from the owning thread, except Wake (any).
// Invariants:
//   1. Every submitted request comes back exactly once, from Poll, Wait or Run, in any order.
//   2. Short transfers, EINTR and EAGAIN are finished inside, within a cap; nobody else resubmits.
//   3. Submit never blocks and never fails: what does not fit the ring waits in a list.
//   4. A thread with I/O in flight blocks only here; others reach it with Wake.
//   5. Destruction drains: it waits for every request in flight.
//   6. A queue whose driver broke (QueueStats::broken_cause) keeps invariant 1 within seconds. What
//      the kernel may still write to by then is under quarantine: pools and cache do not use it
//      again.
#ifndef TREERING_ENGINE_IO_QUEUE_H_
#define TREERING_ENGINE_IO_QUEUE_H_

#include <cstddef>
#include <cstdint>
#include <span>

#include "api/status.h"
#include "engine/io/request.h"

namespace treering::io {

inline constexpr uint64_t kNoTimeout = UINT64_MAX;

struct QueueStats {
  uint64_t requests = 0;
  uint64_t bytes_read = 0;
  uint64_t bytes_written = 0;
  uint64_t syncs = 0;
  uint64_t kernel_enters = 0;   // io_uring_enter calls, or plain I/O calls
  uint64_t registered_ops = 0;  // attempts that used a registered buffer
  // Attempts in arena memory that did not, because this queue's ring does not know the chunk.
  uint64_t unregistered_ops = 0;
  uint64_t resubmits = 0;  // short transfers and retries
  // Sum over attempts finished (about requests + resubmits) of the attempts then in flight: divide
  // for the mean depth of the queue, as completions see it.
  uint64_t depth_sum = 0;
  // The same of reads alone: read attempts finished, and the sums over them of the reads, and of
  // the bytes of these, then in flight.
  uint64_t reads = 0;
  uint64_t read_depth_sum = 0;
  uint64_t read_depth_bytes_sum = 0;
  // Set when the driver broke an invariant: every request comes back with ENOTRECOVERABLE (Failed).
  const char* broken_cause = nullptr;
};

class Queue {
 public:
  virtual ~Queue() = default;

  virtual void Submit(Request* request) = 0;
  // Completions that are there, without waiting. Pending submissions are sent off first.
  virtual size_t Poll(std::span<Request*> out) = 0;
  // Sends pending submissions off, then waits until at least `min_count` (at least 1) completions
  // are there, `timeout_nanos` has passed (kNoTimeout: no limit), or Wake was called. Returns how
  // many were stored. A min_count above out.size() counts as out.size(); one above in_flight()
  // waits for the time or for Wake. A Wake that came before the return is used up by it.
  virtual size_t Wait(std::span<Request*> out, size_t min_count, uint64_t timeout_nanos) = 0;
  // Makes the current or the next Wait return early. Any thread.
  virtual void Wake() = 0;

  // Requests submitted and not yet handed back.
  virtual size_t in_flight() const = 0;
  virtual const QueueStats& stats() const = 0;

  // Submits `request` and waits for it alone. Other requests that complete meanwhile are kept for
  // the next Poll or Wait. A Wake meanwhile stays for the next Wait. Returns request->ToStatus().
  virtual Status Run(Request* request) = 0;
};

}  // namespace treering::io

#endif  // TREERING_ENGINE_IO_QUEUE_H_
