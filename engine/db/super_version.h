// SuperVersion: all that a read needs at one moment: the active memtable, the sealed ones, the
// tables.
//
// Owner: SuperVersionHolder holds the present one; readers hold the ones they use.
// Threads: a SuperVersion is immutable; Current and Hold from any thread; Install by one at a time.
// Invariants:
//   1. Current() needs an epoch guard and no count; what it gives lives as long as the guard.
//   2. Hold() counts, for readers that wait for I/O or stay (iterators).
//   3. A memtable leaves the list in the same step in which its table enters the version.
#ifndef TREERING_ENGINE_DB_SUPER_VERSION_H_
#define TREERING_ENGINE_DB_SUPER_VERSION_H_

#include <atomic>
#include <memory>
#include <vector>

#include "engine/base/epoch.h"
#include "engine/manifest/version.h"
#include "engine/memtable/memtable.h"

namespace treering::db {

struct SuperVersion : std::enable_shared_from_this<SuperVersion> {
  std::shared_ptr<memtable::MemTable> active;  // null for a read-only open without a log
  std::vector<std::shared_ptr<memtable::MemTable>> sealed;  // newest first
  std::shared_ptr<const manifest::Version> version;
};

class SuperVersionHolder {
 public:
  explicit SuperVersionHolder(base::EpochDomain* epochs) : epochs_(epochs) {}
  ~SuperVersionHolder();
  SuperVersionHolder(const SuperVersionHolder&) = delete;
  SuperVersionHolder& operator=(const SuperVersionHolder&) = delete;

  // The caller holds a guard of the epoch domain.
  const SuperVersion* Current() const { return current_.load(std::memory_order_acquire); }
  // Takes a guard itself.
  std::shared_ptr<const SuperVersion> Hold() const;
  // Readers that hold the one before keep it; it goes when the last of them is done. Without memory
  // it throws, and nothing has changed.
  void Install(std::shared_ptr<const SuperVersion> next);

 private:
  base::EpochDomain* const epochs_;
  base::EpochDomain::Retirement retirement_;  // holds what current_ points at
  std::atomic<const SuperVersion*> current_{nullptr};
};

}  // namespace treering::db

#endif  // TREERING_ENGINE_DB_SUPER_VERSION_H_
