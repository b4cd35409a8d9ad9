// SimPolicy: the words for crashes of a simulated storage and for what survives them.
//
// Owner: values.
// Threads: any.
// Invariants:
//   1. Together with a seed they decide everything about a restart.
#ifndef TREERING_ENGINE_IO_SIM_POLICY_H_
#define TREERING_ENGINE_IO_SIM_POLICY_H_

#include <cstdint>

namespace treering::io {

// Where in the operation at the crash index the crash falls.
enum class CrashSide : uint8_t {
  kBefore,  // it did not complete; it may still be in flight
  kAfter,   // it completed and nobody was told
};

enum class CrashKind : uint8_t {
  // What completed or was stored in a mapped page survives (and stays volatile); requests in flight
  // land now, later (keeping the file's lock until then) or never; a store at the crash is torn at
  // 8-byte words.
  kProcessDeath,
  // Each volatile operation fares as the policy says; each mapped page comes back as some older
  // version of itself.
  kPowerLoss,
};

// What power loss does with the volatile operations, those in flight included.
enum class PowerPolicy : uint8_t {
  kDropAll,
  kKeepAll,
  kPrefix,      // those before a random point, in the order they landed, over all files
  kNewestOnly,  // of each file the newest; all names kept, or none
  kRandom,      // each on its own: applied with `percent`, else dropped or torn at 512 bytes
                // (each sector new, old, garbage or zero); size and content fare separately
  kSubset,      // exactly those whose bit is set in `subset`, in the order they landed
};

struct PowerLoss {
  PowerPolicy policy = PowerPolicy::kRandom;
  uint32_t percent = 50;
  uint64_t subset = 0;
};

struct SimStorageOptions {
  // Draws what is random without a simulation; with one, its scheduler's seed does.
  uint64_t seed = 1;
  // Keep a line for each operation, for TraceText.
  bool trace = false;
};

}  // namespace treering::io

#endif  // TREERING_ENGINE_IO_SIM_POLICY_H_
