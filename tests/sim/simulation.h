// Simulation: the whole engine through several lives that one seed decides: databases on one
// Runtime, their clients, a disk with faults, crashes of process and power, crashes of recoveries.
//
// Owner: the test.
// Threads: Run is called on a simulated thread (io::RunSim).
// Invariants:
//   1. Everything is a function of the seed.
#ifndef TREERING_TESTS_SIM_SIMULATION_H_
#define TREERING_TESTS_SIM_SIMULATION_H_

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "api/db.h"
#include "engine/base/prng.h"
#include "engine/io/sim_disk.h"
#include "engine/io/sim_storage.h"
#include "tests/sim/client.h"
#include "tests/sim/fault_mix.h"
#include "tests/sim/probes.h"
#include "tests/support/histories.h"

namespace treering::testing {

class Simulation {
 public:
  // It ends when all clients together have done `operations`.
  Simulation(uint64_t seed, int operations, Probes* probes);

  void Run();

 private:
  struct Database {
    explicit Database(size_t clients) : histories(clients) {}
    std::string path;
    Histories histories;
    Ending ending = Ending::kClose;  // the harshest since it was last checked
    std::unique_ptr<DB> db;
    std::vector<std::unique_ptr<Client>> clients;
  };

  void Life();
  bool NewRuntime();
  Options DrawOptions();
  Status OpenOne(Database* database);
  // False when the seed is over: a failure, or damage that the promise does not cover.
  bool OpenAll();
  bool CheckContent(Database* database);
  void Work();
  void EndWell();
  void WaitIdle(Database* database);
  void Crash();
  void CloseAll();
  void NoteFigures(Database* database);
  void Restart(Ending ending);
  bool failed() const;
  // Adds to what is shown when a seed fails.
  void Tell(const std::string& what) { story_ += what + "; "; }

  const uint64_t seed_;
  int operations_;  // to come
  Probes* const probes_;
  base::Prng prng_;
  io::SimStorage storage_;
  FaultMix faults_;
  std::vector<std::unique_ptr<Database>> databases_;
  std::unique_ptr<io::SimDisk> disk_;
  std::shared_ptr<Runtime> runtime_;
  uint64_t lives_ = 0;
  bool over_ = false;
  std::string story_;
};

}  // namespace treering::testing

#endif  // TREERING_TESTS_SIM_SIMULATION_H_
