// SimInside: the calling thread is in the simulation's own code, not in the engine's.
//
// Owner: a scope of the simulated scheduler or disk.
// Threads: each for itself.
// Invariants:
//   1. What a test does to the engine's allocations leaves those of the simulation alone.
#ifndef TREERING_ENGINE_BASE_SIM_INSIDE_H_
#define TREERING_ENGINE_BASE_SIM_INSIDE_H_

namespace treering::base {

class SimInside {
 public:
  SimInside() { ++depth_; }
  ~SimInside() { --depth_; }
  SimInside(const SimInside&) = delete;
  SimInside& operator=(const SimInside&) = delete;

  static bool Now() { return depth_ > 0; }

 private:
  static inline constinit thread_local int depth_ = 0;
};

}  // namespace treering::base

#endif  // TREERING_ENGINE_BASE_SIM_INSIDE_H_
