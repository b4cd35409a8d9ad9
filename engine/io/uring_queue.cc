#include "engine/io/uring_queue.h"

#include <algorithm>
#include <cerrno>
#include <utility>
#include <vector>

#include "engine/base/clock.h"
#include "engine/base/thread.h"
#include "engine/io/posix_file.h"
#include "engine/io/queue_core.h"
#include "engine/io/ring_waker.h"
#include "engine/io/slot_table.h"

namespace treering::io {
namespace {

// Entering the ring may be refused for a while (no memory for the entries, completions to be taken
// first). So many times in a row is for ever.
constexpr int kRefusalsMax = 10'000;
constexpr int kRefusalsBeforeSleep = 16;
constexpr uint64_t kRefusalNanos = 100'000;
constexpr uint64_t kBrokenNanos = 10'000'000;
// A ring that the registry could not lend a chunk asks again after so many I/Os without it.
constexpr uint64_t kLendAgain = 1024;

class UringDriver final : public QueueDriver {
 public:
  UringDriver(std::unique_ptr<Ring> ring, std::unique_ptr<RingWaker> waker, bool movable,
              uint32_t depth, BufferArena* arena, BufferRegistry* registry)
      : ring_(std::move(ring)),
        waker_(std::move(waker)),
        movable_(movable),
        arena_(arena),
        registry_(registry),
        slots_(depth) {
    inline_.reserve(depth);
  }

  void Start(const Attempt& attempt) override;
  void Collect(size_t min_count, uint64_t timeout_nanos, AttemptSink* sink) override;
  void Interrupt() override { waker_->Wake(); }

 private:
  int FixedIndex(const Attempt& attempt);
  size_t RunInline(AttemptSink* sink);
  size_t Reap(AttemptSink* sink);
  bool Enter(uint32_t min_complete, uint64_t timeout_nanos, AttemptSink* sink);
  void WaitOnRing(size_t min_count, uint64_t timeout_nanos, AttemptSink* sink);
  void Break(const char* what, AttemptSink* sink);
  void CollectBroken(size_t min_count, uint64_t timeout_nanos, AttemptSink* sink);

