// DiskRetry: work that a full or failing disk held up: when it is tried again. A probe goes first.
//
// Owner: Background; ends after the Runtime's workers were drained of the store's jobs.
// Threads: any; the probe runs on a worker.
// Invariants:
//   1. From Later until a probe succeeds waiting() is true, and the disk is probed about every
//      second.
//   2. A success makes the database Healthy again, if it was Degraded, and then tells the owner.
#ifndef TREERING_ENGINE_DB_DISK_RETRY_H_
#define TREERING_ENGINE_DB_DISK_RETRY_H_

#include <atomic>
#include <cstdint>
#include <functional>
#include <utility>

#include "api/status.h"
#include "engine/base/thread.h"
#include "engine/db/error_state.h"
#include "engine/db/log_keeper.h"
#include "engine/io/disk.h"
#include "engine/manifest/manifest_store.h"
#include "engine/runtime/runtime.h"

namespace treering::db {

struct DiskRetryEnv {
  runtime::RuntimeCore* runtime = nullptr;
  io::Directory* directory = nullptr;
  manifest::ManifestStore* store = nullptr;
  LogKeeper* keeper = nullptr;
  ErrorState* errors = nullptr;
  const std::atomic<bool>* stop = nullptr;  // no further probe begins
  std::function<void()> resumed;            // on a worker, without a lock of ours
};

class DiskRetry {
 public:
  explicit DiskRetry(DiskRetryEnv env) : env_(std::move(env)) {}

  // Nothing of the kind is to be tried before a probe has succeeded.
  void Later(const Status& cause);
  // OK when nothing waits, else the cause.
  Status cause() const;
  bool waiting() const { return !cause().ok(); }
  // The keeper's tick. When it should come again.
  uint64_t Tick(uint64_t now_nanos);

 private:
  Status TryDisk(io::Queue* queue);
  void Probe(io::Queue* queue);

  const DiskRetryEnv env_;
  mutable base::Mutex mutex_;
  bool probe_scheduled_ = false;
  uint64_t at_nanos_ = 0;  // 0: nothing waits
  Status cause_;           // while something does
};

}  // namespace treering::db

#endif  // TREERING_ENGINE_DB_DISK_RETRY_H_
