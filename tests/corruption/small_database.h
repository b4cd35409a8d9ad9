// SmallDatabase: a closed database with every kind of file, as small as it may be, in memory: a
// table from a compaction, one from a flush, and records in the log behind them. Damage its files,
// and read it.
//
// Owner: the test.
// Threads: one.
// Invariants:
//   1. What Read answers for undamaged files is `truth`.
#ifndef TREERING_TESTS_CORRUPTION_SMALL_DATABASE_H_
#define TREERING_TESTS_CORRUPTION_SMALL_DATABASE_H_

#include <cstdint>
#include <memory>
#include <vector>

#include "api/db.h"
#include "engine/manifest/manifest_store.h"
#include "tests/support/memory_disk.h"
#include "tests/support/oracle.h"

namespace treering::testing {

class SmallDatabase {
 public:
  SmallDatabase();

  // Around everything below; on the thread that calls it.
  void Start();
  void Stop();

  // Everything, by walks both ways and by gets, through a read-only open; Failed for a wrong
  // answer.
  Status Read(Content* content);
  // What the undamaged manifest says.
  manifest::ManifestState State();
  uint64_t manifest_number() const { return manifest_number_; }

  MemoryDisk::Files files;
  Content truth;
  std::vector<Content> history;  // what it held after each write

 private:
  std::unique_ptr<MemoryDisk> disk_;
  std::shared_ptr<Runtime> runtime_;
  uint64_t manifest_number_ = 0;
};

}  // namespace treering::testing

#endif  // TREERING_TESTS_CORRUPTION_SMALL_DATABASE_H_
