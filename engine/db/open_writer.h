// OpenForWriting: lock, manifest, log, tables, in that order, up to a database that takes writes.
//
// Owner: OpenDatabase.
// Threads: blocks the caller.
// Invariants:
//   1. Recovery ends durable: what was replayed is in synced tables, named by a synced manifest of
//      a new generation, before anything is served. Until then it deletes and truncates nothing.
//   2. What fails leaves no file that it made unless the manifest may name it.
// Source: docs/durability.md.
#ifndef TREERING_ENGINE_DB_OPEN_WRITER_H_
#define TREERING_ENGINE_DB_OPEN_WRITER_H_

#include "api/status.h"
#include "engine/db/opening.h"

namespace treering::db {

// Makes the opening's parts, and starts what works in the background.
Status OpenForWriting(Opening* opening);

}  // namespace treering::db

#endif  // TREERING_ENGINE_DB_OPEN_WRITER_H_
