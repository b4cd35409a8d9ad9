// Client: one thread that works with a database and knows what it must answer: its keys are its
// own, so that every read of them has exactly one right answer.
//
// Owner: the simulation; the database and the histories outlive it.
// Threads: Run on a simulated thread of its own; the rest before and after it.
// Invariants:
//   1. Nothing counts that is answered after a crash.
//   2. After a write of unknown outcome it asks for nothing more: the next open decides.
#ifndef TREERING_TESTS_SIM_CLIENT_H_
#define TREERING_TESTS_SIM_CLIENT_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "api/db.h"
#include "engine/base/prng.h"
#include "engine/io/sim_storage.h"
#include "tests/sim/fault_mix.h"
#include "tests/sim/probes.h"
#include "tests/support/histories.h"

namespace treering::testing {

class Client {
 public:
  struct Env {
    DB* db = nullptr;
    Histories* histories = nullptr;
    size_t writer = 0;
    const io::SimStorage* storage = nullptr;
    const FaultMix* faults = nullptr;
    Probes* probes = nullptr;
  };
  Client(const Env& env, uint64_t seed);

  void Run(int operations);
  int done() const { return done_; }
  // With a sound disk: everything of its own is there, and a durable write is taken.
  void CheckAll();
  void CheckWritable();
  // Lets go of snapshot and iterator.
  void LetGo();

 private:
  std::string Key();
  std::string Value();
  // Whether a read may be judged: false when the disk had an excuse, or nothing counts any more.
  bool Judge(const Status& status);
  void Step();
  void Write(Durability durability);
  void CheckGet();
  // What another client wrote last: once seen, its durability covers it.
  void LookAtOthers();
  void CheckMultiGet();
  void CheckWalk();
  void Walk(Iterator* it, const Content& expected);
  void CheckKept();
  void Maintain();
  bool crashed() const { return env_.storage->crashed(); }
  ReadOptions OwnRange() const;

  const Env env_;
  const std::string prefix_;
  const std::string end_;
  const Slice lower_;
  const Slice upper_;
  base::Prng prng_;
  Content now_;  // of its own keys
  int done_ = 0;
  bool stopped_ = false;
  std::unique_ptr<Snapshot> snapshot_;
  Content at_snapshot_;
  std::unique_ptr<Iterator> kept_;
  Content at_kept_;
};

}  // namespace treering::testing

#endif  // TREERING_TESTS_SIM_CLIENT_H_
