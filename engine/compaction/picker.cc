#include "engine/compaction/picker.h"

#include <algorithm>
#include <utility>

#include "engine/base/check.h"

namespace treering::compaction {
namespace {

using manifest::TableRef;
using manifest::Version;

constexpr uint32_t kDeepest = base::kLevelCount - 1;

uint64_t BytesOf(const std::vector<TableRef>& tables) {
  uint64_t bytes = 0;
  for (const TableRef& table : tables) bytes += table->meta.bytes;
  return bytes;
}

std::array<uint64_t, base::kLevelCount> LevelBytes(const Version& version) {
  std::array<uint64_t, base::kLevelCount> bytes{};
  for (uint32_t level = 0; level < base::kLevelCount; ++level) {
    bytes[level] = version.level_bytes(level);
  }
  return bytes;
}

LevelTargets TargetsOf(const Version& version, const PickerOptions& options) {
  return ComputeLevelTargets(LevelBytes(version), options.level_base_bytes,
                             options.level_multiplier);
}

// A range of user keys, widened table by table.
struct KeyRange {
  Slice smallest;
  Slice largest;
  bool empty = true;

  void Include(const key::KeyOrder& order, const std::vector<TableRef>& tables) {
    for (const TableRef& table : tables) {
      const Slice low = table->meta.smallest_user_key();
      const Slice high = table->meta.largest_user_key();
      if (empty || order.CompareUser(low, smallest) < 0) smallest = low;
      if (empty || order.CompareUser(high, largest) > 0) largest = high;
      empty = false;
    }
  }
};

// Makes plans out of chosen inputs, or says that running work stands in the way.
class PlanMaker {
 public:
  PlanMaker(const Version& version, const PickerOptions& options, const RunningCompactions& running)
      : version_(version), options_(options), running_(running), order_(version.order()) {}

  bool Busy(const TableRef& table) const {
    return std::any_of(running_.begin(), running_.end(), [&table](const RunningCompaction& one) {
      return std::find(one.tables.begin(), one.tables.end(), table->meta.number) !=
             one.tables.end();
    });
  }

  bool Level0Runs() const {
    return std::any_of(running_.begin(), running_.end(),
                       [](const RunningCompaction& one) { return one.input_level == 0; });
  }

  // `inputs` are closed at their level. None when running work stands in the way.
  std::optional<CompactionPlan> Make(uint32_t input_level, uint32_t output_level,
                                     std::vector<TableRef> inputs) const {
    CompactionPlan plan;
    plan.input_level = input_level;
    plan.output_level = output_level;
    plan.inputs = std::move(inputs);
    KeyRange range;
    range.Include(order_, plan.inputs);
    plan.output_inputs = version_.Overlapping(output_level, &range.smallest, &range.largest);
    if (input_level != 0) Widen(&plan);
    range.Include(order_, plan.inputs);
    range.Include(order_, plan.output_inputs);
    if (!Free(plan, range)) return std::nullopt;

    if (output_level < kDeepest) {
      plan.grandparents = version_.Overlapping(output_level + 1, &range.smallest, &range.largest);
    }
    plan.is_bottommost = true;
    for (uint32_t level = output_level + 1; level <= kDeepest; ++level) {
      if (version_.AnyOverlap(level, &range.smallest, &range.largest)) plan.is_bottommost = false;
    }
    plan.is_trivial_move = CanMove(plan);
    plan.smallest = range.smallest.ToString();
    plan.largest = range.largest.ToString();
    plan.input_bytes = BytesOf(plan.inputs) + BytesOf(plan.output_inputs);
    if (input_level != 0) {
      plan.pointer_after = plan.inputs.back()->meta.largest_user_key().ToString();
    }
    return plan;
  }

