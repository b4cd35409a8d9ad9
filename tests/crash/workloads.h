// Workloads: small lives of a database, to be crashed at each of their I/Os.
//
// Owner: the test.
// Threads: simulated ones.
// Invariants:
//   1. A life stops at its first error; only a crash is one.
//   2. The oracle knows what was written and acknowledged, whenever the life ended.
#ifndef TREERING_TESTS_CRASH_WORKLOADS_H_
#define TREERING_TESTS_CRASH_WORKLOADS_H_

#include <functional>
#include <span>
#include <string>
#include <vector>

#include "api/db.h"
#include "engine/io/sim_storage.h"
#include "tests/support/oracle.h"
#include "tests/support/sim_db.h"

namespace treering::testing {

class Life {
 public:
  Life(io::SimStorage* storage, Oracle* oracle) : storage_(storage), oracle_(oracle) {}

  void Open(const Options& options = SimDb::SmallOptions());
  void Write(std::vector<Oracle::Change> changes, Durability durability);
  void Do(const std::function<Status()>& step);
  void Flush();
  void Compact();
  void Close();

  DB* db() { return db_.db.get(); }
  const Status& status() const { return status_; }

 private:
  io::SimStorage* const storage_;
  Oracle* const oracle_;
  SimDb db_;
  Status status_;
};

struct Workload {
  const char* name;
  bool in_every_run;  // the others: TREERING_ALL_WORKLOADS
  void (*live)(Life* life);
};

std::span<const Workload> Workloads();
const Workload& WorkloadOf(const std::string& name);

}  // namespace treering::testing

#endif  // TREERING_TESTS_CRASH_WORKLOADS_H_
