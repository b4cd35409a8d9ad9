// Durability: what an acknowledged write has survived by the time it is acknowledged.
//
// Owner: a value.
// Threads: any.
// Invariants: see docs/durability.md; the numbers are part of the C interface.
#ifndef TREERING_API_DURABILITY_H_
#define TREERING_API_DURABILITY_H_

#include <cstdint>

namespace treering {

enum class Durability : uint8_t {
  kMemory = 0,   // asks for no write of its own; goes out with the next group that does
  kProcess = 1,  // survives the death of the process (the default)
  kDisk = 2,     // survives power loss, and makes every earlier commit survive it too
};

}  // namespace treering

#endif  // TREERING_API_DURABILITY_H_
