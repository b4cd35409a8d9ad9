// RingWaker: lets another thread end a ring owner's wait.
//
// An eventfd, polled by an entry on the ring. A wait for many completions would sleep through that
// one completion, so it is linked to a timeout of nothing: the kernel ends every wait when a
// timeout fires. A movable ring cannot keep an entry of its own, which would belong to the thread
// that sent it: its users sleep in ppoll on ring and eventfd.
//
// Owner: a uring driver.
// Threads: the ring's, except Wake (any).
// Invariants:
//   1. Before the owner blocks, the eventfd is polled: no Wake is lost.
#ifndef TREERING_ENGINE_IO_RING_WAKER_H_
#define TREERING_ENGINE_IO_RING_WAKER_H_

#include <cstdint>
#include <memory>

#include "api/result.h"
#include "engine/io/posix_file.h"
#include "engine/io/ring.h"

namespace treering::io {

class RingWaker {
 public:
  // Above SlotTable::kTagEnd, so that they are no request's.
  static constexpr uint64_t kPollTag = ~uint64_t{0};
  static constexpr uint64_t kTimeoutTag = ~uint64_t{0} - 1;

  static Result<std::unique_ptr<RingWaker>> Create();

  void Wake();  // any thread

  // Puts the poll on the ring unless it is there. Before every wait on a ring that is not movable.
  void Arm(Ring* ring);
  // What came for kPollTag.
  void OnPoll();
  // For movable rings: waits until the ring has completions, Wake or the time. True when woken.
  bool WaitOutside(const Ring& ring, uint64_t timeout_nanos);

 private:
  explicit RingWaker(Descriptor event) : event_(std::move(event)) {}
  void Drain();

  const Descriptor event_;
  bool armed_ = false;
};

}  // namespace treering::io

#endif  // TREERING_ENGINE_IO_RING_WAKER_H_
