// Version: the immutable set of live tables, by level. Does no I/O.
//
// Owner: shared; a reader that holds one keeps its tables' files and handles.
// Threads: any, all calls const. LiveTable::slot is for any thread too.
// Invariants:
//   1. Level 0 is ordered newest first. Tables of it whose sequence ranges meet hold disjoint keys,
//      so at most one entry of a (key, sequence) exists and the first hit of a search is the
//      newest.
//   2. Deeper levels are ordered by key and no user key lies in two tables of one level.
//   3. A number stands for one table, at one level.
//   4. An edit that would break 1 to 3 is refused and leaves the version as it was.
#ifndef TREERING_ENGINE_MANIFEST_VERSION_H_
#define TREERING_ENGINE_MANIFEST_VERSION_H_

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "api/result.h"
#include "api/slice.h"
#include "engine/base/limits.h"
#include "engine/base/thread.h"
#include "engine/key/internal_key.h"
#include "engine/manifest/table_meta.h"
#include "engine/manifest/version_edit.h"

namespace treering::manifest {

// Room for the open table of a LiveTable. A table that moves between levels keeps its slot.
class HandleSlot {
 public:
  HandleSlot() = default;
  HandleSlot(const HandleSlot&) = delete;
  HandleSlot& operator=(const HandleSlot&) = delete;

  // What was attached, or null. No lock; alive as long as the slot.
  void* Get() const { return raw_.load(std::memory_order_acquire); }
  // The first one in wins; returns what is attached afterwards. `handle` must not be null.
  void* Attach(std::shared_ptr<void> handle);

 private:
  std::atomic<void*> raw_{nullptr};
  base::Mutex mutex_;
  std::shared_ptr<void> owner_;
};

struct LiveTable {
  TableMeta meta;
  std::shared_ptr<HandleSlot> slot;
};

using TableRef = std::shared_ptr<const LiveTable>;

class Version {
 public:
  // The tables of one level, shared by the versions in which they are the same.
  struct Level {
    std::vector<TableRef> tables;
    std::vector<uint64_t> numbers;  // of tables, for checks
    // KeyHead of each smallest and largest user key; empty unless the order is bytewise.
    std::vector<uint64_t> smallest_heads;
    std::vector<uint64_t> largest_heads;
    uint64_t bytes = 0;
  };

  static std::shared_ptr<const Version> Empty(const key::KeyOrder& order);

  // The version after `edit` (its tables; other fields are ManifestState's). Corruption when the
  // edit does not fit: a number that is not there, is there twice, or tables that overlap.
  // NotSupported for a level beyond base::kLevelCount.
  Result<std::shared_ptr<const Version>> Apply(const VersionEdit& edit) const;

  const key::KeyOrder& order() const { return order_; }
  static constexpr uint32_t level_count() { return base::kLevelCount; }
  const std::vector<TableRef>& tables(uint32_t level) const { return levels_[level]->tables; }
  uint64_t level_bytes(uint32_t level) const { return levels_[level]->bytes; }
  uint64_t total_bytes() const;
  uint64_t table_count() const;
  // Levels from here on are empty; 0 for an empty version.
  uint32_t depth() const;

  // The tables that may hold a user key, newest first: those of level 0 whose range covers it, then
  // at most one of each deeper level. No allocation; keeps `version` and `user_key` by reference.
  class Search {
   public:
    Search(const Version& version, const Slice& user_key)
        : version_(&version), user_key_(user_key), head_(key::KeyHead(user_key)) {}
    // Null at the end. The table lives as long as the version.
    const LiveTable* Next();

   private:
    const Version* version_;
    Slice user_key_;
    uint64_t head_;
    uint32_t level_ = 0;
    size_t index_ = 0;
  };

  // Index of the first table of `level` (not 0) whose largest user key is at or behind `user_key`;
  // the number of tables when there is none.
  size_t FindTable(uint32_t level, const Slice& user_key) const;

  // Tables of `level` that may hold a user key in [*begin, *end], null meaning no bound; in the
  // level's order. For level 0 the range is not widened by what it finds.
  std::vector<TableRef> Overlapping(uint32_t level, const Slice* begin, const Slice* end) const;
  bool AnyOverlap(uint32_t level, const Slice* begin, const Slice* end) const;
  // Whether a level deeper than `level` may hold `user_key`.
  bool DeeperMayHold(uint32_t level, const Slice& user_key) const;

  // Bytes of tables in [begin, end). A table that lies in it only in part counts as `partial` says,
  // or by half when that is empty.
  uint64_t ApproximateBytes(const Slice& begin, const Slice& end,
                            const std::function<uint64_t(const LiveTable&)>& partial = {}) const;

  // One line per level that is not empty: "L1: 3 tables, 4096 bytes" and then one per table when
  // `with_tables`. No keys.
  std::string DebugText(bool with_tables) const;

 private:
  friend class VersionBuilder;
  explicit Version(const key::KeyOrder& order);

  size_t FindInLevel(const Level& level, const Slice& user_key, uint64_t head) const;
  bool StartsAtOrBefore(const Level& level, size_t index, const Slice& user_key,
                        uint64_t head) const;
  bool EndsAtOrBehind(const Level& level, size_t index, const Slice& user_key, uint64_t head) const;

  const key::KeyOrder order_;
  std::array<std::shared_ptr<const Level>, base::kLevelCount> levels_;
};

}  // namespace treering::manifest

#endif  // TREERING_ENGINE_MANIFEST_VERSION_H_
