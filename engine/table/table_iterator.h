// TableIterator: both ways over one table, through the cache, with read-ahead.
//
// Owner: the caller; it holds the table. `source` outlives it.
// Threads: one at a time, not always the same (see ReadSource).
// Invariants:
//   1. As InternalIterator. It holds at most one index partition and one data block, pinned or
//      owned, besides read-ahead.
//   2. Blocks found in the cache are used from there. A missing block is read by itself; when
//      missing blocks follow each other the next are read ahead in growing extents, up to 4 reads
//      of 256 KiB, which stay out of the cache: a scan does not push out what point reads use.
//   3. PrepareSeek starts the reads that Seek(target) needs on the read-ahead queue and returns; a
//      Seek to another target drops them.
//   4. Destroying it waits for its own reads.
#ifndef TREERING_ENGINE_TABLE_TABLE_ITERATOR_H_
#define TREERING_ENGINE_TABLE_TABLE_ITERATOR_H_

#include <memory>

#include "engine/key/internal_iterator.h"
#include "engine/table/read_source.h"
#include "engine/table/table_reader.h"

namespace treering::table {

struct TableIteratorOptions {
  // Keep single blocks that were read in the cache, at low priority.
  bool fill_cache = true;
};

std::unique_ptr<key::InternalIterator> NewTableIterator(std::shared_ptr<Table> table,
                                                        ReadSource* source,
                                                        const TableIteratorOptions& options = {});

}  // namespace treering::table

#endif  // TREERING_ENGINE_TABLE_TABLE_ITERATOR_H_
