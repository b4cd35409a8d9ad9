// VerifyDatabase: reads every block of every live table and says what is damaged.
//
// Owner: a function.
// Threads: blocks the caller.
// Invariants:
//   1. Damage in one file, or its absence, does not hide damage in another. Log and manifest were
//      read whole by the open.
//   2. A table that is open is read through its handle: what the database serves is what is
//      checked.
#ifndef TREERING_ENGINE_DB_VERIFY_H_
#define TREERING_ENGINE_DB_VERIFY_H_

#include <functional>

#include "api/db_types.h"
#include "api/result.h"
#include "engine/db/db_parts.h"

namespace treering::db {

Result<VerifyReport> VerifyDatabase(
    DbParts* parts, const std::function<void(uint64_t done, uint64_t total)>& progress);

}  // namespace treering::db

#endif  // TREERING_ENGINE_DB_VERIFY_H_
