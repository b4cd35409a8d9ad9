// FaultMix: which faults a seed's disk shows, and when.
//
// Owner: the simulation.
// Threads: those of one simulation.
// Invariants:
//   1. About half of the classes are off in each seed; after Clear the disk is sound and has room.
//   2. A class that the promise does not cover comes alone, in seeds that allow one.
#ifndef TREERING_TESTS_SIM_FAULT_MIX_H_
#define TREERING_TESTS_SIM_FAULT_MIX_H_

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "engine/base/prng.h"
#include "engine/io/sim_storage.h"
#include "tests/sim/probes.h"

namespace treering::testing {

// What a fault may do to a database that keeps its promises.
enum class FaultHarm : uint8_t {
  kNone,       // nobody notices
  kRead,       // a read answers IoError or Corruption
  kWork,       // flushes, compactions and writes are held up, and go on afterwards
  kReadOnly,   // writing ends until the next open
  kOpening,    // an open is refused; the next one finds everything
  kUncovered,  // what was acknowledged may be lost, never silently replaced
};

struct FaultClass {
  const char* name;
  FaultHarm harm;
  io::SimFault fault;  // nth and sticky are drawn
};

std::span<const FaultClass> FaultClasses();

class FaultMix {
 public:
  FaultMix(io::SimStorage* storage, uint64_t seed, bool uncovered, Probes* probes);

  // Draws anew which of the seed's classes strike: until Clear.
  void BeginLife();
  // Whether a class of this harm strikes in this life.
  bool Strikes(FaultHarm harm) const;
  bool StrikesAny() const { return !on_.empty() || full_disk_; }
  std::string ToString() const;
  // Adds and removes faults until `done`; sleeps in between.
  void Run(const std::function<bool()>& done);
  // One fault that is there at once: of the life's, or one that only an open meets.
  void AddForOpening();
  // From here on the disk is sound. Counts what struck.
  void Clear();
  // A life in which something uncovered has struck: later lives know it too.
  bool uncovered_struck() const { return uncovered_struck_; }
  // Whether a failed sync of a log dropped what was written, since the last call: that leaves no
  // more than power loss does.
  bool TookUnsynced() { return std::exchange(took_unsynced_, false); }

 private:
  struct Active {
    const FaultClass* fault_class;
    size_t number;
  };
  void AddOne();
  void Add(const FaultClass* fault_class);
  void Remove(const Active& active);

  io::SimStorage* const storage_;
  base::Prng prng_;
  Probes* const probes_;
  std::vector<const FaultClass*> of_seed_;
  std::vector<const FaultClass*> of_opening_;
  std::vector<const FaultClass*> on_;
  std::vector<Active> active_;
  bool full_disk_ = false;  // of this life
  bool uncovered_struck_ = false;
  bool took_unsynced_ = false;
};

}  // namespace treering::testing

#endif  // TREERING_TESTS_SIM_FAULT_MIX_H_