 private:
  // More tables of the input level, where they bring no more of the output level.
  void Widen(CompactionPlan* plan) const {
    if (plan->output_inputs.empty()) return;
    KeyRange range;
    range.Include(order_, plan->inputs);
    range.Include(order_, plan->output_inputs);
    std::vector<TableRef> more =
        version_.Overlapping(plan->input_level, &range.smallest, &range.largest);
    if (more.size() == plan->inputs.size()) return;
    if (BytesOf(more) + BytesOf(plan->output_inputs) > options_.PlanBytesMax()) return;
    if (std::any_of(more.begin(), more.end(), [this](const TableRef& t) { return Busy(t); })) {
      return;
    }
    KeyRange wider;
    wider.Include(order_, more);
    const std::vector<TableRef> outputs =
        version_.Overlapping(plan->output_level, &wider.smallest, &wider.largest);
    if (outputs.size() == plan->output_inputs.size()) plan->inputs = std::move(more);
  }

  bool Free(const CompactionPlan& plan, const KeyRange& range) const {
    for (const auto* tables : {&plan.inputs, &plan.output_inputs}) {
      for (const TableRef& table : *tables) {
        if (Busy(table)) return false;
      }
    }
    return std::none_of(running_.begin(), running_.end(),
                        [this, &plan, &range](const RunningCompaction& one) {
                          return one.output_level == plan.output_level &&
                                 order_.CompareUser(one.smallest, range.largest) <= 0 &&
                                 order_.CompareUser(range.smallest, one.largest) <= 0;
                        });
  }

  bool CanMove(const CompactionPlan& plan) const {
    if (!plan.output_inputs.empty()) return false;
    if (BytesOf(plan.grandparents) > options_.GrandparentBytesMax()) return false;
    // At the bottom deletions go, which takes a rewrite.
    const bool deletes = std::any_of(plan.inputs.begin(), plan.inputs.end(),
                                     [](const TableRef& t) { return t->meta.deletions > 0; });
    if (plan.is_bottommost && deletes) return false;
    std::vector<TableRef> by_key = plan.inputs;
    std::sort(by_key.begin(), by_key.end(), [this](const TableRef& a, const TableRef& b) {
      return order_.Compare(a->meta.smallest, b->meta.smallest) < 0;
    });
    for (size_t i = 1; i < by_key.size(); ++i) {
      if (order_.CompareUser(by_key[i - 1]->meta.largest_user_key(),
                             by_key[i]->meta.smallest_user_key()) >= 0) {
        return false;
      }
    }
    return true;
  }

