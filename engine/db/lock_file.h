// LockFile: who owns a database directory, for other processes to see.
//
// Owner: DbCore.
// Threads: one.
// Invariants:
//   1. While it lives the file LOCK is locked; it names this process, for the others' messages.
#ifndef TREERING_ENGINE_DB_LOCK_FILE_H_
#define TREERING_ENGINE_DB_LOCK_FILE_H_

#include <memory>

#include "api/result.h"
#include "engine/io/disk.h"

namespace treering::db {

// Busy names the process that holds it: after a fifth of a second when it runs, after ten seconds
// when it does not, as what a killed one had under way keeps the lock. With `create` the file
// is made where it is missing; otherwise NotFound.
Result<std::unique_ptr<io::File>> LockDirectory(io::Directory* directory, io::Queue* queue,
                                                bool create);

}  // namespace treering::db

#endif  // TREERING_ENGINE_DB_LOCK_FILE_H_
