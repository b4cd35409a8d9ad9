// TableReplay: puts recovered commit groups into level-0 tables, while the log is still being read.
//
// Owner: OpenDatabase.
// Threads: its own, which reads the log; tables are written by jobs on the Runtime's workers, two
//   at a time, so that one merges while the other waits for the disk.
// Invariants:
//   1. Groups come in the order of their sequences and end up in tables in that order.
//   2. Memory stays near three memtables, however long the log is: one fills and two are written;
//      where the budget has no room for so many it is fewer, and smaller ones.
//   3. While it waits for a job it waits in its queue.
// Why runs and not a memtable: docs/design/0003-replay-by-runs.md.
#ifndef TREERING_ENGINE_DB_TABLE_REPLAY_H_
#define TREERING_ENGINE_DB_TABLE_REPLAY_H_

#include <cstddef>
#include <deque>
#include <memory>
#include <vector>

#include "engine/base/block_source.h"
#include "engine/base/thread.h"
#include "engine/compaction/flush_job.h"
#include "engine/memtable/append_run.h"
#include "engine/runtime/runtime.h"
#include "engine/wal/group.h"

namespace treering::db {

class TableReplay {
 public:
  // A table holds about `table_bytes` of records, or 32 MiB. `job` and `queue` outlive the replay.
  TableReplay(runtime::RuntimeCore* runtime, const compaction::JobEnv* job, uint64_t table_bytes,
              io::Queue* queue);
  ~TableReplay();
  TableReplay(const TableReplay&) = delete;
  TableReplay& operator=(const TableReplay&) = delete;

  // OutOfMemory when the budget has had no room for ten seconds, with nothing of its own to end.
  Status Add(const wal::GroupHeader& header, const Slice& payload);
  // Writes the rest and waits. The tables, all level 0, oldest first.
  Result<std::vector<manifest::TableMeta>> Finish();

 private:
  using Runs = std::vector<std::unique_ptr<memtable::AppendRun>>;
  // Runs that become tables: the job's until it is done.
  struct Flush {
    Runs runs;
    bool done = false;
    Status status;
    std::vector<manifest::TableMeta> tables;
  };

  Status AddRecord(key::Sequence sequence, key::Kind kind, const Slice& user_key,
                   const Slice& value);
  uint64_t waiting_bytes() const { return run_->UsedBytes() + sorted_bytes_; }
  // Ends the run that fills, if there is anything in it.
  void SealRun();
  // Gives memory back by ending what is under way; OutOfMemory when there is nothing to end.
  Status MakeRoom();
  Status StartFlush();
  // Waits until at most so many are under way, and takes the tables of the others.
  Status WaitForFlushes(size_t left);
  bool IsDone(const Flush& flush);
  void FlushJob(Flush* flush, io::Queue* queue);

  runtime::RuntimeCore* const runtime_;
  const compaction::JobEnv* const job_;
  const uint64_t table_bytes_;
  io::Queue* const queue_;
  const runtime::WorkerPool::Places places_;
  base::BlockSource* const blocks_;

  std::unique_ptr<memtable::AppendRun> run_;  // fills
  Runs sorted_;                               // wait for the next flush, oldest first
  uint64_t sorted_bytes_ = 0;

  base::Mutex mutex_;                           // what of a Flush says how it went
  std::deque<std::unique_ptr<Flush>> flushes_;  // under way or done, oldest first
  Status flush_status_;                         // the first error
  std::vector<manifest::TableMeta> tables_;     // of those before
};

}  // namespace treering::db

#endif  // TREERING_ENGINE_DB_TABLE_REPLAY_H_
