// AppendRun: records in the order they came, sorted once, then read in the order of their keys.
//
// Owner: whoever replays a log into tables; an iterator's maker keeps the run alive.
// Threads: one at a time for Add and Sort; after Sort iterators from any threads.
// Invariants:
//   1. A record never moves and never changes; Slices into it live as long as the run.
//   2. All memory comes from the BlockSource, that for the order included: an Add that finds none
//      changes nothing, and Sort cannot fail.
//   3. Add before Sort only, iterators after it only.
// Why: a record costs a copy to add and its share of a sort, where a skip list pays cache misses
// that grow with its size (docs/design/0003-replay-by-runs.md).
#ifndef TREERING_ENGINE_MEMTABLE_APPEND_RUN_H_
#define TREERING_ENGINE_MEMTABLE_APPEND_RUN_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "api/slice.h"
#include "engine/base/block_source.h"
#include "engine/key/internal_iterator.h"
#include "engine/key/internal_key.h"

namespace treering::memtable {

class AppendRun {
 public:
  // `blocks` outlives the run.
  AppendRun(key::KeyOrder order, base::BlockSource* blocks) : order_(order), blocks_(blocks) {}
  ~AppendRun();
  AppendRun(const AppendRun&) = delete;
  AppendRun& operator=(const AppendRun&) = delete;

  // False when there is no memory: a record takes its bytes and 24 more. Sizes are within
  // base/limits.h; each sequence once.
  [[nodiscard]] bool Add(key::Sequence sequence, key::Kind kind, const Slice& user_key,
                         const Slice& value);
  void Sort();
  std::unique_ptr<key::InternalIterator> NewIterator() const;

  // Bytes of records, their lengths included.
  uint64_t UsedBytes() const { return used_bytes_; }
  uint64_t EntryCount() const { return entry_count_; }

  // A place in the order: the head of a user key, and its record.
  struct Entry {
    uint64_t head;
    const char* record;
  };

 private:
  struct Piece {
    std::byte* data = nullptr;
    size_t bytes = 0;
    size_t used = 0;
  };

  char* Carve(size_t bytes);
  bool MakeRoomInOrder();

  const key::KeyOrder order_;
  base::BlockSource* const blocks_;
  std::vector<Piece> pieces_;
  std::span<Entry> order_room_;  // for entry_count_ entries at least; filled by Sort
  bool sorted_ = false;
  uint64_t used_bytes_ = 0;
  uint64_t entry_count_ = 0;
};

}  // namespace treering::memtable

#endif  // TREERING_ENGINE_MEMTABLE_APPEND_RUN_H_
