// OpenDatabase: from a path to a database that serves: lock, manifest, log, tables, in that order.
//
// Owner: a function.
// Threads: blocks the caller.
// Invariants:
//   1. Recovery ends durable: what was replayed is in synced tables, named by a synced manifest of
//   a new
//      generation, before anything is served. Until then it deletes and truncates nothing.
//   2. A failed open leaves no lock, no thread and no claim behind, and no file that it made unless
//   the
//      manifest may name it.
//   3. Read-only: no lock is taken and no byte is written.
// Source: docs/durability.md.
#ifndef TREERING_ENGINE_DB_OPEN_DATABASE_H_
#define TREERING_ENGINE_DB_OPEN_DATABASE_H_

#include <memory>
#include <string>

#include "api/options.h"
#include "api/result.h"
#include "engine/db/db_parts.h"

namespace treering::db {

Result<std::unique_ptr<DbParts>> OpenDatabase(std::shared_ptr<runtime::RuntimeCore> runtime,
                                              const Options& options, const std::string& path);

// Deletes the files of a database that is open nowhere; OK when there is none. Cut short, it can be
// done again: the name that says whose the files are goes last.
Status DestroyDatabase(runtime::RuntimeCore* runtime, const std::string& path);

}  // namespace treering::db

#endif  // TREERING_ENGINE_DB_OPEN_DATABASE_H_
