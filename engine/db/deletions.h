// Deletions: the files that an edit made superfluous, and those that an earlier open left behind:
// when it is sure that nobody needs them, and their removal.
//
// Owner: Background; ends after the Runtime's workers were drained of the store's jobs.
// Threads: any; removals run on a worker.
// Invariants:
//   1. A file goes only after a later manifest block vouches for the edit that no longer names it.
//   2. One run at a time.
//   3. A segment is forgotten by one edit only: until it is dropped it stays on the list.
//   4. No open waits for the removal of large files; a clean close leaves nothing behind but what
//      living iterators read.
#ifndef TREERING_ENGINE_DB_DELETIONS_H_
#define TREERING_ENGINE_DB_DELETIONS_H_

#include <atomic>
#include <cstdint>
#include <vector>

#include "engine/base/thread.h"
#include "engine/db/error_state.h"
#include "engine/db/log_keeper.h"
#include "engine/io/disk.h"
#include "engine/manifest/manifest_store.h"
#include "engine/runtime/runtime.h"
#include "engine/wal/log.h"

namespace treering::db {

struct DeletionsEnv {
  runtime::RuntimeCore* runtime = nullptr;
  io::Directory* directory = nullptr;
  manifest::ManifestStore* store = nullptr;
  wal::Log* log = nullptr;  // null without a log
  LogKeeper* keeper = nullptr;
  ErrorState* errors = nullptr;
  const std::atomic<bool>* stop = nullptr;  // no further run begins; one that goes ends soon
};

class Deletions {
 public:
  explicit Deletions(DeletionsEnv env) : env_(env) {}

  // The segments that the edit which moves the replay start to `cut` may forget.
  std::vector<uint64_t> SegmentsBefore(const wal::ReplayStart& cut);
  // That edit is durable.
  void Forgotten(const std::vector<uint64_t>& segments);
  // Something may be deleted. Never blocks.
  void Schedule();
  // Deletes on the caller's queue what is left, after the workers were drained.
  void Finish(io::Queue* queue);
  // Of no edit, or of one that is vouched for. What cannot be removed is an orphan of the next
  // open.
  void UnlinkTable(uint64_t number);

 private:
  void ScheduleLocked();
  void Run(io::Queue* queue);
  enum class Until : uint8_t { kStopped, kDone };
  void Remove(io::Queue* queue, Until until);
  void Delete(const std::vector<uint64_t>& segments, Until until);
  bool DeleteOrphans(Until until);
  bool ShouldStop() const { return env_.stop->load(std::memory_order_relaxed); }

  const DeletionsEnv env_;
  base::Mutex mutex_;
  bool scheduled_ = false;                 // or running
  bool again_ = false;                     // something came since it began
  std::vector<uint64_t> forgotten_;        // segments to be dropped once promised
  std::atomic<bool> orphans_gone_{false};  // those of earlier opens
};

}  // namespace treering::db

#endif  // TREERING_ENGINE_DB_DELETIONS_H_
