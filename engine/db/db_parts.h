// DbParts: everything an open database is made of, in the order in which it must end.
//
// Owner: DbCore; made by OpenDatabase.
// Threads: set up by one thread; then as each part says.
// Invariants:
//   1. Members are destroyed from the last to the first: each may use those above it.
//   2. Read-only: lock, log, keeper, pipeline and background are null, and nothing is written.
#ifndef TREERING_ENGINE_DB_DB_PARTS_H_
#define TREERING_ENGINE_DB_DB_PARTS_H_

#include <atomic>
#include <memory>

#include "engine/db/background.h"
#include "engine/db/commit_pipeline.h"
#include "engine/db/effective_options.h"
#include "engine/db/error_state.h"
#include "engine/db/fork_guard.h"
#include "engine/db/log_keeper.h"
#include "engine/db/memtable_list.h"
#include "engine/db/open_iterators.h"
#include "engine/db/read_path.h"
#include "engine/db/snapshot_list.h"
#include "engine/db/stall_stats.h"
#include "engine/db/super_version.h"
#include "engine/db/table_set.h"
#include "engine/manifest/manifest_store.h"
#include "engine/runtime/open_registry.h"
#include "engine/runtime/runtime.h"
#include "engine/wal/log.h"

namespace treering::db {

// What recovery found; for stats.
struct RecoveryStats {
  uint64_t groups_from_log = 0;
  uint64_t groups_from_tail = 0;
  uint64_t payload_bytes = 0;
  uint64_t bytes_cut = 0;
  uint64_t manifest_bytes_cut = 0;
  bool clean_close = false;
  uint64_t nanos = 0;  // of the whole open
};

struct DbParts {
  ForkGuard process;
  std::shared_ptr<runtime::RuntimeCore> runtime;
  EffectiveOptions options;
  key::KeyOrder order{BytewiseComparator()};
  std::unique_ptr<io::Directory> directory;
  runtime::OpenClaim claim;
  std::unique_ptr<io::File> lock;
  std::unique_ptr<manifest::ManifestStore> store;
  base::Id128 database_id;
  uint64_t generation = 0;
  ErrorState errors;
  StallStats stalls;
  RecoveryStats recovery;
  std::shared_ptr<SnapshotList> snapshots = std::make_shared<SnapshotList>();
  OpenIterators iterators;
  std::unique_ptr<TableSet> tables;
  std::unique_ptr<SuperVersionHolder> supers;
  std::unique_ptr<MemtableList> memtables;
  std::unique_ptr<wal::Log> log;
  std::unique_ptr<LogKeeper> keeper;
  std::unique_ptr<CommitPipeline> pipeline;
  std::unique_ptr<Background> background;
  // Of a read-only view; the pipeline's otherwise.
  std::atomic<key::Sequence> fixed_visible{0};
  std::unique_ptr<ReadPath> reads;
  std::atomic<bool> closed{false};

  const std::atomic<key::Sequence>& visible() const {
    return pipeline != nullptr ? pipeline->visible() : fixed_visible;
  }
};

}  // namespace treering::db

#endif  // TREERING_ENGINE_DB_DB_PARTS_H_
