// QueueCore: what every queue does the same way, over the one thing in which drivers differ:
// carrying out a single attempt.
//
// Owner: as Queue. The core owns its driver.
// Threads: as Queue. A driver is called by the queue's thread only, except Interrupt (any).
// Invariants:
//   1. Short transfers, retries, end of file, checks of a request, in-flight counts, sync tokens,
//      overflow and statistics are here and nowhere else.
//   2. A driver has at most `depth` attempts at a time, at most one of each request.
//   3. Direct files are resumed at a multiple of 4096: a short transfer goes on from its last whole
//      page.
//   4. A broken driver (AttemptSink::OnBroken) poisons the queue: requests come back with
//      ENOTRECOVERABLE, verdict kFailed, from then on. None of them waits for ever: the driver
//      gives every attempt back within a bounded time, if need be before the kernel is done with
//      it, and then puts its memory under quarantine first.
#ifndef TREERING_ENGINE_IO_QUEUE_CORE_H_
#define TREERING_ENGINE_IO_QUEUE_CORE_H_

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>

#include "api/status.h"
#include "engine/io/queue.h"
#include "engine/io/request.h"

namespace treering::io {

inline constexpr uint32_t kQueueDepthMax = 4096;
// One attempt carries no more; longer requests take several. The kernel's own limit is 2 GiB.
inline constexpr uint64_t kAttemptBytesMax = 1ull << 30;
// EINTR and EAGAIN in a row, without progress, before the error is believed.
inline constexpr uint32_t kRetriesMax = 16;
// Short transfers of one request, each with progress, before it is given up as EIO.
inline constexpr uint32_t kAttemptsMax = 4096;

// InvalidArgument unless it is 1 to kQueueDepthMax.
Status CheckQueueDepth(uint32_t depth);

// What is left of a request, as one call to the driver. kSync has no range; kAllocate and kTruncate
// have the size in `length`. Length is never 0 for reads, writes and allocate.
struct Attempt {
  Request* request = nullptr;
  Op op = Op::kRead;
  File* file = nullptr;
  uint64_t offset = 0;
  std::byte* data = nullptr;
  uint64_t length = 0;
};

// Where a driver puts results. Called from inside Collect only.
class AttemptSink {
 public:
  // `result`: bytes moved (0 for sync, allocate, truncate), or a negative errno. Raw: short counts
  // and EINTR as they come.
  virtual void OnResult(Request* request, int64_t result) = 0;
  // An invariant of the driver is broken (a completion nobody asked for, a lost one). `what` is a
  // literal. The driver gets no further attempt; Collect goes on to be called until it gave back,
  // with any result, those it has.
  virtual void OnBroken(const char* what) = 0;

 protected:
  ~AttemptSink() = default;
};

class QueueDriver {
 public:
  virtual ~QueueDriver() = default;

  // Takes an attempt. Must not block and must not call the sink: it is sent off by the next
  // Collect.
  virtual void Start(const Attempt& attempt) = 0;
  // Sends off what was started, then gives results to `sink`: all that are there and, when
  // min_count is above 0, waits until at least min_count were given, `timeout_nanos` (kNoTimeout:
  // none) has passed, or Interrupt was called. May return early for no cause: the core asks again.
  // With nothing in flight and min_count above 0 it waits for the time or Interrupt.
  virtual void Collect(size_t min_count, uint64_t timeout_nanos, AttemptSink* sink) = 0;
  // Makes the current or the next waiting Collect return early. Any thread.
  virtual void Interrupt() = 0;

 protected:
  // The queue's statistics, for kernel_enters, registered_ops and unregistered_ops. Not null after
  // the core took the driver.
  QueueStats* stats() const { return stats_; }

 private:
  friend class QueueCore;
  QueueStats* stats_ = nullptr;
};

class QueueCore final : public Queue, private AttemptSink {
 public:
  // `depth` (at least 1): how many attempts the driver takes at a time.
  QueueCore(std::unique_ptr<QueueDriver> driver, uint32_t depth);
  ~QueueCore() override;  // waits for everything in flight; completions nobody took are dropped
  QueueCore(const QueueCore&) = delete;
  QueueCore& operator=(const QueueCore&) = delete;

  void Submit(Request* request) override;
  size_t Poll(std::span<Request*> out) override;
  size_t Wait(std::span<Request*> out, size_t min_count, uint64_t timeout_nanos) override;
  void Wake() override;
  size_t in_flight() const override { return in_flight_; }
  const QueueStats& stats() const override { return stats_; }
  Status Run(Request* request) override;

 private:
  // A first-in first-out list through Request::Internal::next.
  struct List {
    Request* head = nullptr;
    Request* tail = nullptr;
    size_t count = 0;
    void PushBack(Request* request);
    void PushFront(Request* request);
    Request* PopFront();
  };

  void OnResult(Request* request, int64_t result) override;
  void OnBroken(const char* what) override;

  void Admit(Request* request, bool first);
  void StartPending();
  void TransferResult(Request* request, uint64_t moved);
  void Retry(Request* request, int error);
  void Resubmit(Request* request);
  void Complete(Request* request, int error);
  void HandBack(Request* request);
  size_t Take(std::span<Request*> out);

  const std::unique_ptr<QueueDriver> driver_;
  const uint32_t depth_;
  List pending_;                   // admitted, not with the driver
  List ready_;                     // complete, not handed back
  Request* run_target_ = nullptr;  // what Run waits for; its completion skips ready_
  size_t in_flight_ = 0;
  size_t started_ = 0;  // with the driver
  size_t started_reads_ = 0;
  uint64_t started_read_bytes_ = 0;
  uint64_t backoff_nanos_ = 0;  // to sleep before the next attempt
  bool broken_ = false;
  std::atomic<bool> woken_{false};
  QueueStats stats_;
};

}  // namespace treering::io

#endif  // TREERING_ENGINE_IO_QUEUE_CORE_H_
