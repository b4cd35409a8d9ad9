#include "engine/compaction/picker.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>

#include "engine/base/prng.h"
#include "engine/manifest/manifest_testing.h"

namespace treering::compaction {
namespace {

using manifest::Numbers;
using manifest::ParseVersion;
using manifest::Version;

PickerOptions TestOptions() {
  PickerOptions options;
  options.level0_trigger = 2;
  options.level_base_bytes = 1000;
  options.level_multiplier = 10;
  options.table_bytes = 100;
  return options;
}

std::string Text(const CompactionPlan& plan) {
  std::string text = "L" + std::to_string(plan.input_level) + ">L" +
                     std::to_string(plan.output_level) + ": " + Numbers(plan.inputs) + " | " +
                     Numbers(plan.output_inputs) + " | " + Numbers(plan.grandparents) + " [" +
                     plan.smallest + "-" + plan.largest + "]";
  if (plan.is_trivial_move) text += " move";
  if (plan.is_bottommost) text += " bottom";
  return text;
}

std::string Pick(std::string_view version, const CompactionPointers& pointers = {},
                 const RunningCompactions& running = {}) {
  const auto plan = PickCompaction(*ParseVersion(version), TestOptions(), pointers, running);
  return plan ? Text(*plan) : "nothing";
}

std::string PickRange(std::string_view version, const char* begin, const char* end,
                      key::Sequence newest = 1000, const RunningCompactions& running = {}) {
  const Slice b(begin);
  const Slice e(end);
  const ManualPick pick =
      PickManual(*ParseVersion(version), TestOptions(), running, &b, &e, newest);
  if (pick.plan) return Text(*pick.plan);
  return pick.must_wait ? "wait" : "done";
}

TEST(PickerTest, NothingToDo) {
  EXPECT_EQ(Pick(""), "nothing");
  EXPECT_EQ(Pick("L0: 1[a-z]@1-9\n"), "nothing");
  EXPECT_EQ(Pick("L6: 1[a-m] 2[n-z]*5000\n"), "nothing");
}

TEST(PickerTest, Level0GoesToTheBaseLevel) {
  EXPECT_EQ(Pick("L0: 2[c-z]@10-19 1[a-m]@1-9\n"), "L0>L6: 2 1 |  |  [a-z] bottom");
  EXPECT_EQ(Pick("L0: 4[c-d]@10-19 3[e-m]@1-9\nL6: 1[a-c] 2[x-z]\n"),
            "L0>L6: 4 3 | 1 |  [a-m] bottom");
  // A full bottom opens the level above.
  EXPECT_EQ(Pick("L0: 4[c-d]@10-19 3[d-m]@1-9\nL6: 1[a-c]*900 2[x-z]*900\n"),
            "L0>L5: 4 3 |  | 1 [c-m]");
}

TEST(PickerTest, TablesThatShareNothingMove) {
  EXPECT_EQ(Pick("L0: 4[d-f]@10-19 3[a-c]@1-9\nL6: 1[x-z]\n"),
            "L0>L6: 4 3 |  |  [a-f] move bottom");
  // Deletions are rewritten, so that they go.
  EXPECT_EQ(Pick("L0: 4[d-f]@10-19 3[a-c]@1-9d1\nL6: 1[x-z]\n"), "L0>L6: 4 3 |  |  [a-f] bottom");
}

TEST(PickerTest, AMoveNeverMeetsTooManyGrandparents) {
  EXPECT_EQ(Pick("L0: 4[d-f]@10-19 3[a-c]@1-9\nL6: 1[a-e]*900 2[f-z]*900\n"),
            "L0>L5: 4 3 |  | 1 2 [a-f]");
}

TEST(PickerTest, TooMuchInLevel0IsTakenOldestFirst) {
  EXPECT_EQ(Pick("L0: 3[a-z]@30-39*1500 2[a-z]@20-29*1500 1[a-z]@10-19*900\n"),
            "L0>L6: 2 1 |  |  [a-z] bottom");
}

TEST(PickerTest, LevelOverItsTargetMovesOneTableOn) {
  const char* version =
      "L5: 1[a-c]*600 2[d-f]*600 3[g-i]*600\n"
      "L6: 4[b-b]*100 5[e-h]*3000\n";
  EXPECT_EQ(Pick(version), "L5>L6: 1 | 4 |  [a-c] bottom");
  CompactionPointers pointers;
  pointers.after[5] = "c";
  EXPECT_EQ(Pick(version, pointers), "L5>L6: 2 | 5 |  [d-h] bottom");
  pointers.after[5] = "i";
  EXPECT_EQ(Pick(version, pointers), "L5>L6: 1 | 4 |  [a-c] bottom");
  pointers.after[5] = "e";
  EXPECT_EQ(Pick(version, pointers), "L5>L6: 3 | 5 |  [e-i] bottom");
}

TEST(PickerTest, RoundRobinVisitsEveryTable) {
  const auto version = ParseVersion("L5: 1[a-c]*600 2[d-f]*600 3[g-i]*600\nL6: 4[x-z]\n");
  CompactionPointers pointers;
  std::string visited;
  for (int i = 0; i < 4; ++i) {
    const auto plan = PickCompaction(*version, TestOptions(), pointers, {});
    ASSERT_TRUE(plan);
    visited += Numbers(plan->inputs) + " ";
    pointers.after[5] = plan->pointer_after;
  }
  EXPECT_EQ(visited, "1 2 3 1 ");
}

TEST(PickerTest, InputsWidenWhereItCostsNoOutput) {
  // 2 lies under the same output table as 1.
  EXPECT_EQ(Pick("L5: 1[a-b]*600 2[c-d]*600 3[y-z]*600\nL6: 4[a-e]*100\n"),
            "L5>L6: 1 2 | 4 |  [a-e] bottom");
  // Taking 2 in would bring table 5 in.
  EXPECT_EQ(Pick("L5: 1[a-b]*600 2[c-g]*600 3[y-z]*600\nL6: 4[a-e]*100 5[f-h]*100\n"),
            "L5>L6: 1 | 4 |  [a-e] bottom");
}

TEST(PickerTest, MovesBetweenDeepLevels) {
  EXPECT_EQ(Pick("L5: 1[a-b]*600 2[c-d]*600\nL6: 4[x-z]*100\n"),
            "L5>L6: 1 |  |  [a-b] move bottom");
  EXPECT_EQ(Pick("L4: 1[a-b]*600 2[c-d]*600\nL6: 4[a-a]*100\n"), "L4>L5: 1 |  | 4 [a-b] move");
}

TEST(PickerTest, TheFullestLevelGoesFirst) {
  const auto version = ParseVersion(
      "L0: 9[a-b]@10-19 8[a-b]@1-9\n"
      "L5: 1[a-b]*3000 2[c-d]*600\n"
      "L6: 4[x-z]*100\n");
  const auto scores = ComputeScores(*version, TestOptions(), {});
  EXPECT_EQ(scores[0].level, 5u);
  EXPECT_DOUBLE_EQ(scores[0].score, 3.6);
  EXPECT_EQ(scores[1].level, 0u);
  EXPECT_DOUBLE_EQ(scores[1].score, 1);
}

TEST(PickerTest, RunningWorkIsLeftAlone) {
  const char* text =
      "L5: 1[a-c]*600 2[d-f]*600 3[g-i]*1600\n"
      "L6: 4[b-b]*100 5[e-e]*100\n";
  const auto version = ParseVersion(text);
  RunningCompactions running;
  const auto first = PickCompaction(*version, TestOptions(), {}, running);
  ASSERT_TRUE(first);
  running.push_back(RunningOf(*first));
  EXPECT_EQ(Pick(text, {}, running), "L5>L6: 2 | 5 |  [d-f] bottom");
  // What moves out no longer counts.
  EXPECT_DOUBLE_EQ(ComputeScores(*version, TestOptions(), running)[0].score, 2.2);
}

TEST(PickerTest, NoTwoPlansWriteTheSamePlace) {
  // Nothing is shared but the place at level 6 that the running plan fills.
  RunningCompaction other;
  other.input_level = 5;
  other.output_level = 6;
  other.tables = {90};
  other.smallest = "b";
  other.largest = "k";
  EXPECT_EQ(Pick("L5: 1[c-d]*1600\nL6: 4[x-z]\n", {}, {other}), "nothing");
  EXPECT_EQ(Pick("L5: 1[l-m]*1600\nL6: 4[x-z]\n", {}, {other}), "L5>L6: 1 |  |  [l-m] move bottom");
}

TEST(PickerTest, OneCompactionFromLevel0AtATime) {
  RunningCompaction other;
  other.input_level = 0;
  other.output_level = 6;
  other.tables = {1, 2};
  other.smallest = "a";
  other.largest = "b";
  EXPECT_EQ(Pick("L0: 5[x-z]@50-59 4[x-z]@40-49 2[a-b]@10-19 1[a-b]@1-9\n", {}, {other}),
            "nothing");
}

TEST(PickerTest, PendingBytes) {
  const auto pending = [](std::string_view text) {
    return PendingCompactionBytes(*ParseVersion(text), TestOptions());
  };
  EXPECT_EQ(pending(""), 0u);
  EXPECT_EQ(pending("L0: 1[a-b]@1-9*5000\n"), 0u);
  EXPECT_EQ(pending("L0: 2[a-b]@10-19*300 1[a-b]@1-9*300\nL6: 3[a-b]*100\n"), 700u);
  EXPECT_EQ(pending("L5: 1[a-b]*1500\nL6: 3[a-b]*1500\n"), 500u + 500);
}

TEST(PickManualTest, GoesDownToTheLastLevelThatHoldsTheRange) {
  const char* text =
      "L0: 9[a-c]@50-59 8[x-z]@40-49\n"
      "L4: 1[a-b] 2[m-n]\n"
      "L5: 3[b-c] 4[k-p]\n"
      "L6: 5[l-l]\n";
  EXPECT_EQ(PickRange(text, "a", "d"), "L0>L4: 9 | 1 | 3 [a-c]");
  EXPECT_EQ(PickRange(text, "m", "ma"), "L4>L5: 2 | 4 | 5 [k-p]");
  EXPECT_EQ(PickRange(text, "k", "ka"), "done");
  EXPECT_EQ(PickRange(text, "k", "la"), "L5>L6: 4 | 5 |  [k-p] bottom");
  EXPECT_EQ(PickRange(text, "l", "la"), "L5>L6: 4 | 5 |  [k-p] bottom");
  EXPECT_EQ(PickRange(text, "q", "r"), "done");
  EXPECT_EQ(PickRange("L0: 9[a-c]@50-59\n", "b", "ba"), "L0>L6: 9 |  |  [a-c] bottom");
}

TEST(PickManualTest, TheEndIsNotInTheRange) {
  const char* text =
      "L0: 9[x-z]@50-59\n"
      "L5: 3[b-c] 4[k-p]\n"
      "L6: 5[a-d] 6[l-l]\n";
  EXPECT_EQ(PickRange(text, "w", "x"), "done");
  EXPECT_EQ(PickRange(text, "w", "xa"), "L0>L5: 9 |  |  [x-z] bottom");
  EXPECT_EQ(PickRange(text, "k", "l"), "done");  // the level below has nothing of it
  EXPECT_EQ(PickRange(text, "d", "k"), "done");
  EXPECT_EQ(PickRange(text, "a", "b"), "done");
  EXPECT_EQ(PickRange(text, "a", "ba"), "L5>L6: 3 | 5 |  [a-d] bottom");
  EXPECT_EQ(PickRange(text, "c", "c"), "done");
  EXPECT_EQ(PickRange(text, "d", "a"), "done");
}

TEST(PickManualTest, TakesOlderTablesOfLevel0Along) {
  const char* text = "L0: 4[a-c]@40-49 3[c-f]@30-39 2[e-h]@20-29 1[x-z]@10-19\n";
  EXPECT_EQ(PickRange(text, "a", "b"), "L0>L6: 4 3 2 |  |  [a-h] bottom");
  EXPECT_EQ(PickRange(text, "g", "ga"), "L0>L6: 2 |  |  [e-h] bottom");
  EXPECT_EQ(PickRange(text, "f", "fa"), "L0>L6: 3 2 |  |  [c-h] bottom");
}

TEST(PickManualTest, LeavesWhatCameLater) {
  const char* text = "L0: 4[a-c]@40-49 3[a-c]@30-39\n";
  EXPECT_EQ(PickRange(text, "a", "c", 39), "L0>L6: 3 |  |  [a-c] bottom");
  EXPECT_EQ(PickRange(text, "a", "c", 29), "done");
}

TEST(PickManualTest, WaitsForRunningWork) {
  const char* text = "L5: 1[a-c]\nL6: 2[a-c]\n";
  RunningCompaction other;
  other.input_level = 5;
  other.output_level = 6;
  other.tables = {1, 2};
  other.smallest = "a";
  other.largest = "c";
  EXPECT_EQ(PickRange(text, "a", "z", 100, {other}), "wait");
  EXPECT_EQ(PickRange("L0: 9[a-c]@1-9\n", "a", "z", 100, {{0, 6, {8}, "x", "y"}}), "wait");
}

// A random tree, in which plans are taken and carried out until nothing is left to do.
class Tree {
 public:
  explicit Tree(uint64_t seed)
      : prng_(seed), version_(Version::Empty(key::KeyOrder(BytewiseComparator()))) {}

