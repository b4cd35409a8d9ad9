// IteratorSource: what a user's iterator reads from: memtables and tables of one SuperVersion,
// merged.
//
// Owner: the DbIterator, through its hold.
// Threads: one at a time.
// Invariants:
//   1. The hold keeps the database's core, the SuperVersion and the queue for the iterator's reads.
//   2. Level 0 gives a child per table, each deeper level one child for all its tables.
#ifndef TREERING_ENGINE_DB_ITERATOR_SOURCE_H_
#define TREERING_ENGINE_DB_ITERATOR_SOURCE_H_

#include <memory>

#include "api/result.h"
#include "engine/db/db_core.h"
#include "engine/db/db_iterator.h"
#include "engine/db/db_parts.h"

namespace treering::db {

// `core` owns `parts`. OutOfMemory or IoError when no queue can be had.
Result<DbIterator::Source> MakeIteratorSource(std::shared_ptr<DbCore> core, DbParts* parts,
                                              const ReadView& view, key::Sequence snapshot);

}  // namespace treering::db

#endif  // TREERING_ENGINE_DB_ITERATOR_SOURCE_H_
