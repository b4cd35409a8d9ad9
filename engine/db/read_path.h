// ReadPath: the synchronous and the batch driver of PointRead.
//
// Owner: DbCore; what ReadEnv names outlives it.
// Threads: any; calls block on the caller's leased queue.
// Invariants:
//   1. A get that hits takes no lock, counts no reference and leases no queue.
//   2. A call returns with nothing in flight.
//   3. All keys of a batch are read as of one moment; equal missing blocks are read once, and
//      asked for in the order in which they were first missed.
//   4. A value is handed out as a pinned frame only within the cache's cap on user pins; beyond it,
//      and where its block is in no frame, as a copy: values that are held never use up the budget.
#ifndef TREERING_ENGINE_DB_READ_PATH_H_
#define TREERING_ENGINE_DB_READ_PATH_H_

#include <atomic>
#include <memory>
#include <span>

#include "api/pinned_value.h"
#include "api/status.h"
#include "engine/db/point_read.h"
#include "engine/db/super_version.h"
#include "engine/db/table_set.h"
#include "engine/runtime/runtime.h"

namespace treering::db {

struct ReadEnv {
  std::shared_ptr<runtime::RuntimeCore> runtime;
  SuperVersionHolder* supers = nullptr;
  TableSet* tables = nullptr;
  const std::atomic<key::Sequence>* visible = nullptr;
  uint64_t filter_seed = 0;
};

class ReadPath {
 public:
  explicit ReadPath(ReadEnv env) : env_(std::move(env)) {}

  // `snapshot`: base::kSequenceMax for now.
  Status Get(const Slice& key, key::Sequence snapshot, bool fill_cache, PinnedValue* value);
  void MultiGet(std::span<const Slice> keys, key::Sequence snapshot, bool fill_cache,
                std::span<PinnedValue> values, std::span<Status> statuses);

 private:
  class Batch;

  key::Sequence SnapshotOrNow(key::Sequence snapshot) const;
  // Under the guard that the read's last step ran under. `block`: the one handed in last, if any.
  void TakeValue(const PointRead& read, const cache::BlockRef* block, PinnedValue* value);
  Status FinishSlowly(PointRead* read, PointRead::Step step, bool fill_cache, PinnedValue* value);

  const ReadEnv env_;
};

}  // namespace treering::db

#endif  // TREERING_ENGINE_DB_READ_PATH_H_
