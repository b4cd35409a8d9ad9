// HeapMeter: how much the heap grew at most since the meter was made, over all threads.
//
// Owner: the target; one at a time.
// Threads: made and asked on one; any may allocate meanwhile.
// Invariants:
//   1. It counts what operator new gave, in whole blocks of the allocator. Mapped memory (an
//      arena's) has a bound of its own and is not counted.
#ifndef TREERING_TESTS_FUZZ_HEAP_METER_H_
#define TREERING_TESTS_FUZZ_HEAP_METER_H_

#include <cstdint>

namespace treering::fuzz {

class HeapMeter {
 public:
  HeapMeter();
  uint64_t PeakBytes() const;

 private:
  const int64_t begin_bytes_;
};

}  // namespace treering::fuzz

#endif  // TREERING_TESTS_FUZZ_HEAP_METER_H_
