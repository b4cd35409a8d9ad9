// TreeWork: carries out one flush or one compaction and commits what it made.
//
// Owner: Background.
// Threads: flushes one at a time, compactions side by side; Stats any.
// Invariants:
//   1. A flush takes memtables only when their last sequence is visible.
//   2. Inputs are deleted by Deletions; outputs only when it is sure that no edit names them.
//   3. An edit that the manifest refuses for good enters the database's state; want of room does
//      not.
#ifndef TREERING_ENGINE_DB_TREE_WORK_H_
#define TREERING_ENGINE_DB_TREE_WORK_H_

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>

#include "api/status.h"
#include "engine/base/thread.h"
#include "engine/compaction/compaction_job.h"
#include "engine/compaction/flush_job.h"
#include "engine/compaction/picker.h"
#include "engine/db/deletions.h"
#include "engine/db/effective_options.h"
#include "engine/db/error_state.h"
#include "engine/db/log_keeper.h"
#include "engine/db/memtable_list.h"
#include "engine/db/snapshot_list.h"
#include "engine/db/table_set.h"
#include "engine/manifest/manifest_store.h"
#include "engine/runtime/runtime.h"
#include "engine/wal/log.h"

namespace treering::db {

// Sums since the open.
struct BackgroundStats {
  uint64_t flushes = 0;
  uint64_t flush_bytes_written = 0;
  uint64_t flush_nanos = 0;
  uint64_t compactions = 0;
  uint64_t trivial_moves = 0;
  uint64_t compaction_bytes_read = 0;
  uint64_t compaction_bytes_written = 0;
  uint64_t compaction_entries = 0;
  uint64_t compaction_dropped = 0;
  uint64_t compaction_nanos = 0;
};

struct TreeWorkEnv {
  runtime::RuntimeCore* runtime = nullptr;
  manifest::ManifestStore* store = nullptr;
  wal::Log* log = nullptr;  // null without a log
  LogKeeper* keeper = nullptr;
  MemtableList* memtables = nullptr;
  TableSet* tables = nullptr;
  SnapshotList* snapshots = nullptr;
  ErrorState* errors = nullptr;
  const EffectiveOptions* options = nullptr;
  compaction::JobEnv job;
  std::function<Status(key::Sequence)> wait_visible;
  Deletions* deletions = nullptr;
  const std::atomic<bool>* stop = nullptr;  // compactions end soon
};

class TreeWork {
 public:
  explicit TreeWork(TreeWorkEnv env) : env_(std::move(env)) {}

  // What a flush took from memory, and how long that lasted; nothing when no memtable is sealed.
  struct Drained {
    uint64_t bytes = 0;
    uint64_t nanos = 0;
  };
  Result<Drained> Flush(io::Queue* queue);
  Status Compact(io::Queue* queue, const compaction::CompactionPlan& plan);

  BackgroundStats Stats() const;

 private:
  Status Move(io::Queue* queue, const compaction::CompactionPlan& plan);
  Status Commit(io::Queue* queue, const manifest::VersionEdit& edit, size_t flushed);
  void MoveReplayStart(key::Sequence flushed_through, manifest::VersionEdit* edit);
  uint64_t NanosSince(uint64_t start) const { return env_.runtime->clock()->NowNanos() - start; }

  const TreeWorkEnv env_;
  mutable base::Mutex mutex_;
  BackgroundStats stats_;
};

}  // namespace treering::db

#endif  // TREERING_ENGINE_DB_TREE_WORK_H_
