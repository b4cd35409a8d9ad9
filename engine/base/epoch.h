// EpochDomain: lets readers use shared objects without counting, and tells when none can any more.
//
// Owner: the Runtime; outlives every guard on it.
// Threads: any. A guard belongs to the thread that made it and is never held across a wait for I/O,
//   nor made in the destructor of a thread-local object.
// Invariants:
//   1. An object unlinked before Stamp or Retire is called is not freed while a guard that could
//      have seen it is alive.
//   2. Entering and leaving write only the thread's own cache line.
//   3. Guards nest.
//   4. A thread's line goes back to the domain when the thread ends; a later thread takes it over.
// Source: K. Fraser, "Practical lock-freedom" (2004), epoch-based reclamation.
#ifndef TREERING_ENGINE_BASE_EPOCH_H_
#define TREERING_ENGINE_BASE_EPOCH_H_

#include <cstddef>
#include <cstdint>
#include <functional>
#include <list>
#include <memory>
#include <utility>

namespace treering::base {

class EpochDomain {
 private:
  struct Slot;
  struct Retired {
    uint64_t stamp = 0;
    std::function<void()> reclaim;
  };

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
    Slot* const slot_;
  };

  // Ends the present epoch and returns it: stamp what is unlinked with it, after unlinking.
  uint64_t Stamp() const;
  // Whether every guard that was alive at `stamp` has ended. Reads one line a thread.
  bool Passed(uint64_t stamp);
  // What is to be retired later, with the memory that takes.
  class Retirement {
   private:
    friend class EpochDomain;
    std::list<Retired> node_;  // one, or none
  };
  static Retirement Prepare(std::function<void()> reclaim);
  // Runs `reclaim` some time after every present guard has ended: on this thread or on another
  // that calls Retire or Collect. It must not block; it may call Retire. Allocates nothing when
  // prepared.
  void Retire(Retirement prepared);
  void Retire(std::function<void()> reclaim) { Retire(Prepare(std::move(reclaim))); }
  // Runs what can be run now. Returns how many are still waiting. Allocates nothing.
  size_t Collect();

 private:
  class Slots;
  class ThreadSlots;
  struct Impl;

  static Slot* Enter(EpochDomain* domain);

  const std::unique_ptr<Impl> impl_;
};

}  // namespace treering::base

#endif  // TREERING_ENGINE_BASE_EPOCH_H_