  void Step() {
    if (prng_.OneIn(2)) Flush();
    const auto plan = PickCompaction(*version_, options_, pointers_, running_);
    if (plan) {
      CheckPlan(*plan);
      if (plan->input_level != 0) pointers_.after[plan->input_level] = plan->pointer_after;
      running_.push_back(RunningOf(*plan));
      plans_.push_back(*plan);
    }
    if (!plans_.empty() && prng_.OneIn(2)) Finish(prng_.Uniform(plans_.size()));
  }

  void Settle() {
    for (int i = 0; i < 1000; ++i) {
      while (!plans_.empty()) Finish(0);
      const auto plan = PickCompaction(*version_, options_, pointers_, running_);
      if (!plan) return;
      CheckPlan(*plan);
      if (plan->input_level != 0) pointers_.after[plan->input_level] = plan->pointer_after;
      running_.push_back(RunningOf(*plan));
      plans_.push_back(*plan);
    }
    FAIL() << "compaction does not come to an end";
  }

 private:
  std::string RandomKey() { return std::to_string(100 + prng_.Uniform(900)); }

  void Apply(const manifest::VersionEdit& edit) {
    auto applied = version_->Apply(edit);
    ASSERT_TRUE(applied.ok()) << applied.status().ToString();
    version_ = *applied;
  }

