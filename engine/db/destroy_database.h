// DestroyDatabase: deletes a database's files.
//
// Owner: a function.
// Threads: blocks the caller.
// Invariants:
//   1. Cut short, it can be done again: the name that says whose the files are goes last.
//   2. Files that are not ours stay.
// Source: docs/format/current.md, "Destruction".
#ifndef TREERING_ENGINE_DB_DESTROY_DATABASE_H_
#define TREERING_ENGINE_DB_DESTROY_DATABASE_H_

#include <string>

#include "api/status.h"
#include "engine/runtime/runtime.h"

namespace treering::db {

// Of a database that is open nowhere; OK when there is none.
Status DestroyDatabase(runtime::RuntimeCore* runtime, const std::string& path);

}  // namespace treering::db

#endif  // TREERING_ENGINE_DB_DESTROY_DATABASE_H_
