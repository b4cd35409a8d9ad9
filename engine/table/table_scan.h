// TableScan: streams a table's entries forward with many large reads in flight, past the cache.
//
// For compaction inputs. Reads the index and the data area in extents of registered memory, checks
// every block, and holds no more than its extents.
//
// Owner: the compaction, which waits on the queue; the table is held by the scan.
// Threads: one at a time, the queue's own.
// Invariants:
//   1. As InternalIterator. Forward only: SeekToLast, SeekForPrev and Prev stop it with
//      InvalidArgument.
//   2. An entry is shown only from a block whose sum, place and structure were checked. What cannot
//      be read stops the scan with a status; nothing is skipped.
//   3. Up to `depth` reads of `extent_bytes` are in flight from PrepareSeek or the first seek on.
//      Nothing is in flight after it was destroyed.
// Queue: shared with other scans and builders of this thread by io_client.h.
#ifndef TREERING_ENGINE_TABLE_TABLE_SCAN_H_
#define TREERING_ENGINE_TABLE_TABLE_SCAN_H_

#include <cstdint>
#include <memory>

#include "engine/io/buffer_pool.h"
#include "engine/io/queue.h"
#include "engine/key/internal_iterator.h"
#include "engine/table/read_burst.h"
#include "engine/table/table_reader.h"

namespace treering::table {

struct TableScanOptions {
  uint32_t extent_bytes = 256u << 10;  // rounded to pages
  uint32_t depth = 6;
  // The other scans of the merge, to read together with; outlives the scan. Null: none.
  ReadBurst* burst = nullptr;
};

// Prepare: PrepareSeek (with an empty target: for SeekToFirst) starts the reads without waiting, so
// that all inputs of a merge start together.
std::unique_ptr<key::InternalIterator> NewTableScan(std::shared_ptr<Table> table, io::Queue* queue,
                                                    io::BufferPool* pool,
                                                    const TableScanOptions& options = {});

}  // namespace treering::table

#endif  // TREERING_ENGINE_TABLE_TABLE_SCAN_H_
