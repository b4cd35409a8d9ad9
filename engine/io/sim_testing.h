// SimTesting: what tests of upper layers need around the simulated disk.
//
// Owner: nobody.
// Threads: called by the test's ordinary thread.
// Invariants:
//   1. Every failure names the seed, or the crash, that shows it again.
#ifndef TREERING_ENGINE_IO_SIM_TESTING_H_
#define TREERING_ENGINE_IO_SIM_TESTING_H_

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "engine/base/sim_scheduler.h"
#include "engine/io/sim_disk.h"
#include "engine/io/sim_storage.h"

namespace treering::io {

// Runs `body` as the first thread of a simulation. A deadlock fails the test with its report.
base::SimScheduler::Report RunSim(uint64_t seed, std::function<void()> body);

// One crash and what became of it.
struct SimCrash {
  uint64_t io_index = 0;  // or the store's index
  bool at_store = false;
  CrashSide side = CrashSide::kBefore;
  CrashKind kind = CrashKind::kPowerLoss;
  PowerLoss power = {};
  uint64_t seed = 0;
  std::string ToString() const;
};

struct SimCrashLoop {
  // Restarts tried at each crash point. Empty: DefaultDamage().
  std::vector<SimCrash> damage = {};  // kind, power and seed count; the point is filled in
  bool stores = true;                 // crash in every mapped store too
  // Where at most so many operations are volatile (12 at most): power loss with every subset, too.
  uint32_t subsets_of = 0;
  uint64_t point_step = 1;  // every nth point only
  bool simulate = false;    // run `work` and `check` inside RunSim, with this seed
  uint64_t seed = 1;
  // Each run begins with a copy of this instead of an empty storage: for crashes of a recovery.
  const SimStorage* start = nullptr;
};

// Process death twice, and power loss with every policy.
std::vector<SimCrash> DefaultDamage();

// For every I/O (and store) that `work` does: does it anew on a storage that crashes there,
// then for every damage restarts a copy and calls `check` with it. `work` must stop at the first
// error after which `storage->crashed()`, and keep outside what was acknowledged before. Stops at
// the first crash whose check failed the test. Returns how many recoveries were checked.
uint64_t ForEachCrash(const SimCrashLoop& loop, const std::function<void(SimStorage*)>& work,
                      const std::function<void(SimStorage*, const SimCrash&)>& check);

}  // namespace treering::io

#endif  // TREERING_ENGINE_IO_SIM_TESTING_H_
