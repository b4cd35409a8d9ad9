// SimPowerLoss: what a power loss makes of volatile operations; pure decisions from a seed.
//
// Owner: a value on the stack of a restart.
// Threads: one at a time.
// Invariants:
//   1. The outcome depends on the arguments and on the order of the calls only.
//   2. Each name operation happened or did not; each write is applied, dropped or torn at 512
//      bytes; each mapped page is some older version of itself.
#ifndef TREERING_ENGINE_IO_SIM_POWER_LOSS_H_
#define TREERING_ENGINE_IO_SIM_POWER_LOSS_H_

#include <cstddef>
#include <cstdint>
#include <map>
#include <vector>

#include "engine/base/prng.h"
#include "engine/io/sim_content.h"
#include "engine/io/sim_node.h"
#include "engine/io/sim_policy.h"

namespace treering::io {

class SimPowerLoss {
 public:
  // `sequences`: of all volatile operations but stores, ascending.
  SimPowerLoss(const PowerLoss& power, uint64_t seed, std::vector<uint64_t> sequences);

  SimImage ContentAfter(const SimContent& content);
  SimNames NamesAfter(const SimEntries& entries);

 private:
  enum class Fate : uint8_t { kApplied, kDropped, kTorn };

  bool Percent(uint32_t percent) { return prng_.Uniform(100) < percent; }
  bool InSubset(uint64_t sequence) const;
  Fate FateOf(uint64_t sequence, bool newest);
  bool NameHappened(uint64_t sequence);
  // How many of a page's stores made it; `until_cut` of `count` landed before the cut.
  uint64_t StoresKept(uint64_t count, uint64_t until_cut);
  std::map<uint64_t, uint64_t> PageVersions(const SimContent& content);
  void Tear(const SimDataOp& write, SimImage* image);

  const PowerLoss power_;
  base::Prng prng_;
  const std::vector<uint64_t> sequences_;
  uint64_t cut_ = 0;         // kPrefix: the last sequence that made it
  bool names_kept_ = false;  // kNewestOnly
};

}  // namespace treering::io

#endif  // TREERING_ENGINE_IO_SIM_POWER_LOSS_H_
