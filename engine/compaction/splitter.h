// Splitter: where a compaction is cut, into output tables and into parts that run side by side.
//
// Owner: OutputSplitter belongs to one job; the rest are pure functions.
// Threads: one at a time.
// Invariants:
//   1. All versions of one user key lie in one output table and in one part.
//   2. The parts of a plan cover every user key once, in order.
#ifndef TREERING_ENGINE_COMPACTION_SPLITTER_H_
#define TREERING_ENGINE_COMPACTION_SPLITTER_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "api/slice.h"
#include "engine/compaction/picker.h"
#include "engine/key/internal_key.h"
#include "engine/manifest/version.h"

namespace treering::compaction {

// Says when the present output table should end. Fed every user key that is written, in order.
class OutputSplitter {
 public:
  struct Options {
    uint64_t table_bytes = 64ull << 20;             // target size of an output
    uint64_t grandparent_bytes_max = 640ull << 20;  // overlap that ends an output
  };
  // `grandparents` by key, as in CompactionPlan.
  OutputSplitter(const Options& options, const key::KeyOrder& order,
                 std::vector<manifest::TableRef> grandparents);

  // Whether the table that holds `output_bytes` so far should be finished before `user_key` is
  // added. Never true for the key added last, nor for an empty table. Call once per entry, then add
  // the entry.
  bool CutBefore(const Slice& user_key, uint64_t output_bytes);

 private:
  const Options options_;
  const key::KeyOrder order_;
  const std::vector<manifest::TableRef> grandparents_;
  size_t grandparent_index_ = 0;
  uint64_t overlap_bytes_ = 0;  // of grandparents passed since the last cut
  std::string last_key_;
  bool has_last_ = false;
};

// User keys in [begin, end); unset means no bound.
struct KeyPart {
  std::optional<std::string> begin;
  std::optional<std::string> end;
};

// A place that a plan may be cut at, and about how many input bytes lie between the anchor before
// and it. From table indexes, or from the tables' own ranges.
struct Anchor {
  std::string user_key;
  uint64_t bytes = 0;
};
// Anchors from nothing but the plan's tables, by key.
std::vector<Anchor> AnchorsOf(const CompactionPlan& plan, const key::KeyOrder& order);

// At most `parts_max` (at least 1) parts of about equal bytes, none below `part_bytes_min` where
// that can be had. Anchors in any order.
std::vector<KeyPart> SplitByAnchors(std::vector<Anchor> anchors, const key::KeyOrder& order,
                                    uint32_t parts_max, uint64_t part_bytes_min);

}  // namespace treering::compaction

#endif  // TREERING_ENGINE_COMPACTION_SPLITTER_H_
