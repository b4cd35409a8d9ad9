// Ring: one io_uring, with the best flags the kernel takes.
//
// Owner: a queue, or BufferRegistry (its master ring).
// Threads: the thread that made it, for life; a movable ring: one at a time. Checked in debug
//   builds.
// Invariants:
//   1. The submission queue has room for depth entries and kSpareEntries more; the completion queue
//      for as many completions, so that none overflows.
//   2. Flags are tried from SINGLE_ISSUER|DEFER_TASKRUN downwards; what was taken is in
//      flag_names().
//   3. Restricted by the kernel, before it takes its first entry, to reads, writes and what a wake
//      needs: a stray entry is refused.
//   4. Needs Linux 5.11 (EXT_ARG, NODROP); older kernels are an error that says so.
// Source: man 2 io_uring_setup, io_uring_enter, io_uring_register.
#ifndef TREERING_ENGINE_IO_RING_H_
#define TREERING_ENGINE_IO_RING_H_

#include <liburing.h>

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>

#include "api/result.h"

namespace treering::io {

// Of io_uring_register, from linux/io_uring.h of 6.12; liburing 2.3 does not have it.
inline constexpr uint8_t kRegisterCloneBuffers = 30;

struct RingOptions {
  uint32_t depth = 1;
  // May pass from thread to thread: no SINGLE_ISSUER, no DEFER_TASKRUN.
  bool movable = false;
  bool sqpoll = false;
  // Flags that the kernel is to be thought not to know; for tests of the ladder.
  uint32_t without_flags = 0;
  // As if the system refused so many rings, for a passing lack of memory; for tests of patience.
  std::atomic<int>* refusals = nullptr;
};

class Ring {
 public:
  static constexpr uint32_t kSpareEntries = 6;  // wakes

  static Result<std::unique_ptr<Ring>> Create(const RingOptions& options);
  // Asks again for a while, since the memory of rings that ended is given back late, in the end for
  // less depth.
  static Result<std::unique_ptr<Ring>> CreatePatiently(RingOptions* options);
  ~Ring();
  Ring(const Ring&) = delete;
  Ring& operator=(const Ring&) = delete;

  int fd() const { return ring_.ring_fd; }
  io_uring* raw() { return &ring_; }
  const std::string& flag_names() const { return flag_names_; }
  bool sqpoll() const { return (ring_.flags & IORING_SETUP_SQPOLL) != 0; }

  // A fresh entry; never null while its user keeps to depth.
  io_uring_sqe* NextEntry();
  // Entries made and not sent.
  uint32_t unsent() const { return ring_.sq.sqe_tail - ring_.sq.sqe_head; }
  // Whether the kernel has completions for us that only an Enter brings.
  bool HasTaskWork() const;

  // Sends what is unsent and waits for `min_complete` completions (0: for none), at most
  // `timeout_nanos` (kNoTimeout: no limit). 0, or a negative errno; -ETIME when the time passed.
  int Enter(uint32_t min_complete, uint64_t timeout_nanos);
  // Enters for nothing, to see whether that is allowed. 0, or a negative errno.
  int TryEnter();

  // Takes back every entry that the kernel was not shown, and calls use(user_data) for each.
  template <typename Use>
  void TakeBack(Use use) {
    // Without a polling thread the kernel looks at entries inside Enter only.
    const unsigned first = sqpoll() ? *ring_.sq.ktail : *ring_.sq.khead;
    for (unsigned at = first; at != ring_.sq.sqe_tail; ++at) {
      use(uint64_t{ring_.sq.sqes[at & ring_.sq.ring_mask].user_data});
    }
    ring_.sq.sqe_tail = first;
    ring_.sq.sqe_head = first;
    __atomic_store_n(ring_.sq.ktail, first, __ATOMIC_RELEASE);
  }

  // Calls use(user_data, result) for every completion there is. Returns how many.
  template <typename Use>
  uint32_t Reap(Use use) {
    uint32_t count = 0;
    unsigned head = *ring_.cq.khead;
    while (head != __atomic_load_n(ring_.cq.ktail, __ATOMIC_ACQUIRE)) {
      const io_uring_cqe& completion = ring_.cq.cqes[head & ring_.cq.ring_mask];
      const uint64_t user_data = completion.user_data;
      const int32_t result = completion.res;
      // Given back before use: `use` may run long.
      __atomic_store_n(ring_.cq.khead, ++head, __ATOMIC_RELEASE);
      use(user_data, result);
      ++count;
    }
    return count;
  }

 private:
  Ring() = default;
  int RestrictAndEnable();
  uint32_t Flush();

  io_uring ring_ = {};
  std::string flag_names_;
  int owner_ = 0;  // 0: movable
};

}  // namespace treering::io

#endif  // TREERING_ENGINE_IO_RING_H_
