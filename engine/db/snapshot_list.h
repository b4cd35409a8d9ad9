// SnapshotList: the sequences that readers hold, so that compaction keeps what they see.
//
// Owner: DbCore, shared with every snapshot handle, so that handles may outlive the database.
// Threads: any.
// Invariants:
//   1. Acquire returns a sequence that was visible while it was registered: no compaction can have
//      taken its list in between without it.
#ifndef TREERING_ENGINE_DB_SNAPSHOT_LIST_H_
#define TREERING_ENGINE_DB_SNAPSHOT_LIST_H_

#include <atomic>
#include <cstdint>
#include <map>
#include <memory>
#include <vector>

#include "engine/base/thread.h"
#include "engine/key/internal_key.h"

namespace treering::db {

class SnapshotList {
 public:
  // Registers the present value of `visible`.
  key::Sequence Acquire(const std::atomic<key::Sequence>& visible);
  void Release(key::Sequence sequence);
  // Ascending, without duplicates.
  std::vector<key::Sequence> Sequences() const;
  size_t Count() const;

 private:
  mutable base::Mutex mutex_;
  std::map<key::Sequence, uint32_t> holders_;
};

// One registered sequence. It keeps its list, so no later database's list has the same address.
class SnapshotCore {
 public:
  SnapshotCore(std::shared_ptr<SnapshotList> list, const std::atomic<key::Sequence>& visible)
      : list_(std::move(list)), sequence_(list_->Acquire(visible)) {}
  ~SnapshotCore() { list_->Release(sequence_); }
  SnapshotCore(const SnapshotCore&) = delete;
  SnapshotCore& operator=(const SnapshotCore&) = delete;

  key::Sequence sequence() const { return sequence_; }
  // Whether it was taken from the database that `list` belongs to.
  bool IsOf(const SnapshotList* list) const { return list_.get() == list; }

 private:
  const std::shared_ptr<SnapshotList> list_;
  const key::Sequence sequence_;
};

}  // namespace treering::db

#endif  // TREERING_ENGINE_DB_SNAPSHOT_LIST_H_