  void Flush() {
    std::string a = RandomKey();
    std::string b = RandomKey();
    if (b < a) std::swap(a, b);
    manifest::VersionEdit edit;
    edit.added_tables = {manifest::MakeTable(0, ++number_, a, b, sequence_ + 1, sequence_ + 9)};
    sequence_ += 9;
    Apply(edit);
  }

  // Invariants 1 and 2 of the picker.
  void CheckPlan(const CompactionPlan& plan) {
    const auto& order = version_->order();
    for (const auto& table : version_->tables(plan.input_level)) {
      if (Holds(plan.inputs, table)) continue;
      for (const auto& input : plan.inputs) {
        if (plan.input_level == 0 && table->meta.largest_sequence > input->meta.largest_sequence) {
          continue;
        }
        ASSERT_TRUE(
            order.CompareUser(table->meta.largest_user_key(), input->meta.smallest_user_key()) <
                0 ||
            order.CompareUser(input->meta.largest_user_key(), table->meta.smallest_user_key()) < 0);
      }
    }
    const Slice smallest(plan.smallest);
    const Slice largest(plan.largest);
    for (const auto& input : plan.inputs) {
      const Slice low = input->meta.smallest_user_key();
      const Slice high = input->meta.largest_user_key();
      for (const auto& table : version_->Overlapping(plan.output_level, &low, &high)) {
        ASSERT_TRUE(Holds(plan.output_inputs, table));
      }
    }
    for (const auto& running : running_) {
      for (const uint64_t number : RunningOf(plan).tables) {
        ASSERT_EQ(std::count(running.tables.begin(), running.tables.end(), number), 0);
      }
    }
    bool deeper = false;
    for (uint32_t level = plan.output_level + 1; level < base::kLevelCount; ++level) {
      deeper = deeper || version_->AnyOverlap(level, &smallest, &largest);
    }
    ASSERT_EQ(plan.is_bottommost, !deeper);
  }

