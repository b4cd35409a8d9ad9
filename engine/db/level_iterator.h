// LevelIterator: sorted tables that do not overlap, one after the other, as one stream.
//
// Owner: the caller; TableSet and ReadSource outlive it, the version keeps the tables.
// Threads: one at a time.
// Invariants:
//   1. At most one table is open for reading at a time; a table is opened when it is first needed.
//   2. An error of a table stops it; no table is skipped.
#ifndef TREERING_ENGINE_DB_LEVEL_ITERATOR_H_
#define TREERING_ENGINE_DB_LEVEL_ITERATOR_H_

#include <memory>
#include <vector>

#include "engine/db/table_set.h"
#include "engine/key/internal_iterator.h"
#include "engine/table/table_iterator.h"

namespace treering::db {

// `tables` by key.
std::unique_ptr<key::InternalIterator> NewLevelIterator(key::KeyOrder order,
                                                        std::vector<manifest::TableRef> tables,
                                                        TableSet* set, table::ReadSource* source,
                                                        const table::TableIteratorOptions& options);

}  // namespace treering::db

#endif  // TREERING_ENGINE_DB_LEVEL_ITERATOR_H_
