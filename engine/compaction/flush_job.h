// FlushJob: writes sealed memtables to one level-0 table.
//
// Owner: a function; everything it is given outlives the call.
// Threads: the queue's own.
// Invariants:
//   1. The table holds, for every snapshot given and for now, what the memtables answered.
//   2. OK means durable, name included; nothing refers to it yet. Otherwise nothing is left behind.
#ifndef TREERING_ENGINE_COMPACTION_FLUSH_JOB_H_
#define TREERING_ENGINE_COMPACTION_FLUSH_JOB_H_

#include <memory>
#include <vector>

#include "engine/compaction/output_writer.h"
#include "engine/key/internal_iterator.h"

namespace treering::compaction {

struct FlushInput {
  // All runs of the memtables, newest first.
  std::vector<std::unique_ptr<key::InternalIterator>> runs;
  std::vector<key::Sequence> snapshots;  // ascending
  uint64_t data_bytes = 0;               // about, for allocating the file
};

// The tables written: one, or none when the memtables hold nothing.
Result<std::vector<manifest::TableMeta>> RunFlush(const JobEnv& env, io::Queue* queue,
                                                  FlushInput input);

}  // namespace treering::compaction

#endif  // TREERING_ENGINE_COMPACTION_FLUSH_JOB_H_