  static bool Holds(const std::vector<manifest::TableRef>& tables,
                    const manifest::TableRef& table) {
    return std::find(tables.begin(), tables.end(), table) != tables.end();
  }

  // Carries a plan out: outputs that span all of its range, the worst for others.
  void Finish(size_t index) {
    const CompactionPlan plan = plans_[index];
    plans_.erase(plans_.begin() + static_cast<ptrdiff_t>(index));
    running_.erase(running_.begin() + static_cast<ptrdiff_t>(index));
    manifest::VersionEdit edit;
    for (const auto* tables : {&plan.inputs, &plan.output_inputs}) {
      for (const auto& table : *tables) {
        edit.removed_tables.push_back({table->meta.level, table->meta.number});
      }
    }
    if (plan.is_trivial_move) {
      for (const auto& table : plan.inputs) {
        edit.added_tables.push_back(table->meta);
        edit.added_tables.back().level = plan.output_level;
      }
    } else {
      manifest::TableMeta output =
          manifest::MakeTable(plan.output_level, ++number_, plan.smallest, plan.largest);
      output.bytes = std::min<uint64_t>(plan.input_bytes, 400);
      edit.added_tables = {output};
    }
    Apply(edit);
  }

  base::Prng prng_;
  PickerOptions options_ = TestOptions();
  std::shared_ptr<const Version> version_;
  CompactionPointers pointers_;
  RunningCompactions running_;
  std::vector<CompactionPlan> plans_;
  uint64_t number_ = 0;
  key::Sequence sequence_ = 0;
};

TEST(PickerTest, RandomTreesKeepTheirShapeWithWorkSideBySide) {
  for (uint64_t seed = 1; seed <= 60; ++seed) {
    Tree tree(seed);
    for (int i = 0; i < 150 && !HasFatalFailure(); ++i) tree.Step();
    if (!HasFatalFailure()) tree.Settle();
    if (HasFatalFailure()) FAIL() << "seed " << seed;
  }
}

}  // namespace
}  // namespace treering::compaction
