// Budget: the one bound on memory, as the folders below the Runtime see it.
//
// Owner: the Runtime implements it; tests use UnlimitedBudget.
// Threads: any.
// Invariants:
//   1. The sum of all charges stays at or below the limit, except for what must be had, which is
//      counted.
//   2. Every charge is released by its owner, with the same class and size.
//   3. What could be done without (Need::kSpare) leaves a reserve to everybody else.
#ifndef TREERING_ENGINE_BASE_BUDGET_H_
#define TREERING_ENGINE_BASE_BUDGET_H_

#include <cstdint>

namespace treering::base {

// kMemtable: what takes writes or waits for its flush; kIterator: what only readers still hold.
enum class MemoryClass : uint8_t { kCache, kMemtable, kTableMeta, kIoBuffer, kIterator, kOther };
inline constexpr int kMemoryClassCount = 6;

enum class Need : uint8_t {
  kSpare,  // can wait, or be done without: memtables, reads ahead, more writes in flight
  kUsual,  // the caller waits, evicts or answers OutOfMemory when there is none
  kMust,   // cannot be refused: a commit already acknowledged, the block a read asks for
};

class Budget {
 public:
  virtual ~Budget() = default;
  // False: no room, and nothing is charged; never for kMust.
  virtual bool Charge(MemoryClass memory_class, uint64_t bytes, Need need) = 0;
  virtual void Release(MemoryClass memory_class, uint64_t bytes) = 0;
  // What is charged changes its class. Never refused.
  virtual void Move(MemoryClass from, MemoryClass to, uint64_t bytes) {
    Release(from, bytes);
    ForceCharge(to, bytes);
  }

  bool TryCharge(MemoryClass memory_class, uint64_t bytes) {
    return Charge(memory_class, bytes, Need::kUsual);
  }
  void ForceCharge(MemoryClass memory_class, uint64_t bytes) {
    (void)Charge(memory_class, bytes, Need::kMust);
  }
};

}  // namespace treering::base

#endif  // TREERING_ENGINE_BASE_BUDGET_H_
