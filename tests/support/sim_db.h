// SimDb: a database on a simulated disk, with its Runtime; opened, read whole and closed in one
// call each.
//
// Owner: the test; the SimStorage outlives it.
// Threads: one (a simulated thread when the storage is simulated).
// Invariants:
//   1. Ends in the right order: database, runtime, disk.
#ifndef TREERING_TESTS_SUPPORT_SIM_DB_H_
#define TREERING_TESTS_SUPPORT_SIM_DB_H_

#include <memory>
#include <string>

#include "api/db.h"
#include "engine/io/sim_disk.h"
#include "engine/io/sim_storage.h"
#include "tests/support/oracle.h"

namespace treering::testing {

struct SimDb {
  static constexpr const char* kPath = "/db";

  // Options with create_if_missing and everything small, so that little work does much.
  static Options SmallOptions();

  // Opens on `storage`; what was open before is closed.
  Status Open(io::SimStorage* storage, Options options);
  Status Close();
  // Closes what was open, and deletes the database.
  Status Destroy(io::SimStorage* storage);
  ~SimDb() { (void)Close(); }

  DB* operator->() { return db.get(); }

  // A Runtime of its own on `storage`, with everything small.
  Status MakeRuntime(io::SimStorage* storage);

  uint32_t background_threads = 0;  // 0: as many as cores
  std::unique_ptr<io::SimDisk> disk;
  std::shared_ptr<Runtime> runtime;
  std::unique_ptr<DB> db;
};

// Every key and value, walked forwards; checked against a walk backwards.
Status ReadAll(DB* db, Content* content);

// Writes through the oracle: notes, writes, and notes the acknowledgement unless the storage
// crashed.
Status WriteNoted(DB* db, Oracle* oracle, io::SimStorage* storage,
                  std::vector<Oracle::Change> changes, Durability durability);

}  // namespace treering::testing

#endif  // TREERING_TESTS_SUPPORT_SIM_DB_H_