  const std::unique_ptr<Ring> ring_;
  const std::unique_ptr<RingWaker> waker_;
  const bool movable_;
  BufferArena* const arena_;
  BufferRegistry* const registry_;
  SlotTable slots_;
  std::vector<Attempt> inline_;
  int known_chunks_ = 0;    // of the arena, known to the ring
  int refused_chunks_ = 0;  // how many there were when the registry could not lend them
  uint64_t without_ = 0;    // I/Os since then that went without
  int refusals_ = 0;        // of Enter, in a row
  bool broken_ = false;
  uint64_t give_up_nanos_ = 0;  // when what the kernel has is waited for no longer
};

// The number of the registered chunk that holds the attempt's memory; -1 when it goes without.
int UringDriver::FixedIndex(const Attempt& attempt) {
  const int chunk = arena_->ChunkIndexOf(attempt.data, attempt.length);
  if (chunk < 0) return -1;
  if (chunk >= known_chunks_ &&
      (registry_->announced() != refused_chunks_ || ++without_ % kLendAgain == 0)) {
    known_chunks_ = registry_->Lend(ring_.get(), known_chunks_);
    if (chunk >= known_chunks_) refused_chunks_ = registry_->announced();
  }
  if (chunk < known_chunks_ && registry_->Holds(chunk)) return chunk;
  ++stats()->unregistered_ops;
  return -1;
}

void UringDriver::Start(const Attempt& attempt) {
  const bool on_ring =
      attempt.op == Op::kRead || (attempt.op == Op::kWrite && attempt.file->direct() &&
                                  !IsBeyondFileSizeLimit(attempt.offset + attempt.length));
  if (!on_ring) {
    inline_.push_back(attempt);
    return;
  }
  const int fixed = FixedIndex(attempt);
  const int fd = static_cast<const PosixFile*>(attempt.file)->fd();
  const bool read = attempt.op == Op::kRead;
  io_uring_sqe* const entry = ring_->NextEntry();
  const int opcode = fixed >= 0 ? (read ? IORING_OP_READ_FIXED : IORING_OP_WRITE_FIXED)
                                : (read ? IORING_OP_READ : IORING_OP_WRITE);
  io_uring_prep_rw(opcode, entry, fd, attempt.data, static_cast<unsigned>(attempt.length),
                   attempt.offset);
  if (fixed >= 0) {
    entry->buf_index = static_cast<uint16_t>(fixed);
    ++stats()->registered_ops;
  }
  entry->user_data = slots_.Take(attempt.request);
}

size_t UringDriver::RunInline(AttemptSink* sink) {
  size_t count = 0;
  for (const Attempt& attempt : inline_) {
    ++stats()->kernel_enters;
    sink->OnResult(attempt.request, RunPlain(attempt));
    ++count;
  }
  inline_.clear();
  return count;
}

size_t UringDriver::Reap(AttemptSink* sink) {
  size_t count = 0;
  ring_->Reap([&](uint64_t tag, int32_t result) {
    if (tag == RingWaker::kPollTag) return waker_->OnPoll();
    if (tag == RingWaker::kTimeoutTag) return;
    Request* const request = slots_.Release(tag);
    // A broken ring may still bring what was given up.
    if (request == nullptr) {
      return Break("the ring gave a completion that no request waits for", sink);
    }
    ++count;
    sink->OnResult(request, result);
  });
  return count;
}

// False when the caller should come back later.
bool UringDriver::Enter(uint32_t min_complete, uint64_t timeout_nanos, AttemptSink* sink) {
  ++stats()->kernel_enters;
  const int result = ring_->Enter(min_complete, timeout_nanos);
  if (result == 0 || result == -ETIME || result == -EINTR) {
    refusals_ = 0;
    return result == 0;
  }
  const bool passing = result == -EAGAIN || result == -EBUSY || result == -ENOMEM;
  if (!passing || ++refusals_ > kRefusalsMax) {
    Break(result == -EBADR    ? "the kernel dropped a completion"
          : result == -EEXIST ? "a thread used a ring that is not its own"
                              : "the kernel refuses the ring",
          sink);
  } else if (refusals_ > kRefusalsBeforeSleep) {
    base::SleepNanos(kRefusalNanos);
  }
  return false;
}

void UringDriver::Break(const char* what, AttemptSink* sink) {
  if (broken_) return;
  broken_ = true;
  give_up_nanos_ = base::SystemClock()->NowNanos() + kGiveUpNanos;
  sink->OnBroken(what);
}

// Nothing new goes to the ring.
void UringDriver::CollectBroken(size_t min_count, uint64_t timeout_nanos, AttemptSink* sink) {
  size_t count = 0;
  const auto give = [&](Request* request) {
    ++count;
    sink->OnResult(request, -ENOTRECOVERABLE);
  };
  for (const Attempt& attempt : inline_) give(attempt.request);
  inline_.clear();
  ring_->TakeBack([&](uint64_t tag) {
    if (tag < SlotTable::kTagEnd) give(slots_.Release(tag));
  });
  count += Reap(sink);
  if (slots_.taken() > 0) {
    (void)ring_->Enter(0, kNoTimeout);  // for completions that only an Enter brings
    count += Reap(sink);
  }
  if (slots_.taken() > 0 && base::SystemClock()->NowNanos() >= give_up_nanos_) {
    slots_.ReleaseAll([&](Request* request) {
      arena_->Quarantine(request->data, request->length);
      give(request);
    });
  }
  if (count >= min_count) return;
  (void)waker_->WaitOutside(
      *ring_, slots_.taken() > 0 ? std::min(timeout_nanos, kBrokenNanos) : timeout_nanos);
}

void UringDriver::Collect(size_t min_count, uint64_t timeout_nanos, AttemptSink* sink) {
  if (broken_) return CollectBroken(min_count, timeout_nanos, sink);
  size_t count = 0;
  if (!inline_.empty()) {
    // The device works on the ring's entries while this thread is in its plain calls.
    if (ring_->unsent() > 0 && !Enter(0, kNoTimeout, sink)) return;
    count += RunInline(sink);
  }
  count += Reap(sink);
  if (count < min_count) {
    WaitOnRing(min_count - count, timeout_nanos, sink);
  } else if (ring_->unsent() > 0) {
    (void)Enter(0, kNoTimeout, sink);
  }
  Reap(sink);
  // One entry brings a batch; what is known to be left is fetched as well.
  while (ring_->HasTaskWork() && !broken_) {
    if (!Enter(0, kNoTimeout, sink)) return;
    if (Reap(sink) == 0) return;
    base::SchedPoint();
  }
}

void UringDriver::WaitOnRing(size_t min_count, uint64_t timeout_nanos, AttemptSink* sink) {
  if (broken_) return;  // since a moment ago: the core asks again
  if (!movable_) {
    waker_->Arm(ring_.get());
    (void)Enter(static_cast<uint32_t>(min_count), timeout_nanos, sink);
    return;
  }
  if (ring_->unsent() > 0 && !Enter(0, kNoTimeout, sink)) return;
  if (Reap(sink) > 0) return;
  ++stats()->kernel_enters;
  (void)waker_->WaitOutside(*ring_, timeout_nanos);
}

}  // namespace

Result<std::unique_ptr<Queue>> NewUringQueue(RingOptions options, BufferArena* arena,
                                             BufferRegistry* registry) {
  if (Status s = CheckQueueDepth(options.depth); !s.ok()) return s;
  auto ring = Ring::CreatePatiently(&options);
  if (!ring.ok()) return ring.status();
  auto waker = RingWaker::Create();
  if (!waker.ok()) return waker.status();
  auto driver = std::make_unique<UringDriver>(std::move(*ring), std::move(*waker), options.movable,
                                              options.depth, arena, registry);
  return std::unique_ptr<Queue>(std::make_unique<QueueCore>(std::move(driver), options.depth));
}

}  // namespace treering::io
