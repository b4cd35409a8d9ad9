// Simulate: runs a body on the simulated threads of base/sim_scheduler.h.
//
// Owner: the target.
// Threads: called on an ordinary one.
// Invariants:
//   1. The same seed and body do the same in each run; waiting takes no time. Threads that wait for
//      each other end the process with a message.
#ifndef TREERING_TESTS_FUZZ_SIMULATE_H_
#define TREERING_TESTS_FUZZ_SIMULATE_H_

#include <cstdint>
#include <cstdio>
#include <functional>
#include <utility>

#include "engine/base/sim_scheduler.h"
#include "tests/fuzz/fuzz_input.h"

namespace treering::fuzz {

inline void Simulate(uint64_t seed, std::function<void()> body) {
  const auto report = base::SimScheduler::Run(seed, std::move(body));
  if (report.deadlock) std::fprintf(stderr, "%s\n", report.deadlock_text.c_str());
  FUZZ_CHECK(!report.deadlock);
}

}  // namespace treering::fuzz

#endif  // TREERING_TESTS_FUZZ_SIMULATE_H_
