// Background: a database's flushes and compactions: when they run, and what becomes of them.
//
// Owner: DbCore; ends after the pipeline was closed and before store, log and directory.
// Threads: any; jobs run on the Runtime's workers.
// Invariants:
//   1. One flush runs at a time; compactions whose tables and ranges do not meet may run side by
//   side.
//   2. A flush takes a memtable only when its last sequence is visible.
//   3. Inputs are deleted by Deletions; outputs only when it is sure that no edit names them.
//   4. A full disk degrades the database; DiskRetry makes work go on.
//   5. Damage in an input stops automatic compaction; nothing is dropped.
#ifndef TREERING_ENGINE_DB_BACKGROUND_H_
#define TREERING_ENGINE_DB_BACKGROUND_H_

#include <atomic>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "engine/compaction/compaction_job.h"
#include "engine/compaction/flush_job.h"
#include "engine/compaction/picker.h"
#include "engine/compaction/throttle.h"
#include "engine/db/deletions.h"
#include "engine/db/disk_retry.h"
#include "engine/db/effective_options.h"
#include "engine/db/error_state.h"
#include "engine/db/log_keeper.h"
#include "engine/db/memtable_list.h"
#include "engine/db/snapshot_list.h"
#include "engine/db/stall_stats.h"
#include "engine/db/table_set.h"
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

class Background {
 public:
  explicit Background(BackgroundEnv env);
  ~Background();

  // A memtable was sealed, or a table came: starts what is due. Never blocks.
  void Schedule();
  // Sleeps as the debt demands. By one thread at a time (the leader of the pipeline).
  void Throttle(uint64_t bytes);
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
  Status FlushNow(io::Queue* queue);
  // Deletes the files that nobody needs any more: on a worker; or after Stop on the caller's queue.
  void DeleteSoon();
  void DeleteNow(io::Queue* queue);

  // The keeper's tick: retries what a full disk or an error held up.
  uint64_t Tick(uint64_t now_nanos) { return retry_.Tick(now_nanos); }
  BackgroundStats Stats() const;
  // What stopped automatic compaction; OK while it goes on.
  Status compaction_error() const;
  uint64_t PendingBytes() const;

 private:
  struct Manual {
    std::optional<std::string> begin;
    std::optional<std::string> end;
    key::Sequence newest = 0;
    uint64_t id = 0;  // its caller may leave while a job of it runs
    bool done = false;
    Status status;
  };

  void ScheduleLocked();
  void ScheduleDueLocked();
  void DecideDelay();
  bool ShouldStop() const { return stop_.load(std::memory_order_relaxed); }
  void FlushJob(io::Queue* queue);
  Status FlushOnce(io::Queue* queue);
  void CompactionJob(io::Queue* queue);
  std::optional<compaction::CompactionPlan> PickLocked(uint64_t* manual_id);
  compaction::ManualPick LookForManual(const Manual& manual) const;
  std::optional<compaction::CompactionPlan> PickManualLocked(Manual* manual);
  void SettleLocked(const compaction::CompactionPlan& plan, uint64_t manual_id,
                    const Status& status);
  std::optional<compaction::CompactionPlan> PickAutomaticLocked() const;
  Status CarryOut(io::Queue* queue, const compaction::CompactionPlan& plan);
  Status Move(io::Queue* queue, const compaction::CompactionPlan& plan);
  Status Commit(io::Queue* queue, const manifest::VersionEdit& edit, size_t flushed);
  void MoveReplayStart(key::Sequence flushed_through, manifest::VersionEdit* edit);
  void NoteFailure(const Status& status);
  void LogFailure(const char* what, const Status& status) const;
  std::optional<compaction::CompactionPlan> BeginLocked(uint64_t* manual_id);
  void Resumed();
  compaction::PickerOptions picker_options() const;
  bool CompactionIsDueLocked();
  Status FlushWaitsLocked() const;

  const BackgroundEnv env_;
  // A flush, compactions, a run of deletions, a probe, a segment to prepare.
  const runtime::WorkerPool::Places places_;
  std::atomic<bool> stop_{false};
  Deletions deletions_;
  DiskRetry retry_;
  mutable base::Mutex mutex_;
  base::CondVar changed_;
  bool flush_scheduled_ = false;
  uint32_t compactions_scheduled_ = 0;
  uint64_t flush_failures_ = 0;  // in a row
  bool flush_waits_ = false;     // for retry_
  uint64_t flushes_ended_ = 0;
  key::Sequence flushed_through_ = 0;
  Status compaction_error_;
  compaction::CompactionPointers pointers_;
  compaction::RunningCompactions running_;
  std::vector<Manual*> manuals_;
  uint64_t manuals_begun_ = 0;
  bool level0_turn_ = false;          // the last plan was a manual compaction's
  uint64_t compaction_failures_ = 0;  // by the disk, in a row
  BackgroundStats stats_;
  std::atomic<uint64_t> drain_bytes_per_second_{64ull << 20};
  std::atomic<uint64_t> delay_nanos_per_kib_{0};
  std::atomic<StallCause> delay_cause_{StallCause::kMemtables};
  uint64_t delay_owed_nanos_ = 0;  // the leader's
};

}  // namespace treering::db

#endif  // TREERING_ENGINE_DB_BACKGROUND_H_
