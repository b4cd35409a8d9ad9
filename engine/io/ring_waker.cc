#include "engine/io/ring_waker.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <cerrno>
#include <ctime>
#include <utility>

#include "engine/io/errors.h"
#include "engine/io/queue.h"

namespace treering::io {

Result<std::unique_ptr<RingWaker>> RingWaker::Create() {
  Descriptor event(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  if (!event.valid()) return ErrorStatus(Action::kSetupRing, "eventfd", kNoOffset, errno);
  return std::unique_ptr<RingWaker>(new RingWaker(std::move(event)));
}

void RingWaker::Wake() {
  const uint64_t one = 1;
  // EAGAIN means that the counter is full, so the wake is there already.
  [[maybe_unused]] const ssize_t written = write(event_.get(), &one, sizeof one);
}

void RingWaker::Drain() {
  uint64_t count = 0;
  [[maybe_unused]] const ssize_t got = read(event_.get(), &count, sizeof count);
}

void RingWaker::Arm(Ring* ring) {
  if (armed_) return;
  static const __kernel_timespec kAtOnce = {};
  io_uring_sqe* const poll = ring->NextEntry();
  io_uring_prep_poll_add(poll, event_.get(), POLLIN);
  poll->flags |= IOSQE_IO_LINK;
  poll->user_data = kPollTag;
  io_uring_sqe* const timeout = ring->NextEntry();
  // Only read by the kernel.
  io_uring_prep_timeout(timeout, const_cast<__kernel_timespec*>(&kAtOnce), 0, 0);
  timeout->user_data = kTimeoutTag;
  armed_ = true;
}

void RingWaker::OnPoll() {
  armed_ = false;
  Drain();
}

bool RingWaker::WaitOutside(const Ring& ring, uint64_t timeout_nanos) {
  pollfd watched[2] = {{.fd = ring.fd(), .events = POLLIN, .revents = 0},
                       {.fd = event_.get(), .events = POLLIN, .revents = 0}};
  timespec time = {};
  time.tv_sec = static_cast<time_t>(timeout_nanos / 1'000'000'000);
  time.tv_nsec = static_cast<long>(timeout_nanos % 1'000'000'000);
  const int ready = ppoll(watched, 2, timeout_nanos == kNoTimeout ? nullptr : &time, nullptr);
  if (ready <= 0 || (watched[1].revents & POLLIN) == 0) return false;
  Drain();
  return true;
}

}  // namespace treering::io
