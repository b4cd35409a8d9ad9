// OpenView: a fixed view of a database, beside a writer or alone.
//
// Owner: OpenDatabase.
// Threads: blocks the caller.
// Invariants:
//   1. No lock is taken and no byte is written.
//   2. Manifest, tables and log that it shows belong together; when a writer replaces them
//      meanwhile it starts anew, a few times.
#ifndef TREERING_ENGINE_DB_OPEN_VIEW_H_
#define TREERING_ENGINE_DB_OPEN_VIEW_H_

#include "api/status.h"
#include "engine/db/opening.h"

namespace treering::db {

// Makes the opening's parts. Aborted when a writer was faster each time.
Status OpenView(Opening* opening);

}  // namespace treering::db

#endif  // TREERING_ENGINE_DB_OPEN_VIEW_H_
