// Opening: what the two ways to open a database share: its options, directory and queue, and the
// parts that depend on the manifest's state alone.
//
// Owner: OpenDatabase.
// Threads: one.
// Invariants:
//   1. It is set up by Begin, before anything else.
//   2. What it made so far ends with it, unless Take() passed it on.
#ifndef TREERING_ENGINE_DB_OPENING_H_
#define TREERING_ENGINE_DB_OPENING_H_

#include <memory>
#include <string>

#include "api/options.h"
#include "api/status.h"
#include "engine/db/db_parts.h"
#include "engine/manifest/manifest_store.h"
#include "engine/runtime/runtime.h"
#include "engine/wal/recovery.h"

namespace treering::db {

class Opening {
 public:
  // How long an open waits for the last writes of a dead process.
  static constexpr uint64_t kLockWaitNanos = 10'000'000'000;

  Opening(std::shared_ptr<runtime::RuntimeCore> runtime, const Options& options,
          const std::string& path);

  // Options, directory, and what is in it.
  Status Begin();
  // After the parts have been made.
  std::unique_ptr<DbParts> Take() { return std::move(parts_); }

  const Options& options() const { return options_; }
  const std::string& path() const { return path_; }
  DbParts* parts() const { return parts_.get(); }
  io::Queue* queue() const { return lease_.queue(); }
  LogMode log_mode() const { return parts_->options.user.log; }

  manifest::ManifestStore::Options StoreOptions() const;
  wal::RecoveryOptions RecoveryOptionsFor(const manifest::ManifestState& state) const;
  void NoteRecovery(const wal::RecoveryResult& result);
  // Tables and SuperVersions.
  void MakeReadParts(const manifest::ManifestState& state);
  // When everything that a read needs is there.
  void MakeReadPath();

 private:
  void ChooseLogMode();

  const Options options_;
  const std::string path_;
  std::unique_ptr<DbParts> parts_ = std::make_unique<DbParts>();
  runtime::QueueLease lease_;
};

}  // namespace treering::db

#endif  // TREERING_ENGINE_DB_OPENING_H_
