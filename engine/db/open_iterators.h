// OpenIterators: since when the iterators of a database hold their views, which keep memtables and
// tables alive: for stats.
//
// Owner: DbParts; outlives its entries.
// Threads: any.
// Invariants:
//   1. An entry counts from its construction to its end; one that ends in a forked child does
//      nothing, as the lock may be held there for ever.
#ifndef TREERING_ENGINE_DB_OPEN_ITERATORS_H_
#define TREERING_ENGINE_DB_OPEN_ITERATORS_H_

#include <cstddef>
#include <cstdint>
#include <set>

#include "engine/base/thread.h"
#include "engine/db/fork_guard.h"

namespace treering::db {

class OpenIterators {
 public:
  class Entry {
   public:
    Entry(OpenIterators* all, uint64_t now_nanos);
    ~Entry();
    Entry(const Entry&) = delete;
    Entry& operator=(const Entry&) = delete;

   private:
    OpenIterators* const all_;
    const uint64_t since_nanos_;
  };

  struct Figures {
    size_t count = 0;
    uint64_t oldest_nanos = 0;  // how long the oldest has lived
  };
  Figures Now(uint64_t now_nanos) const;

 private:
  const ForkGuard process_;
  mutable base::Mutex mutex_;
  std::multiset<uint64_t> since_nanos_;
};

}  // namespace treering::db

#endif  // TREERING_ENGINE_DB_OPEN_ITERATORS_H_
