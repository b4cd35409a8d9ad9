// WholeDirectory: a right database as files, for targets that damage it, and how they open it.
//
// Owner: the process; made once.
// Threads: one.
// Invariants:
//   1. It was left by a killed process: two tables of level 0 over one of the deepest level, and in
//      the log and its tail a deletion and newer values that were not flushed. The same bytes in
//      every process.
//   2. What is opened on it has a Runtime of the smallest budget and one background thread, and is
//      simulated: the same input does the same in each run, and no wait takes time.
#ifndef TREERING_TESTS_FUZZ_WHOLE_DIRECTORY_H_
#define TREERING_TESTS_FUZZ_WHOLE_DIRECTORY_H_

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>

#include "api/db.h"
#include "engine/io/sim_storage.h"
#include "tests/support/memory_disk.h"

namespace treering::fuzz {

// Heap beside the arena that an open database with reads and a compaction may take: the Runtime
// with its cache's tables, memtables, the tail, and copies of the few files.
inline constexpr uint64_t kDirectoryHeapBytesMax = 48u << 20;

struct WholeDirectory {
  io::SimStorage storage;
  testing::MemoryDisk::Files files;                      // the same, by name
  std::map<std::string, std::set<std::string>> written;  // each key with all it ever had
};
const WholeDirectory& Whole();

// New contents by name; none: the file is gone.
using FileChanges = std::map<std::string, std::optional<std::string>>;

using DbVisitor = std::function<void(DB* db)>;
// Opens it read-only with the changes: cheap, for files are not copied.
void View(const FileChanges& changes, const DbVisitor& visit);
// Opens a copy of it for writing. `visit` is called again after a reopen.
void Use(const FileChanges& changes, const DbVisitor& visit);

}  // namespace treering::fuzz

#endif  // TREERING_TESTS_FUZZ_WHOLE_DIRECTORY_H_
