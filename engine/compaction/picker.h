// Picker: decides what to compact next. Values in, a plan out; no I/O, no clock, no state.
//
// Owner: nobody; CompactionPointers and RunningCompactions belong to the caller.
// Threads: any.
// Invariants:
//   1. A plan's inputs are closed: no table outside it at the input level (for level 0: none that
//      is older) shares a user key with an input, and all overlapping tables of the output level
//      are in.
//   2. No input is in a running compaction, and no running compaction writes to the output level
//      inside the plan's key range. At most one compaction runs from level 0.
//   3. The same arguments give the same plan.
#ifndef TREERING_ENGINE_COMPACTION_PICKER_H_
#define TREERING_ENGINE_COMPACTION_PICKER_H_

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "api/slice.h"
#include "engine/base/limits.h"
#include "engine/compaction/level_targets.h"
#include "engine/manifest/version.h"

namespace treering::compaction {

struct PickerOptions {
  uint32_t level0_trigger = 4;
  uint64_t level_base_bytes = 256ull << 20;
  uint32_t level_multiplier = 10;
  uint64_t table_bytes = 64ull << 20;

  // A plan is not widened beyond this many bytes.
  uint64_t PlanBytesMax() const { return table_bytes * 25; }
  // An output table, or a moved one, overlaps at most this many bytes two levels down.
  uint64_t GrandparentBytesMax() const { return table_bytes * 10; }
};

// Where the next pick of each level starts: behind this user key. Empty: at the beginning. Round
// robin spreads the work over the key space.
struct CompactionPointers {
  std::array<std::string, base::kLevelCount> after;
};

enum class Reason : uint8_t { kLevel0Count, kLevelBytes, kManual };

struct CompactionPlan {
  Reason reason = Reason::kLevelBytes;
  double score = 0;
  uint32_t input_level = 0;
  uint32_t output_level = 0;
  // Level 0: newest first. Deeper: by key.
  std::vector<manifest::TableRef> inputs;
  // Tables of output_level that overlap the inputs, by key.
  std::vector<manifest::TableRef> output_inputs;
  // Tables of output_level + 1 that overlap the plan, by key: where the splitter cuts.
  std::vector<manifest::TableRef> grandparents;
  // The inputs can be given their new level by an edit alone.
  bool is_trivial_move = false;
  // No deeper level than output_level holds a key in the plan's range.
  bool is_bottommost = false;
  // User keys; the range that inputs and output_inputs span.
  std::string smallest;
  std::string largest;
  uint64_t input_bytes = 0;  // of both

  // The pointer to store for input_level once the plan is taken; unchanged for level 0.
  std::string pointer_after;
};

// What is running now: keep one entry per plan between taking it and its edit's publication.
struct RunningCompaction {
  uint32_t input_level = 0;
  uint32_t output_level = 0;
  std::vector<uint64_t> tables;  // numbers of all inputs
  std::string smallest;          // user keys
  std::string largest;
};
using RunningCompactions = std::vector<RunningCompaction>;
RunningCompaction RunningOf(const CompactionPlan& plan);

struct LevelScore {
  uint32_t level = 0;
  double score = 0;  // at or above 1: over its target
};
// Highest score first, the shallower level first among equals. Tables that are being compacted away
// do not count.
std::vector<LevelScore> ComputeScores(const manifest::Version& version,
                                      const PickerOptions& options,
                                      const RunningCompactions& running);

// Bytes that must be rewritten until every level is at its target: the debt that throttles writers.
uint64_t PendingCompactionBytes(const manifest::Version& version, const PickerOptions& options);

// The most urgent plan, or none when no level is over its target or all that are wait for running
// work.
std::optional<CompactionPlan> PickCompaction(const manifest::Version& version,
                                             const PickerOptions& options,
                                             const CompactionPointers& pointers,
                                             const RunningCompactions& running);

struct ManualPick {
  std::optional<CompactionPlan> plan;
  // No plan now, but there will be one once running work has ended.
  bool must_wait = false;
};
// The next step of compacting user keys [*begin, *end) (null: no bound) to the deepest level that
// holds such keys; neither plan nor must_wait: done. Tables of level 0 that hold only sequences
// above `newest` came after the request and are left alone. Never a trivial move.
ManualPick PickManual(const manifest::Version& version, const PickerOptions& options,
                      const RunningCompactions& running, const Slice* begin, const Slice* end,
                      key::Sequence newest);

}  // namespace treering::compaction

#endif  // TREERING_ENGINE_COMPACTION_PICKER_H_
