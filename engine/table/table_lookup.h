// TableLookup: one get in one table, as a state machine that stops where a block is missing.
//
//   lookup.Start(table, key, hash, snapshot);
//   step = lookup.Resume();                       // under a guard of the cache's epochs
//   while (step == kNeedBlock) {                  // no guard while reading
//     read lookup.need(), by whatever driver
//     step = ok ? lookup.Resume(&block) : lookup.ResumeFailed(status);   // under a guard again
//   }
//
// Owner: the driver; plain memory, no allocation. It keeps `table` and the key's bytes alive.
// Threads: one at a time. Start and every Resume run under an epoch guard; the guard may end
//   between them, and must last until the outcome (value) was pinned or copied.
// Invariants:
//   1. Order: filter page, index partition, data block; each from the cache without pin or lock, or
//      asked for. A filter page that cannot be read answers "may match", and is counted.
//   2. kFound: value() lies in value_frame(), which the driver may pin while the guard lasts, or,
//      when that is null, in the block it handed in last.
//   3. The answer is the newest entry at or below the snapshot. tag() is its tag.
#ifndef TREERING_ENGINE_TABLE_TABLE_LOOKUP_H_
#define TREERING_ENGINE_TABLE_TABLE_LOOKUP_H_

#include <cstdint>

#include "api/slice.h"
#include "api/status.h"
#include "engine/cache/block_fetcher.h"
#include "engine/cache/block_ref.h"
#include "engine/key/internal_key.h"
#include "engine/table/table_reader.h"

namespace treering::table {

class TableLookup {
 public:
  enum class Step : uint8_t {
    kFound,
    kDeleted,    // the newest visible entry is a deletion
    kAbsent,     // this table says nothing about the key
    kNeedBlock,  // see need()
    kError,      // see status()
  };

  // `hash` is FilterHash(user_key, FilterSeed(database id)), the same for all tables. Prefetches
  // the filter's line and finds the partition, so that a batch may Start many before it resumes.
  void Start(Table* table, const Slice& user_key, uint64_t hash, key::Sequence snapshot);
  // `block`: what need() asked for; null on the first call.
  Step Resume(const cache::BlockRef* block = nullptr);
  // The block of need() cannot be had.
  Step ResumeFailed(const Status& status);

  const cache::BlockRequest& need() const { return need_; }
  const Status& status() const { return status_; }
  // After kFound.
  Slice value() const { return value_; }
  cache::Frame* value_frame() const { return value_frame_; }
  // After kFound and kDeleted.
  uint64_t tag() const { return tag_; }
  // Whether the filter was asked and said yes: with kAbsent, a false positive.
  bool filter_passed() const { return filter_passed_; }

 private:
  enum class Phase : uint8_t { kFilter, kIndex, kData };

  Step Need(const cache::BlockRequest& request);
  Step Fail(Status status);
  Step AskFilter(const cache::BlockRef* block);
  Step AskIndex(const cache::BlockRef* block);
  Step AskData(const cache::BlockRef* block);

  Table* table_ = nullptr;
  Slice user_key_;
  uint64_t hash_ = 0;
  uint64_t seek_tag_ = 0;
  uint64_t tag_ = 0;
  uint32_t partition_ = 0;
  Phase phase_ = Phase::kFilter;
  bool filter_passed_ = false;
  BlockHandle data_;
  Slice value_;
  cache::Frame* value_frame_ = nullptr;
  cache::BlockRequest need_;
  Status status_;
};

}  // namespace treering::table

#endif  // TREERING_ENGINE_TABLE_TABLE_LOOKUP_H_
