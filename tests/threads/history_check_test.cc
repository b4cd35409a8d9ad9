// That CheckHistory finds what it is there for, and blames nobody for what one order explains.
#include "tests/threads/history_check.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <string>
#include <vector>

#include "engine/base/prng.h"

namespace treering::testing {
namespace {

constexpr auto kNothing = std::nullopt;

// A history in short.
class Pen {
 public:
  Pen& Put(uint64_t called, uint64_t answered, const std::string& key, const std::string& value) {
    return Batch(called, answered, {{key, value}});
  }
  Pen& Delete(uint64_t called, uint64_t answered, const std::string& key) {
    return Batch(called, answered, {{key, kNothing}});
  }
  Pen& Batch(uint64_t called, uint64_t answered, std::vector<KeyValue> changes) {
    history_.writes.push_back({{called, answered}, std::move(changes)});
    return *this;
  }
  Pen& Get(uint64_t called, uint64_t answered, const std::string& key,
           const std::optional<std::string>& value) {
    return View(called, answered, {{key, value}});
  }
  Pen& View(uint64_t called, uint64_t answered, std::vector<KeyValue> found,
            std::optional<uint64_t> number = std::nullopt) {
    history_.views.push_back({{called, answered}, std::move(found), number});
    return *this;
  }
  // Empty, or what was found.
  std::string Check() const { return CheckHistory(history_); }

