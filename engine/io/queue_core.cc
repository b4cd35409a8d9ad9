#include "engine/io/queue_core.h"

#include <algorithm>
#include <cerrno>
#include <utility>

#include "engine/base/check.h"
#include "engine/base/clock.h"
#include "engine/base/thread.h"
#include "engine/io/errors.h"
#include "engine/io/file.h"

namespace treering::io {
namespace {

constexpr uint64_t kOffsetMax = INT64_MAX;  // off_t
constexpr uint64_t kBackoffNanos = 10'000;
constexpr uint64_t kBackoffNanosMax = 1'000'000;
constexpr uint32_t kRetriesBeforeBackoff = 4;

bool IsTransfer(Op op) { return op == Op::kRead || op == Op::kWrite; }

bool PageAligned(uint64_t value) { return value % kPageBytes == 0; }

// Where the next attempt begins, relative to the request.
uint64_t ResumePoint(const Request& request) {
  const uint64_t done = request.internal.done;
  return request.file->direct() ? done - done % kPageBytes : done;
}

// An errno for what can be told without asking the system; 0 when it may go out.
int Refusal(const Request& request) {
  if (request.op != Op::kRead && request.op != Op::kSync && !request.file->writable()) return EBADF;
  if (request.op == Op::kSync) return 0;
  if (request.length > kOffsetMax) return EINVAL;
  if (!IsTransfer(request.op)) return 0;
  if (request.offset > kOffsetMax - request.length) return EINVAL;
  if (request.file->direct() && !(PageAligned(request.offset) && PageAligned(request.length) &&
                                  PageAligned(reinterpret_cast<uintptr_t>(request.data)))) {
    return EINVAL;
  }
  return 0;
}

// Whether there is nothing to do.
bool IsEmpty(const Request& request) {
  return request.length == 0 && (IsTransfer(request.op) || request.op == Op::kAllocate);
}

}  // namespace

Status CheckQueueDepth(uint32_t depth) {
  if (depth >= 1 && depth <= kQueueDepthMax) return Status::Ok();
  return Status::InvalidArgument("queue depth " + std::to_string(depth) + " is not within 1 to " +
                                 std::to_string(kQueueDepthMax));
}

void QueueCore::List::PushBack(Request* request) {
  request->internal.next = nullptr;
  if (tail == nullptr) {
    head = request;
  } else {
    tail->internal.next = request;
  }
  tail = request;
  ++count;
}

void QueueCore::List::PushFront(Request* request) {
  request->internal.next = head;
  head = request;
  if (tail == nullptr) tail = request;
  ++count;
}

Request* QueueCore::List::PopFront() {
  Request* const request = head;
  head = request->internal.next;
  if (head == nullptr) tail = nullptr;
  --count;
  return request;
}

QueueCore::QueueCore(std::unique_ptr<QueueDriver> driver, uint32_t depth)
    : driver_(std::move(driver)), depth_(depth) {
  TREERING_CHECK(depth_ > 0);
  driver_->stats_ = &stats_;
}

QueueCore::~QueueCore() {
  for (StartPending(); started_ > 0; StartPending()) {
    driver_->Collect(1, kNoTimeout, this);
    base::SchedPoint();
  }
  while (ready_.count > 0) HandBack(ready_.PopFront());
}

void QueueCore::Submit(Request* request) { Admit(request, /*first=*/false); }

void QueueCore::Admit(Request* request, bool first) {
  TREERING_CHECK(request->file != nullptr && !request->internal.in_flight);
  TREERING_CHECK(request->data != nullptr || request->length == 0 || !IsTransfer(request->op));
  // Tokens are made from completions only, so this cannot fail unless one was forged.
  TREERING_CHECK(request->op != Op::kSync ||
                 request->sync_covers <= request->file->Completed().writes());
  request->internal = {};
  request->internal.in_flight = true;
  request->error = 0;
  request->transferred = 0;
  request->file->NoteInFlight(1);
  ++in_flight_;
  ++stats_.requests;
  const int refusal = Refusal(*request);
  if (refusal != 0 || IsEmpty(*request)) {
    Complete(request, refusal);
  } else if (first) {
    pending_.PushFront(request);
  } else {
    pending_.PushBack(request);
  }
}

void QueueCore::StartPending() {
  if (backoff_nanos_ > 0) base::SleepNanos(std::exchange(backoff_nanos_, 0));
  while (pending_.count > 0 && (started_ < depth_ || broken_)) {
    Request* const request = pending_.PopFront();
    if (broken_) {
      Complete(request, ENOTRECOVERABLE);
      continue;
    }
    Attempt attempt{.request = request, .op = request->op, .file = request->file};
    if (IsTransfer(request->op)) {
      const uint64_t from = ResumePoint(*request);
      attempt.offset = request->offset + from;
      attempt.data = request->data + from;
      attempt.length = std::min(request->length - from, kAttemptBytesMax);
      request->internal.started = attempt.length;
    } else {
      attempt.length = request->length;
    }
    ++started_;
    if (request->op == Op::kRead) {
      ++started_reads_;
      started_read_bytes_ += request->internal.started;
    }
    driver_->Start(attempt);
  }
}

void QueueCore::OnResult(Request* request, int64_t result) {
  TREERING_CHECK(request->internal.in_flight && started_ > 0);
  stats_.depth_sum += started_;
  --started_;
  if (request->op == Op::kRead) {
    ++stats_.reads;
    stats_.read_depth_sum += started_reads_;
    stats_.read_depth_bytes_sum += started_read_bytes_;
    --started_reads_;
    started_read_bytes_ -= request->internal.started;
  }
  if (broken_) {
    Complete(request, ENOTRECOVERABLE);
  } else if (result < 0) {
    Retry(request, static_cast<int>(-result));
  } else if (!IsTransfer(request->op)) {
    Complete(request, 0);
  } else if (static_cast<uint64_t>(result) > request->internal.started) {
    OnBroken("more bytes moved than asked for");
    Complete(request, ENOTRECOVERABLE);
  } else {
    TransferResult(request, static_cast<uint64_t>(result));
  }
}

void QueueCore::TransferResult(Request* request, uint64_t moved) {
  Request::Internal& state = request->internal;
  const uint64_t total = ResumePoint(*request) + moved;
  if (total > state.done) {
    state.done = total;
    state.retries = 0;
    if (total == request->length) return Complete(request, 0);
    if (++state.attempts >= kAttemptsMax) return Complete(request, EIO);
    return Resubmit(request);
  }
  // No progress: the end of the file for a read. A write gets one more chance.
  if (request->op == Op::kRead) return Complete(request, 0);
  if (++state.retries > 1) return Complete(request, EIO);
  Resubmit(request);
}

void QueueCore::Retry(Request* request, int error) {
  const bool again = VerdictFor(ActionOf(request->op), error).verdict == Verdict::kRetry;
  if (!again || request->internal.retries >= kRetriesMax) return Complete(request, error);
  const uint32_t retries = ++request->internal.retries;
  if (retries > kRetriesBeforeBackoff) {
    backoff_nanos_ = std::min(kBackoffNanos << (retries - kRetriesBeforeBackoff), kBackoffNanosMax);
  }
  Resubmit(request);
}

void QueueCore::Resubmit(Request* request) {
  ++stats_.resubmits;
  pending_.PushFront(request);
}

void QueueCore::Complete(Request* request, int error) {
  request->error = error;
  request->transferred = IsTransfer(request->op) ? request->internal.done : 0;
  if (request == run_target_) {
    run_target_ = nullptr;
  } else {
    ready_.PushBack(request);
  }
}

void QueueCore::HandBack(Request* request) {
  request->internal.in_flight = false;
  --in_flight_;
  request->file->NoteInFlight(-1);
  if (request->op == Op::kRead) stats_.bytes_read += request->transferred;
  if (request->op == Op::kWrite) stats_.bytes_written += request->transferred;
  if (request->error != 0) return;
  if (request->op == Op::kWrite) request->file->NoteWriteCompleted();
  if (request->op == Op::kSync) ++stats_.syncs;
}

size_t QueueCore::Take(std::span<Request*> out) {
  size_t count = 0;
  while (count < out.size() && ready_.count > 0) {
    out[count] = ready_.PopFront();
    HandBack(out[count++]);
  }
  return count;
}

size_t QueueCore::Poll(std::span<Request*> out) {
  do {
    StartPending();
    driver_->Collect(0, 0, this);
    base::SchedPoint();
    // What came back made room for what waits.
  } while (pending_.count > 0 && started_ < depth_ && ready_.count < out.size());
  return Take(out);
}

size_t QueueCore::Wait(std::span<Request*> out, size_t min_count, uint64_t timeout_nanos) {
  min_count = std::clamp<size_t>(min_count, 1, std::max<size_t>(out.size(), 1));
  base::Clock* const clock = base::SystemClock();
  const bool timed = timeout_nanos != kNoTimeout && timeout_nanos != 0;
  const uint64_t start = timed ? clock->NowNanos() : 0;
  uint64_t left = timeout_nanos;
  bool stop = false;
  while (!stop) {
    StartPending();
    stop = ready_.count >= min_count || left == 0 || woken_.load(std::memory_order_acquire);
    // Also when there is nothing to wait for: what was submitted is sent off.
    driver_->Collect(stop ? 0 : min_count - ready_.count, stop ? 0 : left, this);
    base::SchedPoint();
    if (timed) {
      const uint64_t passed = clock->NowNanos() - start;
      left = passed < timeout_nanos ? timeout_nanos - passed : 0;
    }
    // Another round only to fill the device again; a driver that does one at a time gains nothing.
    if (ready_.count >= min_count && (pending_.count == 0 || depth_ == 1)) stop = true;
  }
  woken_.exchange(false, std::memory_order_acq_rel);
  return Take(out);
}

void QueueCore::Wake() {
  // The second of two wakes has nothing to add: the flag is looked at before every wait.
  if (!woken_.exchange(true, std::memory_order_acq_rel)) driver_->Interrupt();
}

Status QueueCore::Run(Request* request) {
  run_target_ = request;
  Admit(request, /*first=*/true);
  for (StartPending(); run_target_ != nullptr; StartPending()) {
    driver_->Collect(1, kNoTimeout, this);
    base::SchedPoint();
  }
  HandBack(request);
  return request->ToStatus();
}

void QueueCore::OnBroken(const char* what) {
  if (!broken_) stats_.broken_cause = what;
  broken_ = true;
}

}  // namespace treering::io
