// LogKeeper: what keeps a database's log going beside the commits: background spills, promise
// blocks, preparing the next segment, letting go of old ones.
//
// Owner: DbCore; ends before the Log, the ManifestStore and the Directory.
// Threads: OnLogThread on the log thread; the rest any.
// Invariants:
//   1. A segment is registered in the manifest, durably, before the Log may use it.
//   2. A released segment is unlinked only after the edit that forgot it was promised.
//   3. When nothing is written any more, a promise block vouches for everything and the timers
//      stop. One is also written after a flush and when a segment was used up, by the log thread.
#ifndef TREERING_ENGINE_DB_LOG_KEEPER_H_
#define TREERING_ENGINE_DB_LOG_KEEPER_H_

#include <functional>
#include <span>

#include "engine/base/thread.h"
#include "engine/db/error_state.h"
#include "engine/io/disk.h"
#include "engine/manifest/manifest_store.h"
#include "engine/runtime/runtime.h"
#include "engine/wal/log.h"

namespace treering::db {

class LogKeeper final : public runtime::LogClient {
 public:
  LogKeeper(runtime::RuntimeCore* runtime, io::Directory* directory, manifest::ManifestStore* store,
            wal::Log* log, ErrorState* errors);
  ~LogKeeper() override;

  // Called at times of its own choosing until it answers kNever: for retries of the database's
  // background work. Set once, before Start.
  void SetTick(std::function<uint64_t(uint64_t now_nanos)> tick) { tick_ = std::move(tick); }
  void Start();
  // Waits for a call that is under way; no further one comes.
  void Stop();
  // The tick should run soon.
  void Wake();

  // An append said when the next spill is due.
  void NoteAppended(uint64_t spill_at_nanos);
  // A flush has moved the replay start: what the log still holds gets a block that vouches for it.
  void PromiseSoon();
  // Prepares the next segment in the background, if one is wanted.
  void PrepareSoon();
  // Prepares segments here and now until the log wants none. NoSpace when the disk is full.
  Status PrepareNow(io::Queue* queue);
  // Unlinks segments whose forgetting is durable and promised.
  void DropSegments(std::span<const uint64_t> numbers);

  void OnLogThread(io::Queue* queue) override;

 private:
  static constexpr uint64_t kIdleNanos = 500'000'000;

  void Spill(io::Queue* queue, uint64_t now);
  bool TakePromiseDue();

  runtime::RuntimeCore* const runtime_;
  io::Directory* const directory_;
  manifest::ManifestStore* const store_;
  wal::Log* const log_;  // null without a log
  ErrorState* const errors_;
  std::function<uint64_t(uint64_t)> tick_;
  base::Mutex prepare_mutex_;
  std::atomic<bool> prepare_scheduled_{false};
  std::atomic<uint64_t> appends_{0};
  std::atomic<bool> promise_wanted_{false};
  std::atomic<bool> asleep_{false};  // no timer is set: the next append sets one
  uint64_t appends_seen_ = 0;        // the log thread's
  uint64_t used_up_seen_ = 0;        // the log thread's
  bool started_ = false;
};

}  // namespace treering::db

#endif  // TREERING_ENGINE_DB_LOG_KEEPER_H_
