// RecoverLog: gives back every commit group that the log and the tail hold, in order.
//
// Owner: the database's open.
// Threads: blocks the caller, on its own queue with nothing else in flight.
// Invariants:
//   1. What comes out is a prefix of the commit order from the replay start on, by whole groups,
//      with everything that was acknowledged as durable, or the answer is an error.
//   2. It writes nothing, so it may run again at any time.
//   3. Before it reads, it holds the locks of all files it reads: the writes of a dead process have
//      landed. (Not for a read-only view.)
// Format: docs/format/log.md, "End of the log"; docs/format/tail.md, "Recovery".
#ifndef TREERING_ENGINE_WAL_RECOVERY_H_
#define TREERING_ENGINE_WAL_RECOVERY_H_

#include <cstdint>
#include <vector>

#include "api/result.h"
#include "engine/base/checksum.h"
#include "engine/base/clock.h"
#include "engine/io/buffer_pool.h"
#include "engine/io/disk.h"
#include "engine/io/queue.h"
#include "engine/wal/group.h"
#include "engine/wal/replay_start.h"

namespace treering::wal {

struct RecoveryOptions {
  base::Id128 database_id;
  uint64_t generation = 0;  // of the last open that wrote, as the manifest names it
  ReplayStart start;
  std::vector<SegmentInfo> segments;  // all registered ones, in order of registration
  uint64_t tail_capacity = 0;         // as the manifest has it; 0: no tail
  uint64_t lock_wait_nanos = 5'000'000'000;
  // Takes no lock and bears with a live writer: a block that a later promise covers is read again
  // before it is called damaged. A file that is missing is Aborted (the view is too old: read the
  // manifest again). The view is complete when the manifest names the same generation and segments
  // after the call as before it.
  bool read_only = false;
  io::BufferPool* buffers = nullptr;
  base::Clock* clock = nullptr;
};

struct RecoveryResult {
  key::Sequence last_sequence = 0;  // of the last group, or that of the start
  uint64_t groups_from_log = 0;     // given to the visitor
  uint64_t groups_from_tail = 0;
  uint64_t payload_bytes = 0;
  uint64_t bytes_cut = 0;  // written behind the end or part of a group that is not whole
  bool clean_close = false;
  uint64_t promise = 0;  // the highest one found
  // Where a new generation may begin: behind everything this one can have written.
  uint64_t next_lsn = 0;
  // Registered segments behind the one with the end: they may serve the new generation
  // (OpenSegment), in this order.
  std::vector<SegmentInfo> unused_segments;
};

// Busy naming the file when a lock stays held. Corruption with file, offset, expected and found.
// IoError (never a cut) when something could not be read. The visitor's error. After an error what
// the visitor got counts for nothing.
Result<RecoveryResult> RecoverLog(io::Directory* directory, io::Queue* queue,
                                  const RecoveryOptions& options, const GroupVisitor& visitor);

}  // namespace treering::wal

#endif  // TREERING_ENGINE_WAL_RECOVERY_H_
