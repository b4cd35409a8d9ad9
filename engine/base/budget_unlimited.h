// UnlimitedBudget: grants everything and counts it; for tests.
//
// Owner: the test.
// Threads: any.
// Invariants:
//   1. Releasing more than was charged to a class is a broken invariant of the caller: CHECK.
#ifndef TREERING_ENGINE_BASE_BUDGET_UNLIMITED_H_
#define TREERING_ENGINE_BASE_BUDGET_UNLIMITED_H_

#include <atomic>
#include <cstdint>

#include "engine/base/budget.h"

namespace treering::base {

class UnlimitedBudget : public Budget {
 public:
  bool Charge(MemoryClass memory_class, uint64_t bytes, Need need) override;
  void Release(MemoryClass memory_class, uint64_t bytes) override;

  // Charged and not yet released.
  uint64_t Charged(MemoryClass memory_class) const;
  uint64_t ChargedTotal() const;

 private:
  std::atomic<uint64_t> charged_[kMemoryClassCount] = {};
};

}  // namespace treering::base

#endif  // TREERING_ENGINE_BASE_BUDGET_UNLIMITED_H_
