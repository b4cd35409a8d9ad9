// PointRead: one get in a whole database, as a state machine that stops where something is missing.
//
// Owner: its driver (synchronous get, or a batch); plain memory, no allocation.
// Threads: one at a time. Start and every Resume run under an epoch guard, which lasts until the
//   value was taken; between them the SuperVersion must be held some other way.
// Invariants:
//   1. Memtables newest first, then tables newest first: the first entry at or below the snapshot
//      wins.
//   2. An error of one table ends the get: an older answer could be wrong.
// Source: docs/design, "one resumable lookup, three drivers".
#ifndef TREERING_ENGINE_DB_POINT_READ_H_
#define TREERING_ENGINE_DB_POINT_READ_H_

#include <optional>

#include "api/slice.h"
#include "api/status.h"
#include "engine/db/super_version.h"
#include "engine/table/table_lookup.h"

namespace treering::db {

class PointRead {
 public:
  enum class Step : uint8_t {
    kFound,  // value() and, for a value in a table, value_frame()
    kNotFound,
    kNeedBlock,  // need(): read it, then Resume(&block) or ResumeFailed
    kNeedTable,  // need_table(): open it, then Resume(), or ResumeFailed
    kError,      // status()
  };

  // `hash` is the key's filter hash. The SuperVersion and the key's bytes outlive the read.
  Step Start(const SuperVersion* super, const Slice& user_key, uint64_t hash,
             key::Sequence snapshot);
  Step Resume(const cache::BlockRef* block = nullptr);
  Step ResumeFailed(const Status& status);

  const cache::BlockRequest& need() const { return lookup_.need(); }
  const manifest::LiveTable& need_table() const { return *table_; }
  const Status& status() const { return status_; }
  Slice value() const { return value_; }
  // Null for a value in a memtable, and for one in a block that is not in the cache.
  cache::Frame* value_frame() const { return in_table_ ? lookup_.value_frame() : nullptr; }
  bool in_table() const { return in_table_; }

 private:
  Step NextTable();
  Step StartTable();
  Step Settle(table::TableLookup::Step step);

  Slice user_key_;
  uint64_t hash_ = 0;
  key::Sequence snapshot_ = 0;
  std::optional<manifest::Version::Search> search_;
  const manifest::LiveTable* table_ = nullptr;
  bool started_ = false;  // lookup_ runs in table_
  bool in_table_ = false;
  table::TableLookup lookup_;
  Slice value_;
  Status status_;
};

}  // namespace treering::db

#endif  // TREERING_ENGINE_DB_POINT_READ_H_