 private:
  History history_;
};

void ExpectBlamed(const Pen& pen, const std::string& words) {
  const std::string found = pen.Check();
  EXPECT_NE(found.find(words), std::string::npos) << "found: " << found;
}

TEST(HistoryCheck, WhatOneOrderExplainsIsFine) {
  EXPECT_EQ(Pen().Check(), "");
  EXPECT_EQ(Pen().Get(1, 2, "k", kNothing).Put(3, 4, "k", "a").Get(5, 6, "k", "a").Check(), "");
  // Beside a write either is right, and one that nobody answered may come whenever it likes.
  EXPECT_EQ(Pen().Put(1, 10, "k", "a").Get(2, 3, "k", kNothing).Get(4, 5, "k", "a").Check(), "");
  EXPECT_EQ(Pen()
                .Put(1, Interval::kNever, "k", "a")
                .Get(8, 9, "k", kNothing)
                .Get(20, 21, "k", "a")
                .Check(),
            "");
  // Two writes side by side: either may be last.
  EXPECT_EQ(Pen().Put(1, 5, "k", "a").Put(2, 6, "k", "b").Get(7, 8, "k", "a").Check(), "");
  EXPECT_EQ(Pen().Put(1, 5, "k", "a").Put(2, 6, "k", "b").Get(7, 8, "k", "b").Check(), "");
  EXPECT_EQ(Pen()
                .Put(1, 2, "k", "a")
                .Delete(3, 6, "k")
                .Get(4, 5, "k", "a")
                .Get(7, 8, "k", kNothing)
                .Check(),
            "");
}

TEST(HistoryCheck, ValuesFromNowhere) {
  ExpectBlamed(Pen().Get(1, 2, "k", "a"), "nobody wrote");
  ExpectBlamed(Pen().Put(1, 2, "k", "a").Get(3, 4, "other", "a"), "nobody wrote");
  ExpectBlamed(Pen().Get(1, 2, "k", "a").Put(3, 4, "k", "a"), "before it was written");
}

TEST(HistoryCheck, StaleReads) {
  ExpectBlamed(Pen().Put(1, 2, "k", "a").Put(3, 4, "k", "b").Get(5, 6, "k", "a"),
               "before and after");
  ExpectBlamed(Pen().Put(1, 2, "k", "a").Delete(3, 4, "k").Get(5, 6, "k", "a"),
               "before and after a deletion");
}

// Each of the reads is fine by itself.
TEST(HistoryCheck, NewThenOld) {
  ExpectBlamed(
      Pen().Put(1, 2, "k", "a").Put(3, 20, "k", "b").Get(4, 5, "k", "b").Get(6, 7, "k", "a"),
      "before and after");
  ExpectBlamed(Pen()
                   .Put(1, 20, "k", "a")
                   .Put(1, 20, "k", "b")
                   .Get(2, 3, "k", "a")
                   .Get(4, 5, "k", "b")
                   .Get(6, 7, "k", "a"),
               "before and after");
}

TEST(HistoryCheck, LostKeys) {
  ExpectBlamed(Pen().Put(1, 2, "k", "a").Get(3, 4, "k", kNothing), "not found");
  ExpectBlamed(Pen().Delete(1, 2, "k").Put(3, 4, "k", "a").Get(5, 6, "k", kNothing), "not found");
  // Another reader saw it before.
  ExpectBlamed(Pen().Put(1, 20, "k", "a").Get(2, 3, "k", "a").Get(4, 5, "k", kNothing),
               "not found");
  // Deleted only later.
  ExpectBlamed(Pen().Put(1, 2, "k", "a").Get(3, 4, "k", kNothing).Delete(5, 6, "k"), "not found");
}

TEST(HistoryCheck, TornBatches) {
  const auto batches = [] {
    return Pen()
        .Batch(1, 20, {{"left", "a"}, {"right", "a"}})
        .Batch(1, 20, {{"left", "b"}, {"right", "b"}});
  };
  EXPECT_EQ(batches().View(2, 3, {{"left", "a"}, {"right", "a"}}).Check(), "");
  ExpectBlamed(batches().View(2, 3, {{"left", "a"}, {"right", "b"}}), "as the batch at");
  ExpectBlamed(batches().View(2, 3, {{"left", "a"}, {"right", kNothing}}), "as the batch at");
  // Older than the batch; later than it.
  ExpectBlamed(Pen()
                   .Put(1, 2, "right", "old")
                   .Batch(3, 9, {{"left", "a"}, {"right", "a"}})
                   .View(4, 5, {{"left", "a"}, {"right", "old"}}),
               "as the batch at");
  EXPECT_EQ(Pen()
                .Batch(3, 9, {{"left", "a"}, {"right", "a"}})
                .Put(4, 6, "right", "new")
                .View(4, 5, {{"left", "a"}, {"right", "new"}})
                .Check(),
            "");
  ExpectBlamed(Pen()
                   .Put(1, 2, "right", "old")
                   .Batch(3, 9, {{"left", "a"}, {"right", kNothing}})
                   .View(4, 5, {{"left", "a"}, {"right", "old"}}),
               "as the batch at");
}

TEST(HistoryCheck, ViewsThatCross) {
  const auto writes = [] {
    return Pen()
        .Put(1, 2, "x", "x1")
        .Put(1, 2, "y", "y1")
        .Put(3, 20, "x", "x2")
        .Put(3, 20, "y", "y2");
  };
  EXPECT_EQ(writes()
                .View(4, 9, {{"x", "x1"}, {"y", "y2"}})
                .View(4, 9, {{"x", "x2"}, {"y", "y2"}})
                .Check(),
            "");
  ExpectBlamed(
      writes().View(4, 9, {{"x", "x1"}, {"y", "y2"}}).View(4, 9, {{"x", "x2"}, {"y", "y1"}}),
      "older by");
}

TEST(HistoryCheck, Snapshots) {
  const auto writes = [] { return Pen().Put(1, 2, "x", "x1").Put(3, 20, "x", "x2"); };
  ExpectBlamed(writes().View(4, 9, {{"x", "x1"}, {"x", "x2"}}), "one view");
  ExpectBlamed(writes().View(4, 9, {{"x", "x1"}}, 7).View(4, 9, {{"x", "x2"}}, 7), "of number 7");
  ExpectBlamed(writes().View(4, 5, {{"x", "x1"}}, 8).View(6, 9, {{"x", "x2"}}, 7), "larger number");
  EXPECT_EQ(writes().View(4, 5, {{"x", "x1"}}, 7).View(6, 9, {{"x", "x2"}}, 8).Check(), "");
}

// --- Against all orders of small histories, and one order of large ones ---

struct Op {
  Interval when;
  bool is_write = false;
  std::string value;
};

// Whether some order of the operations on one key, absent at the beginning, explains them.
bool SomeOrderExplains(std::vector<Op> left, const std::string& value) {
  if (left.empty()) return true;
  for (size_t i = 0; i < left.size(); ++i) {
    const Op op = left[i];
    const bool may_be_next = std::none_of(left.begin(), left.end(), [&](const Op& other) {
      return other.when.answered < op.when.called;
    });
    if (!may_be_next || (!op.is_write && op.value != value)) continue;
    std::vector<Op> rest = left;
    rest.erase(rest.begin() + static_cast<int64_t>(i));
    if (SomeOrderExplains(std::move(rest), op.value)) return true;
  }
  return false;
}

TEST(HistoryCheck, AgreesWithTryingEveryOrder) {
  base::Prng prng(1);
  int explained = 0;
  constexpr int kHistories = 20'000;
  for (int i = 0; i < kHistories; ++i) {
    std::vector<Op> ops;
    Pen pen;
    const uint64_t writes = 1 + prng.Uniform(3);
    for (uint64_t n = 0; n < writes + 1 + prng.Uniform(3); ++n) {
      Op op;
      op.when.called = 1 + prng.Uniform(20);
      op.when.answered = op.when.called + 1 + prng.Uniform(12);
      op.is_write = n < writes;
      op.value = std::to_string(n < writes ? n : prng.Uniform(writes));
      ops.push_back(op);
      if (op.is_write) pen.Put(op.when.called, op.when.answered, "k", op.value);
      if (!op.is_write) pen.Get(op.when.called, op.when.answered, "k", op.value);
    }
    const bool fine = SomeOrderExplains(ops, "absent");
    explained += fine ? 1 : 0;
    ASSERT_EQ(pen.Check() == "", fine) << "history " << i << ": " << pen.Check();
  }
  EXPECT_GT(explained, kHistories / 20);
  EXPECT_LT(explained, kHistories - kHistories / 20);
}

TEST(HistoryCheck, BlamesNobodyForOneOrder) {
  for (uint64_t seed = 1; seed <= 50; ++seed) {
    base::Prng prng(seed);
    std::map<std::string, std::string> map;
    Pen pen;
    for (uint64_t i = 0; i < 400; ++i) {
      const uint64_t moment = 1'000 + i * 10;
      const uint64_t called = moment - prng.Uniform(200);
      const uint64_t answered = prng.OneIn(50) ? Interval::kNever : moment + 1 + prng.Uniform(200);
      std::vector<KeyValue> changes;
      for (uint64_t key = 0; key < 5; ++key) {
        if (prng.OneIn(2)) continue;
        const std::string value = std::to_string(key) + ":" + std::to_string(i);
        changes.emplace_back(std::to_string(key),
                             prng.OneIn(4) ? std::nullopt : std::optional(value));
      }
      if (prng.OneIn(2)) {
        std::vector<KeyValue> found;
        for (const auto& [key, ignored] : changes) {
          const auto at = map.find(key);
          found.emplace_back(key, at == map.end() ? std::nullopt : std::optional(at->second));
        }
        pen.View(called, moment + 1 + prng.Uniform(200), std::move(found), i);
        continue;
      }
      for (const auto& [key, value] : changes) {
        if (value.has_value()) map[key] = *value;
        if (!value.has_value()) map.erase(key);
      }
      pen.Batch(called, answered, std::move(changes));
    }
    ASSERT_EQ(pen.Check(), "") << "seed " << seed;
  }
}

}  // namespace
}  // namespace treering::testing
