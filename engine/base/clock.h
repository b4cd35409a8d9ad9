// Clock: the seam through which all time comes in.
//
// Owner: the Runtime owns the one in use; it outlives everything opened on it.
// Threads: any.
// Invariants:
//   1. NowNanos never goes back. No correctness decision rests on WallMicros.
//   2. In simulation both are virtual and move only when every simulated thread waits.
#ifndef TREERING_ENGINE_BASE_CLOCK_H_
#define TREERING_ENGINE_BASE_CLOCK_H_

#include <cstdint>

namespace treering::base {

class Clock {
 public:
  virtual ~Clock() = default;
  // Monotonic, in nanoseconds, from an arbitrary start.
  virtual uint64_t NowNanos() = 0;
  // Microseconds since 1970, for people to read.
  virtual uint64_t WallMicros() = 0;
};

// The machine's clock on an ordinary thread; the virtual one on a simulated thread. Never deleted.
Clock* SystemClock();

}  // namespace treering::base

#endif  // TREERING_ENGINE_BASE_CLOCK_H_
