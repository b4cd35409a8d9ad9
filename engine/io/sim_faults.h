// SimFaultPlan: the errors and odd results that the simulated disk gives, on demand.
//
// Owner: the SimStorage.
// Threads: as SimStorage.
// Invariants:
//   1. A fault meets the nth operation that matches it, counted from when it was added; a sticky
//      one meets that operation and every later one.
//   2. The first fault added that meets an operation decides it; each counts its hits.
//   3. Reads, writes and syncs are counted per attempt: a queue that tries again is met again.
#ifndef TREERING_ENGINE_IO_SIM_FAULTS_H_
#define TREERING_ENGINE_IO_SIM_FAULTS_H_

#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/io/errors.h"

namespace treering::io {

enum class SimFaultEffect : uint8_t {
  kError,  // nothing happens, `error` comes back
  kShort,  // reads and writes: about half is carried out (whole pages on direct files)
  // What a failed sync may do besides answering `error`:
  kSyncLosesData,    // the writes it covered are dropped and marked clean: never written later
  kSyncKeepsData,    // they stay volatile; a later sync would write them
  kSyncIsDurable,    // they are durable all the same
  kSyncReportsLate,  // they are dropped, this sync answers success, the file's next one `error`
  kFlipBit,          // reads: one bit of the result is wrong, the medium is right
  kPhantom,          // writes: success, and nothing is written
  // Writes: success, and the bytes land one page further on. Reads: success, with the bytes one
  // page further on, or one page before where the file ends.
  kMisdirected,
};

struct SimFault {
  // Empty: every action.
  std::optional<Action> action = {};
  // The last component of the path; '*' stands for any run of characters.
  std::string name = "*";
  uint64_t nth = 1;  // 1 is the next operation that matches
  bool sticky = false;
  SimFaultEffect effect = SimFaultEffect::kError;
  int error = EIO;
};

class SimFaultPlan {
 public:
  // The number by which Hits and Remove know the fault.
  size_t Add(SimFault fault);
  void Remove(size_t number);
  void Clear();
  // How often the fault struck.
  uint64_t Hits(size_t number) const;

  // For the driver: the fault that meets this operation, null for none. Counts the operation.
  const SimFault* Meet(Action action, std::string_view name);

 private:
  struct Entry {
    SimFault fault;
    bool removed = false;
    uint64_t matched = 0;
    uint64_t hits = 0;
  };
  std::vector<Entry> entries_;
};

constexpr bool SimIsSyncEffect(SimFaultEffect effect) {
  return effect == SimFaultEffect::kSyncLosesData || effect == SimFaultEffect::kSyncKeepsData ||
         effect == SimFaultEffect::kSyncIsDurable || effect == SimFaultEffect::kSyncReportsLate;
}

// Whether `name` fits `pattern`, in which '*' stands for any run of characters.
bool SimNameMatches(std::string_view pattern, std::string_view name);

}  // namespace treering::io

#endif  // TREERING_ENGINE_IO_SIM_FAULTS_H_