  const Version& version_;
  const PickerOptions& options_;
  const RunningCompactions& running_;
  const key::KeyOrder& order_;
};

// The oldest of `newest_first`, as many as fit a plan, at least one. What is left out is newer.
std::vector<TableRef> OldestThatFit(const std::vector<TableRef>& newest_first, uint64_t bytes_max) {
  size_t begin = newest_first.size();
  uint64_t bytes = 0;
  while (begin > 0) {
    bytes += newest_first[begin - 1]->meta.bytes;
    if (bytes > bytes_max && begin < newest_first.size()) break;
    --begin;
  }
  return {newest_first.begin() + static_cast<ptrdiff_t>(begin), newest_first.end()};
}

std::optional<CompactionPlan> PickLevel0(const PlanMaker& maker, const Version& version,
                                         const PickerOptions& options) {
  if (version.tables(0).empty() || maker.Level0Runs()) return std::nullopt;
  auto plan = maker.Make(0, TargetsOf(version, options).base_level,
                         OldestThatFit(version.tables(0), options.PlanBytesMax()));
  if (plan) plan->reason = Reason::kLevel0Count;
  return plan;
}

std::optional<CompactionPlan> PickDeeper(const PlanMaker& maker, const Version& version,
                                         uint32_t level, const std::string& after) {
  const std::vector<TableRef>& tables = version.tables(level);
  if (tables.empty()) return std::nullopt;
  size_t start = 0;
  if (!after.empty()) {
    start = version.FindTable(level, after);
    const bool holds_pointer =
        start < tables.size() &&
        version.order().CompareUser(tables[start]->meta.smallest_user_key(), after) <= 0;
    if (holds_pointer) ++start;
  }
  for (size_t i = 0; i < tables.size(); ++i) {
    const TableRef& table = tables[(start + i) % tables.size()];
    if (maker.Busy(table)) continue;
    if (auto plan = maker.Make(level, level + 1, {table})) return plan;
  }
  return std::nullopt;
}

// Tables of `level` that may hold a user key in [*begin, *end), null meaning no bound.
std::vector<TableRef> Meeting(const Version& version, uint32_t level, const Slice* begin,
                              const Slice* end) {
  const key::KeyOrder& order = version.order();
  if (begin != nullptr && end != nullptr && order.CompareUser(*begin, *end) >= 0) return {};
  std::vector<TableRef> tables = version.Overlapping(level, begin, end);
  std::erase_if(tables, [&order, end](const TableRef& table) {
    return end != nullptr && order.CompareUser(table->meta.smallest_user_key(), *end) >= 0;
  });
  return tables;
}

// The tables of level 0 that share keys with [begin, end), or with such a table, and are not
// younger than the request.
std::vector<TableRef> ManualLevel0(const Version& version, const Slice* begin, const Slice* end,
                                   key::Sequence newest) {
  const key::KeyOrder& order = version.order();
  std::vector<TableRef> chosen = Meeting(version, 0, begin, end);
  std::erase_if(chosen, [newest](const TableRef& t) { return t->meta.smallest_sequence > newest; });
  if (chosen.empty()) return chosen;
  const std::vector<TableRef>& all = version.tables(0);
  const auto first = std::find(all.begin(), all.end(), chosen.front());
  size_t count = 0;
  while (chosen.size() != count) {
    count = chosen.size();
    KeyRange range;
    range.Include(order, chosen);
    const std::vector<TableRef> wider = version.Overlapping(0, &range.smallest, &range.largest);
    chosen.clear();
    std::copy_if(first, all.end(), std::back_inserter(chosen), [&wider](const TableRef& table) {
      return std::find(wider.begin(), wider.end(), table) != wider.end();
    });
  }
  return chosen;
}

ManualPick PickManualDeeper(const PlanMaker& maker, const Version& version,
                            const PickerOptions& options, uint32_t level, const Slice* begin,
                            const Slice* end) {
  const std::vector<TableRef> tables = Meeting(version, level, begin, end);
  ManualPick pick;
  for (size_t first = 0; first < tables.size() && !pick.plan; ++first) {
    std::vector<TableRef> run;
    uint64_t bytes = 0;
    for (size_t i = first; i < tables.size() && !maker.Busy(tables[i]); ++i) {
      bytes += tables[i]->meta.bytes;
      if (bytes > options.PlanBytesMax() && !run.empty()) break;
      run.push_back(tables[i]);
    }
    if (!run.empty()) pick.plan = maker.Make(level, level + 1, std::move(run));
  }
  pick.must_wait = !pick.plan && !tables.empty();
  return pick;
}

bool MovesOut(const RunningCompactions& running, uint32_t level, uint64_t number) {
  return std::any_of(running.begin(), running.end(), [level, number](const RunningCompaction& one) {
    return one.input_level == level &&
           std::find(one.tables.begin(), one.tables.end(), number) != one.tables.end();
  });
}

}  // namespace

RunningCompaction RunningOf(const CompactionPlan& plan) {
  RunningCompaction running;
  running.input_level = plan.input_level;
  running.output_level = plan.output_level;
  running.smallest = plan.smallest;
  running.largest = plan.largest;
  for (const auto* tables : {&plan.inputs, &plan.output_inputs}) {
    for (const TableRef& table : *tables) running.tables.push_back(table->meta.number);
  }
  return running;
}

std::vector<LevelScore> ComputeScores(const Version& version, const PickerOptions& options,
                                      const RunningCompactions& running) {
  const LevelTargets targets = TargetsOf(version, options);
  std::vector<LevelScore> scores;
  for (uint32_t level = 0; level < kDeepest; ++level) {
    uint64_t count = 0;
    uint64_t bytes = 0;
    for (const TableRef& table : version.tables(level)) {
      if (MovesOut(running, level, table->meta.number)) continue;
      ++count;
      bytes += table->meta.bytes;
    }
    double score = 0;
    if (level == 0) {
      const double by_count = static_cast<double>(count) / std::max(1u, options.level0_trigger);
      const double by_bytes = static_cast<double>(bytes) /
                              static_cast<double>(std::max<uint64_t>(1, options.level_base_bytes));
      // One table alone is no reason, however large.
      score = count >= 2 ? std::max(by_count, by_bytes) : by_count;
    } else if (level >= targets.base_level) {
      score = static_cast<double>(bytes) / static_cast<double>(targets.bytes[level]);
    }
    scores.push_back({level, score});
  }
  std::stable_sort(scores.begin(), scores.end(),
                   [](const LevelScore& a, const LevelScore& b) { return a.score > b.score; });
  return scores;
}

uint64_t PendingCompactionBytes(const Version& version, const PickerOptions& options) {
  const LevelTargets targets = TargetsOf(version, options);
  double pending = 0;
  double carried = 0;  // arrives at the level from above
  if (version.tables(0).size() >= options.level0_trigger) {
    carried = static_cast<double>(version.level_bytes(0));
    pending = carried + static_cast<double>(version.level_bytes(targets.base_level));
  }
  for (uint32_t level = targets.base_level; level < kDeepest; ++level) {
    const double bytes = static_cast<double>(version.level_bytes(level)) + carried;
    carried = std::max(0.0, bytes - static_cast<double>(targets.bytes[level]));
    if (carried == 0) continue;
    // A byte that moves down is merged with its share of the level below.
    pending += carried * (1 + static_cast<double>(version.level_bytes(level + 1)) / bytes);
  }
  return static_cast<uint64_t>(std::min(pending, 1e18));
}

std::optional<CompactionPlan> PickCompaction(const Version& version, const PickerOptions& options,
                                             const CompactionPointers& pointers,
                                             const RunningCompactions& running) {
  const PlanMaker maker(version, options, running);
  for (const LevelScore& score : ComputeScores(version, options, running)) {
    if (score.score < 1) break;
    auto plan = score.level == 0
                    ? PickLevel0(maker, version, options)
                    : PickDeeper(maker, version, score.level, pointers.after[score.level]);
    if (!plan) continue;
    plan->score = score.score;
    return plan;
  }
  return std::nullopt;
}

ManualPick PickManual(const Version& version, const PickerOptions& options,
                      const RunningCompactions& running, const Slice* begin, const Slice* end,
                      key::Sequence newest) {
  const PlanMaker maker(version, options, running);
  ManualPick pick;
  const std::vector<TableRef> level0 = ManualLevel0(version, begin, end, newest);
  if (!level0.empty()) {
    if (!maker.Level0Runs()) {
      pick.plan = maker.Make(0, TargetsOf(version, options).base_level,
                             OldestThatFit(level0, options.PlanBytesMax()));
    }
    pick.must_wait = !pick.plan;
  } else {
    uint32_t deepest = 0;
    for (uint32_t level = 1; level <= kDeepest; ++level) {
      if (!Meeting(version, level, begin, end).empty()) deepest = level;
    }
    for (uint32_t level = 1; level < deepest && !pick.plan && !pick.must_wait; ++level) {
      pick = PickManualDeeper(maker, version, options, level, begin, end);
    }
  }
  if (pick.plan) {
    pick.plan->reason = Reason::kManual;
    pick.plan->is_trivial_move = false;
  }
  return pick;
}

}  // namespace treering::compaction
