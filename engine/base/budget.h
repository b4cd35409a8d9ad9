// Budget: the one bound on memory, as the folders below the Runtime see it.
//
// Owner: the Runtime implements it; tests use UnlimitedBudget.
// Threads: any.
// Invariants:
//   1. The sum of all charges stays at or below the limit, except for Force, which is counted.
//   2. Every charge is released by its owner, with the same class and size.
#ifndef TREERING_ENGINE_BASE_BUDGET_H_
#define TREERING_ENGINE_BASE_BUDGET_H_

#include <cstdint>

namespace treering::base {

enum class MemoryClass : uint8_t { kCache, kMemtable, kTableMeta, kIoBuffer, kIterator, kOther };
inline constexpr int kMemoryClassCount = 6;

class Budget {
 public:
  virtual ~Budget() = default;
  // False: no room; the caller waits, evicts or answers OutOfMemory.
  virtual bool TryCharge(MemoryClass memory_class, uint64_t bytes) = 0;
  // For what cannot be refused (a commit already acknowledged); back-pressure follows.
  virtual void ForceCharge(MemoryClass memory_class, uint64_t bytes) = 0;
  virtual void Release(MemoryClass memory_class, uint64_t bytes) = 0;
};

}  // namespace treering::base

#endif  // TREERING_ENGINE_BASE_BUDGET_H_
