// EpochDomain: lets readers use shared objects without counting, and tells when none can any more.
//
// Owner: the Runtime; outlives every thread's use of it.
// Threads: any. A guard belongs to the thread that made it and is never held across a wait for I/O.
// Invariants:
//   1. An object unlinked before Retire is called is not freed while a guard that could have seen
//   it
//      is alive.
//   2. Entering and leaving write only the thread's own cache line.
//   3. Guards nest.
// Source: K. Fraser, "Practical lock-freedom" (2004), epoch-based reclamation.
#ifndef TREERING_ENGINE_BASE_EPOCH_H_
#define TREERING_ENGINE_BASE_EPOCH_H_

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>

namespace treering::base {

class EpochDomain {
 public:
  EpochDomain();
  ~EpochDomain();  // runs everything retired
  EpochDomain(const EpochDomain&) = delete;
  EpochDomain& operator=(const EpochDomain&) = delete;

  class Guard {
   public:
    explicit Guard(EpochDomain* domain);
    ~Guard();
    Guard(const Guard&) = delete;
    Guard& operator=(const Guard&) = delete;

   private:
    EpochDomain* const domain_;
  };

  // The present epoch: stamp what is unlinked with it, after unlinking.
  uint64_t Stamp() const;
  // Whether every guard that was alive at `stamp` has ended. Tries to move the epoch on.
  bool Passed(uint64_t stamp);
  // Runs `reclaim` some time after every present guard has ended: on this thread or on another
  // that calls Retire or Collect. It must not block.
  void Retire(std::function<void()> reclaim);
  // Runs what can be run now. Returns how many are still waiting.
  size_t Collect();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
  friend class Guard;
};

}  // namespace treering::base

#endif  // TREERING_ENGINE_BASE_EPOCH_H_
