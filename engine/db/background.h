// Background: when a database's flushes and compactions run, and who waits for them.
//
// Owner: DbCore; ends after the pipeline was closed and before store, log and directory.
// Threads: any; jobs run on the Runtime's workers.
// Invariants:
//   1. One flush runs at a time; compactions whose tables and ranges do not meet may run side by
//      side.
//   2. A full disk degrades the database; DiskRetry makes work go on.
//   3. Damage in an input stops automatic compaction; nothing is dropped.
#ifndef TREERING_ENGINE_DB_BACKGROUND_H_
#define TREERING_ENGINE_DB_BACKGROUND_H_

#include <atomic>
#include <cstdint>
#include <functional>

#include "engine/compaction/compaction_job.h"
#include "engine/db/compaction_agenda.h"
#include "engine/db/deletions.h"
#include "engine/db/disk_retry.h"
#include "engine/db/effective_options.h"
#include "engine/db/error_state.h"
#include "engine/db/log_keeper.h"
#include "engine/db/memtable_list.h"
#include "engine/db/snapshot_list.h"
#include "engine/db/stall_stats.h"
#include "engine/db/table_set.h"
#include "engine/db/tree_work.h"
#include "engine/db/write_delay.h"
#include "engine/manifest/manifest_store.h"
#include "engine/runtime/runtime.h"
#include "engine/wal/log.h"

namespace treering::db {

struct BackgroundEnv {
  runtime::RuntimeCore* runtime = nullptr;
  io::Directory* directory = nullptr;
  manifest::ManifestStore* store = nullptr;
  wal::Log* log = nullptr;  // null without a log
  LogKeeper* keeper = nullptr;
  MemtableList* memtables = nullptr;
  TableSet* tables = nullptr;
  SnapshotList* snapshots = nullptr;
  ErrorState* errors = nullptr;
  StallStats* stalls = nullptr;
  const EffectiveOptions* options = nullptr;
  compaction::JobEnv job;
  std::function<Status(key::Sequence)> wait_visible;
};

class Background {
 public:
  explicit Background(const BackgroundEnv& env);
  ~Background();

  // A memtable was sealed, or a table came: starts what is due. Never blocks.
  void Schedule();
  // Sleeps as the debt demands. By one thread at a time (the leader of the pipeline).
  void Throttle(uint64_t bytes) { delay_.Throttle(bytes); }
  // Waits until a flush ended. OK when one did; the error that stops them otherwise.
  Status WaitForFlush();
  // Waits until every memtable sealed up to `sequence` is in tables.
  Status WaitFlushed(key::Sequence sequence);
  // An error that is being retried in the background ends it too.
  Status CompactRange(const Slice* begin, const Slice* end, key::Sequence newest);
  // Waits until nothing is due or running.
  Status WaitIdle();
  // Ends running jobs soon and waits for them.
  void Stop();
  // Flushes what is sealed on the caller's queue, after Stop.
  Status FlushNow(io::Queue* queue) { return work_.Flush(queue).status(); }
  // Deletes the files that nobody needs any more: on a worker; or after Stop on the caller's queue.
  void DeleteSoon() { deletions_.Schedule(); }
  void DeleteNow(io::Queue* queue) { deletions_.Finish(queue); }

  // The keeper's tick: retries what a full disk or an error held up.
  uint64_t Tick(uint64_t now_nanos) { return retry_.Tick(now_nanos); }
  BackgroundStats Stats() const { return work_.Stats(); }
  // What stopped automatic compaction; OK while it goes on.
  Status compaction_error() const;
  uint64_t PendingBytes() const;

 private:
  void ScheduleLocked();
  void ScheduleDueLocked();
  bool ShouldStop() const { return stop_.load(std::memory_order_relaxed); }
  void FlushJob(io::Queue* queue);
  void NoteFlushFailureLocked(const Status& status);
  Status FlushWaitsLocked() const;
  void CompactionJob(io::Queue* queue);
  std::optional<CompactionAgenda::Begun> BeginLocked();
  void SettleLocked(const CompactionAgenda::Begun& begun, const Status& status);
  void LogFailure(const char* what, const Status& status) const;
  void Resumed();

  runtime::RuntimeCore* const runtime_;
  manifest::ManifestStore* const store_;  // names this database's jobs, too
  MemtableList* const memtables_;
  ErrorState* const errors_;
  const EffectiveOptions* const options_;
  // A flush, compactions, a run of deletions, a probe, a segment to prepare.
  const runtime::WorkerPool::Places places_;
  std::atomic<bool> stop_{false};
  Deletions deletions_;
  DiskRetry retry_;
  TreeWork work_;
  WriteDelay delay_;
  mutable base::Mutex mutex_;
  base::CondVar changed_;
  bool flush_scheduled_ = false;
  uint32_t compactions_scheduled_ = 0;
  uint64_t flush_failures_ = 0;  // in a row
  bool flush_waits_ = false;     // for retry_
  uint64_t flushes_ended_ = 0;
  CompactionAgenda agenda_;
};

}  // namespace treering::db

#endif  // TREERING_ENGINE_DB_BACKGROUND_H_
