// MemtableShares: which database flushes when the memtables of all of them pass their share of the
// budget.
//
// Owner: the Runtime; users end before it.
// Threads: any. SealSoon is called without locks of this class' own but the list's: it must not
//   call back.
// Invariants:
//   1. While what is sealed already brings the sum within the share, nobody is asked.
//   2. A user that unregistered is not called any more.
#ifndef TREERING_ENGINE_RUNTIME_MEMTABLE_SHARES_H_
#define TREERING_ENGINE_RUNTIME_MEMTABLE_SHARES_H_

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "engine/base/clock.h"
#include "engine/base/thread.h"
#include "engine/runtime/budget_impl.h"

namespace treering::runtime {

// The memtable of one database that takes writes.
struct ActiveMemtable {
  uint64_t bytes = 0;  // held from the budget
  uint64_t age_nanos = 0;
};

inline constexpr size_t kNobody = SIZE_MAX;

// The one whose flush gives most back: large ones first, and a memtable counts double for every ten
// seconds of its age, so that an old small one does not hold its log for ever. kNobody while all
// memtables together (`used_bytes`, sealed ones included) are within `bytes_max`, or will be when
// what is sealed was flushed.
size_t PickToFlush(std::span<const ActiveMemtable> active, uint64_t used_bytes, uint64_t bytes_max);

class MemtableUser {
 public:
  virtual ~MemtableUser() = default;
  // `now_nanos` is the clock's.
  virtual ActiveMemtable Active(uint64_t now_nanos) const = 0;
  // Seals the active memtable and has it flushed, soon. Never blocks.
  virtual void SealSoon() = 0;
};

class MemtableShares {
 public:
  MemtableShares(const BudgetImpl* budget, base::Clock* clock, uint64_t bytes_max)
      : budget_(budget), clock_(clock), bytes_max_(bytes_max) {}

  void Register(MemtableUser* user);
  // Waits while the user is being asked.
  void Unregister(MemtableUser* user);

  // A memtable grew. Costs a load unless the share is passed.
  void Grown() {
    if (budget_->used(base::MemoryClass::kMemtable) > bytes_max_) [[unlikely]]
      AskOne(bytes_max_);
  }
  // A commit found no memory, as readers hold it: one is asked whatever the share says, unless
  // something is being flushed already.
  void Refused();
  uint64_t bytes_max() const { return bytes_max_; }

 private:
  void AskOne(uint64_t bytes_max);

  const BudgetImpl* const budget_;
  base::Clock* const clock_;
  const uint64_t bytes_max_;
  base::Mutex mutex_;
  std::vector<MemtableUser*> users_;
};

}  // namespace treering::runtime

#endif  // TREERING_ENGINE_RUNTIME_MEMTABLE_SHARES_H_
