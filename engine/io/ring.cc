#include "engine/io/ring.h"

#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <bit>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <utility>
#include <vector>

#include "engine/base/check.h"
#include "engine/base/thread.h"
#include "engine/io/errors.h"
#include "engine/io/queue.h"

namespace treering::io {
namespace {

constexpr uint32_t kNeededFeatures = IORING_FEAT_NODROP | IORING_FEAT_EXT_ARG;
constexpr uint32_t kSqpollIdleMillis = 100;
constexpr int kCreateTries = 4;
constexpr uint64_t kCreatePauseNanos = 1'000'000;

// Rings are mapped by raw system calls, which ThreadSanitizer does not see: when one thread's ring
// comes to lie where another thread's was, it takes the reuse for a race. This counter orders the
// end of one ring before the beginning of the next.
std::atomic<uint64_t> open_rings{0};

struct NamedFlag {
  uint32_t flag;
  const char* name;
};
constexpr NamedFlag kFlagNames[] = {
    {IORING_SETUP_SQPOLL, "SQPOLL"},
    {IORING_SETUP_SINGLE_ISSUER, "SINGLE_ISSUER"},
    {IORING_SETUP_DEFER_TASKRUN, "DEFER_TASKRUN"},
    {IORING_SETUP_COOP_TASKRUN, "COOP_TASKRUN"},
    {IORING_SETUP_SUBMIT_ALL, "SUBMIT_ALL"},
};

std::string NamesOf(uint32_t flags) {
  std::string names;
  for (const NamedFlag& named : kFlagNames) {
    if ((flags & named.flag) == 0) continue;
    if (!names.empty()) names += "|";
    names += named.name;
  }
  return names.empty() ? "none" : names;
}

// Sets of flags, best first; each is a subset of what newer kernels know.
std::vector<uint32_t> LadderFor(const RingOptions& options) {
  constexpr uint32_t kAlways = IORING_SETUP_CQSIZE | IORING_SETUP_CLAMP | IORING_SETUP_R_DISABLED;
  if (options.sqpoll) {
    return {kAlways | IORING_SETUP_SQPOLL | IORING_SETUP_SUBMIT_ALL, kAlways | IORING_SETUP_SQPOLL};
  }
  std::vector<uint32_t> ladder;
  if (!options.movable) {
    ladder.push_back(kAlways | IORING_SETUP_SUBMIT_ALL | IORING_SETUP_SINGLE_ISSUER |
                     IORING_SETUP_DEFER_TASKRUN | IORING_SETUP_TASKRUN_FLAG);  // 6.1
  }
  ladder.push_back(kAlways | IORING_SETUP_SUBMIT_ALL | IORING_SETUP_COOP_TASKRUN |
                   IORING_SETUP_TASKRUN_FLAG);          // 5.19
  ladder.push_back(kAlways | IORING_SETUP_SUBMIT_ALL);  // 5.18
  ladder.push_back(kAlways);
  return ladder;
}

}  // namespace

Result<std::unique_ptr<Ring>> Ring::CreatePatiently(RingOptions* options) {
  constexpr uint32_t kSmallDepth = 16;
  for (int tries = 1;; ++tries) {
    auto ring = Create(*options);
    if (ring.ok() || tries == kCreateTries) return ring;
    base::SleepNanos(kCreatePauseNanos);
    if (tries + 1 == kCreateTries) options->depth = std::min(options->depth, kSmallDepth);
    base::SchedPoint();
  }
}

Result<std::unique_ptr<Ring>> Ring::Create(const RingOptions& options) {
  if (options.refusals != nullptr && options.refusals->fetch_sub(1) > 0) {
    return ErrorStatus(Action::kSetupRing, "io_uring", kNoOffset, ENOMEM);
  }
  std::unique_ptr<Ring> ring(new Ring());
  ring->ring_.ring_fd = -1;
  const uint32_t entries = std::bit_ceil(options.depth + kSpareEntries);
  int result = -EINVAL;
  for (const uint32_t flags : LadderFor(options)) {
    if ((flags & options.without_flags) != 0) continue;
    io_uring_params params = {};
    params.flags = flags;
    params.cq_entries = entries;
    params.sq_thread_idle = kSqpollIdleMillis;
    result = io_uring_queue_init_params(entries, &ring->ring_, &params);
    if (result == -EINVAL) continue;
    break;
  }
  if (result < 0) {
    ring->ring_.ring_fd = -1;
    return ErrorStatus(Action::kSetupRing, "io_uring", kNoOffset, -result);
  }
  open_rings.fetch_add(1, std::memory_order_acq_rel);
  if ((ring->ring_.features & kNeededFeatures) != kNeededFeatures) {
    return Status::NotSupported("set up ring: this kernel's io_uring is too old, 5.11 is needed");
  }
  if (const int refused = ring->RestrictAndEnable(); refused < 0) {
    return ErrorStatus(Action::kSetupRing, "io_uring", kNoOffset, -refused);
  }
  // A child of fork must not share the ring.
  io_uring_ring_dontfork(&ring->ring_);
  // Entries are used in order, so the indirection of old kernels stays the identity.
  for (unsigned i = 0; ring->ring_.sq.array != nullptr && i < ring->ring_.sq.ring_entries; ++i) {
    ring->ring_.sq.array[i] = i;
  }
  ring->flag_names_ = NamesOf(ring->ring_.flags);
  ring->owner_ = options.movable ? 0 : gettid();
  return ring;
}

int Ring::RestrictAndEnable() {
  // liburing.so 2.3 does not export the helpers for either call.
  const auto fd = static_cast<unsigned>(ring_.ring_fd);
  std::vector<io_uring_restriction> allowed;
  for (const uint8_t op : {IORING_OP_READ, IORING_OP_WRITE, IORING_OP_READ_FIXED,
                           IORING_OP_WRITE_FIXED, IORING_OP_POLL_ADD, IORING_OP_TIMEOUT}) {
    allowed.push_back({.opcode = IORING_RESTRICTION_SQE_OP, .sqe_op = op, .resv = 0, .resv2 = {}});
  }
  allowed.push_back({.opcode = IORING_RESTRICTION_SQE_FLAGS_ALLOWED,
                     .sqe_flags = IOSQE_IO_LINK,
                     .resv = 0,
                     .resv2 = {}});
  for (const uint8_t op : {uint8_t{IORING_REGISTER_BUFFERS2},
                           uint8_t{IORING_REGISTER_BUFFERS_UPDATE}, kRegisterCloneBuffers}) {
    allowed.push_back(
        {.opcode = IORING_RESTRICTION_REGISTER_OP, .register_op = op, .resv = 0, .resv2 = {}});
  }
  // Kernels that do not know clones refuse the list with it. One that refuses both is not told.
  const auto count = static_cast<unsigned>(allowed.size());
  if (io_uring_register(fd, IORING_REGISTER_RESTRICTIONS, allowed.data(), count) < 0) {
    (void)io_uring_register(fd, IORING_REGISTER_RESTRICTIONS, allowed.data(), count - 1);
  }
  return io_uring_register(fd, IORING_REGISTER_ENABLE_RINGS, nullptr, 0);
}

Ring::~Ring() {
  if (ring_.ring_fd < 0) return;
  open_rings.fetch_sub(1, std::memory_order_acq_rel);
  io_uring_queue_exit(&ring_);
}

io_uring_sqe* Ring::NextEntry() {
  io_uring_sqe* const entry = io_uring_get_sqe(&ring_);
  TREERING_CHECK(entry != nullptr);
  std::memset(entry, 0, sizeof *entry);
  return entry;
}

uint32_t Ring::Flush() {
  io_uring_sq& sq = ring_.sq;
  sq.sqe_head = sq.sqe_tail;
  // A full barrier: with SQPOLL the flags are read next, and must not be from before.
  __atomic_exchange_n(sq.ktail, sq.sqe_tail, __ATOMIC_SEQ_CST);
  return sq.sqe_tail - __atomic_load_n(sq.khead, __ATOMIC_ACQUIRE);
}

bool Ring::HasTaskWork() const {
  constexpr uint32_t kCome = IORING_SQ_TASKRUN | IORING_SQ_CQ_OVERFLOW;
  // Without the flag nobody tells: completions then come by themselves.
  return (__atomic_load_n(ring_.sq.kflags, __ATOMIC_RELAXED) & kCome) != 0;
}

int Ring::TryEnter() {
  const unsigned flags = sqpoll() ? IORING_ENTER_SQ_WAKEUP : IORING_ENTER_GETEVENTS;
  const int result =
      io_uring_enter2(static_cast<unsigned>(ring_.ring_fd), 0, 0, flags, nullptr, _NSIG / 8);
  return result < 0 ? result : 0;
}

int Ring::Enter(uint32_t min_complete, uint64_t timeout_nanos) {
  TREERING_DCHECK(owner_ == 0 || owner_ == gettid());
  uint32_t to_submit = Flush();
  uint32_t flags = IORING_ENTER_GETEVENTS;
  if (sqpoll()) {
    // The polling thread takes entries by itself, unless it went to sleep just before they came.
    const bool asleep =
        (__atomic_load_n(ring_.sq.kflags, __ATOMIC_SEQ_CST) & IORING_SQ_NEED_WAKEUP) != 0;
    if (asleep) flags |= IORING_ENTER_SQ_WAKEUP;
    if (!asleep && min_complete == 0 && !HasTaskWork()) return 0;
    to_submit = 0;
  }
  __kernel_timespec time = {};
  io_uring_getevents_arg arg = {};
  arg.sigmask_sz = _NSIG / 8;
  if (timeout_nanos != kNoTimeout) {
    time.tv_sec = static_cast<int64_t>(timeout_nanos / 1'000'000'000);
    time.tv_nsec = static_cast<int64_t>(timeout_nanos % 1'000'000'000);
    arg.ts = reinterpret_cast<uint64_t>(&time);
  }
  const int result =
      io_uring_enter2(static_cast<unsigned>(ring_.ring_fd), to_submit, min_complete,
                      flags | IORING_ENTER_EXT_ARG, reinterpret_cast<sigset_t*>(&arg), sizeof arg);
  // A part may have been sent and then something failed: what is left shows in the queue's head.
  ring_.sq.sqe_head = __atomic_load_n(ring_.sq.khead, __ATOMIC_ACQUIRE);
  return result < 0 ? result : 0;
}

}  // namespace treering::io
