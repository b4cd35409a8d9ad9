// FailingAllocations: refuses allocations of the C++ heap, by number.
//
// Owner: the test, one at a time. Linking it replaces operator new of the whole process.
// Threads: counts those of all threads together; not those of the simulation's own code.
// Invariants:
//   1. Outside of its life nothing is refused, and within an Exempt nothing is counted.
//   2. Exempt and Counted nest.
#ifndef TREERING_TESTS_SUPPORT_FAILING_ALLOCATIONS_H_
#define TREERING_TESTS_SUPPORT_FAILING_ALLOCATIONS_H_

#include <cstdint>

namespace treering::testing {

class FailingAllocations {
 public:
  // Refuses `count` allocations from the number `first` (0 is the next one) on.
  FailingAllocations(uint64_t first, uint64_t count);
  ~FailingAllocations();
  FailingAllocations(const FailingAllocations&) = delete;
  FailingAllocations& operator=(const FailingAllocations&) = delete;

  // Allocations so far, those that were refused among them.
  uint64_t seen() const;
  uint64_t refused() const;

  // What the calling thread allocates meanwhile is the test's; and within that, counts again.
  class Exempt {
   public:
    Exempt();
    ~Exempt();
  };
  class Counted {
   public:
    Counted();
    ~Counted();
  };
};

}  // namespace treering::testing

#endif  // TREERING_TESTS_SUPPORT_FAILING_ALLOCATIONS_H_
