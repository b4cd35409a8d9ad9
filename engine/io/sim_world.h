// SimWorld: the parts of a simulated storage put together, and what becomes of them in a restart.
//
// Owner: the SimStorage; timers hold it weakly.
// Threads: as SimStorage: under a SimGuard.
// Invariants:
//   1. A restart ends every handle of the generation before; their locks fall, except those that
//      late requests keep.
#ifndef TREERING_ENGINE_IO_SIM_WORLD_H_
#define TREERING_ENGINE_IO_SIM_WORLD_H_

#include <cstdint>
#include <memory>
#include <vector>

#include "engine/base/prng.h"
#include "engine/io/sim_core.h"
#include "engine/io/sim_namespace.h"
#include "engine/io/sim_power_loss.h"
#include "engine/io/sim_requests.h"

namespace treering::io {

class SimWorld : public std::enable_shared_from_this<SimWorld> {
 public:
  explicit SimWorld(SimStorageOptions options);

  SimCore& core() { return core_; }
  const SimCore& core() const { return core_; }
  SimNamespace& names() { return names_; }
  const SimNamespace& names() const { return names_; }
  SimRequests& requests() { return requests_; }
  // Tells storages apart within the process.
  uint64_t device() const { return device_; }

  // An operation begins: on ordinary threads time passes.
  void Tick();
  // A disk is opened: on a simulated thread, timers for what a dead process left in flight.
  void Attach();

  void Restart(CrashKind kind, const PowerLoss& power, uint64_t seed);
  // The sequences of all volatile operations but stores, ascending.
  std::vector<uint64_t> VolatileSequences() const;
  std::shared_ptr<SimWorld> Clone() const;

 private:
  void LandTornStore(base::Prng* prng);
  void Die(base::Prng* prng);
  void LosePower(const PowerLoss& power, base::Prng* prng);

  const uint64_t device_;
  SimCore core_;
  SimNamespace names_;
  SimRequests requests_;
};

}  // namespace treering::io

#endif  // TREERING_ENGINE_IO_SIM_WORLD_H_
