// OpenDatabase: from a path to a database that serves: lock, manifest, log, tables, in that order.
//
// Owner: a function.
// Threads: blocks the caller.
// Invariants:
//   1. A failed open leaves no lock, no thread and no claim behind.
//   2. Further: open_writer.h, and open_view.h for a read-only one.
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

}  // namespace treering::db

#endif  // TREERING_ENGINE_DB_OPEN_DATABASE_H_
