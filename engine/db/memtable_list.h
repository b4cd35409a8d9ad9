// MemtableList: the active memtable, the sealed ones that wait for flush, and the SuperVersions
// they are part of.
//
// Owner: DbCore.
// Threads: active() and SealActive by the leader of the commit pipeline; the rest any.
// Invariants:
//   1. Each change of memtables or of the version installs a new SuperVersion, in one order.
//   2. Sealed memtables leave oldest first, in the same step in which their tables come in.
#ifndef TREERING_ENGINE_DB_MEMTABLE_LIST_H_
#define TREERING_ENGINE_DB_MEMTABLE_LIST_H_

#include <memory>
#include <vector>

#include "engine/base/block_source.h"
#include "engine/base/prng.h"
#include "engine/base/thread.h"
#include "engine/db/super_version.h"

namespace treering::db {

struct SealedMemtable {
  std::shared_ptr<memtable::MemTable> table;
  // The last sequence that was given out when it was sealed: nothing later is in it.
  key::Sequence last_sequence = 0;
};

class MemtableList {
 public:
  MemtableList(key::KeyOrder order, base::BlockSource* blocks, SuperVersionHolder* supers,
               std::shared_ptr<const manifest::Version> version);

  // The one that takes writes.
  std::shared_ptr<memtable::MemTable> active() const;
  // Puts a fresh one in its place. `last_sequence`: the last one given out so far. As Install it
  // throws without memory, and nothing has changed.
  void SealActive(key::Sequence last_sequence);
  // Oldest first.
  std::vector<SealedMemtable> Sealed() const;
  size_t SealedCount() const;
  // Held by all of them.
  uint64_t MemoryBytes() const;

  // The first `flushed` sealed memtables are in tables of `version` now.
  void Install(std::shared_ptr<const manifest::Version> version, size_t flushed);

 private:
  std::shared_ptr<memtable::MemTable> NewMemtable();
  std::shared_ptr<SuperVersion> MakeSuperVersion(
      std::shared_ptr<memtable::MemTable> active,
      std::shared_ptr<const manifest::Version> version) const;

  const key::KeyOrder order_;
  base::BlockSource* const blocks_;
  SuperVersionHolder* const supers_;
  mutable base::Mutex mutex_;
  base::Prng prng_;
  std::shared_ptr<memtable::MemTable> active_;
  std::vector<SealedMemtable> sealed_;
  std::shared_ptr<const manifest::Version> version_;
};

}  // namespace treering::db

#endif  // TREERING_ENGINE_DB_MEMTABLE_LIST_H_
