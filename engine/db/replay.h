// Replay: puts recovered commit groups into memtables, and these into level-0 tables.
//
// Owner: OpenDatabase.
// Threads: one; blocks on its queue.
// Invariants:
//   1. Groups come in the order of their sequences and end up in tables in that order.
//   2. Memory stays near one memtable, however long the log is.
#ifndef TREERING_ENGINE_DB_REPLAY_H_
#define TREERING_ENGINE_DB_REPLAY_H_

#include <memory>
#include <vector>

#include "engine/base/block_source.h"
#include "engine/compaction/flush_job.h"
#include "engine/memtable/memtable.h"
#include "engine/wal/group.h"

namespace treering::db {

class Replay {
 public:
  // With a null `job` nothing is flushed: a read-only view keeps everything in the memtable.
  Replay(key::KeyOrder order, base::BlockSource* blocks, uint64_t memtable_bytes,
         const compaction::JobEnv* job, io::Queue* queue);

  Status Add(const wal::GroupHeader& header, const Slice& payload);
  // Flushes the rest. The tables written, all level 0, oldest first.
  Result<std::vector<manifest::TableMeta>> Finish();
  // What was not flushed.
  std::shared_ptr<memtable::MemTable> memtable() const { return memtable_; }

 private:
  Status Flush();

  const key::KeyOrder order_;
  base::BlockSource* const blocks_;
  const uint64_t memtable_bytes_;
  const compaction::JobEnv* const job_;
  io::Queue* const queue_;
  std::shared_ptr<memtable::MemTable> memtable_;
  std::vector<manifest::TableMeta> tables_;
};

}  // namespace treering::db

#endif  // TREERING_ENGINE_DB_REPLAY_H_
