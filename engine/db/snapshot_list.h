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

// One registered sequence. `owner` is compared, never followed, by readers that check whose it is.
class SnapshotCore {
 public:
  SnapshotCore(std::shared_ptr<SnapshotList> list, const std::atomic<key::Sequence>& visible,
               const void* owner)
      : list_(std::move(list)), owner_(owner), sequence_(list_->Acquire(visible)) {}
  ~SnapshotCore() { list_->Release(sequence_); }
  SnapshotCore(const SnapshotCore&) = delete;
  SnapshotCore& operator=(const SnapshotCore&) = delete;

  key::Sequence sequence() const { return sequence_; }
  const void* owner() const { return owner_; }

 private:
  const std::shared_ptr<SnapshotList> list_;
  const void* const owner_;
  const key::Sequence sequence_;
};

}  // namespace treering::db

#endif  // TREERING_ENGINE_DB_SNAPSHOT_LIST_H_
