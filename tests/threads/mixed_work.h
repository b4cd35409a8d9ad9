// MixedWork: writers of mixed durability, readers, flushes and compactions side by side, until the
// work is done or the database is closed under them.
//
// Owner: the test.
// Threads: Run starts its own (simulated ones under a simulation) and joins them; Stop from any.
// Invariants:
//   1. What is noted in the histories was written, acknowledged or seen while `alive` said so.
#ifndef TREERING_TESTS_THREADS_MIXED_WORK_H_
#define TREERING_TESTS_THREADS_MIXED_WORK_H_

#include <atomic>
#include <cstdint>
#include <functional>

#include "api/db.h"
#include "tests/support/histories.h"

namespace treering::testing {

struct MixedWork {
  DB* db = nullptr;
  Histories* histories = nullptr;
  uint64_t seed = 1;
  int batches_per_writer = 40;
  // False once the world has crashed: what is answered after that counts for nothing.
  std::function<bool()> alive = [] { return true; };

  // Runs everything, and `meanwhile` on the calling thread beside it.
  void Run(const std::function<void()>& meanwhile);

 private:
  void Write(size_t writer);
  void Read(uint64_t salt);
  void Maintain();

  std::atomic<size_t> writers_left_{0};
};

}  // namespace treering::testing

#endif  // TREERING_TESTS_THREADS_MIXED_WORK_H_
