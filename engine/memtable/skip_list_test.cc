#include "engine/memtable/skip_list.h"

#include <gtest/gtest.h>

#include <cstring>
#include <memory>
#include <new>
#include <set>
#include <string>
#include <vector>

#include "engine/base/prng.h"
#include "engine/base/sim_scheduler.h"
#include "engine/base/thread.h"

namespace treering::memtable {
namespace {

class BackwardComparator final : public Comparator {
 public:
  std::string_view Name() const override { return "backward"; }
  int Compare(const Slice& a, const Slice& b) const override { return b.Compare(a); }
};

// A node on the heap.
class HeapNode {
 public:
  HeapNode(const SkipList& list, const std::string& key, key::Sequence sequence) {
    const int height = list.HeightOf(sequence);
    memory_.resize(RecordNode::Bytes(height, key.size(), 0) / sizeof(uint64_t));
    node_ = new (memory_.data()) RecordNode(list.order().Head(key), height, key.size(), 0);
    std::memcpy(node_->data(), key.data(), key.size());
    base::Store64(node_->data() + key.size(), key::MakeTag(sequence, key::Kind::kValue));
  }
  RecordNode* get() const { return node_; }

 private:
  std::vector<uint64_t> memory_;
  RecordNode* node_;
};

std::string NumberKey(uint64_t number) {
  std::string digits = std::to_string(number);
  return std::string("key") + std::string(12 - digits.size(), '0') + digits;
}

Target TargetOf(const SkipList& list, const RecordNode& node) {
  return Target(list.order(), node.user_key(), node.tag());
}

// Every level is sorted, and each node is on exactly the levels of its height.
void ExpectWellFormed(const SkipList& list, size_t count) {
  size_t seen = 0;
  const RecordNode* before = nullptr;
  for (const RecordNode* node = list.First(); node != nullptr; node = node->Next(0)) {
    ++seen;
    EXPECT_EQ(list.FindAtOrAfter(TargetOf(list, *node)), node);
    EXPECT_EQ(list.FindBefore(TargetOf(list, *node)), before);
    for (int level = 1; level < node->height(); ++level) {
      const RecordNode* next = node->Next(0);
      while (next != nullptr && next->height() <= level) next = next->Next(0);
      ASSERT_EQ(node->Next(level), next) << "level " << level;
    }
    before = node;
  }
  EXPECT_EQ(seen, count);
  EXPECT_EQ(list.Last(), before);
}

enum class Pattern { kAscending, kDescending, kRandom, kTwoRuns, kBlocks };

uint64_t NumberOf(Pattern pattern, uint64_t i, base::Prng* prng) {
  switch (pattern) {
    case Pattern::kAscending:
      return i;
    case Pattern::kDescending:
      return 1'000'000 - i;
    case Pattern::kRandom:
      return prng->Uniform(1'000'000);
    case Pattern::kTwoRuns:
      return (i % 2) * 500'000 + i;
    case Pattern::kBlocks:
      return prng->Uniform(20) * 10'000 + i % 50;
  }
  return 0;
}

TEST(SkipListTest, IsSortedForEveryPatternOfInsertion) {
  const BackwardComparator backward;
  for (const Comparator* comparator :
       {BytewiseComparator(), static_cast<const Comparator*>(&backward)}) {
    for (const Pattern pattern : {Pattern::kAscending, Pattern::kDescending, Pattern::kRandom,
                                  Pattern::kTwoRuns, Pattern::kBlocks}) {
      SkipList list(key::KeyOrder(comparator), 7);
      base::Prng prng(8);
      std::vector<HeapNode> nodes;
      for (uint64_t i = 0; i < 3000; ++i) {
        nodes.emplace_back(list, NumberKey(NumberOf(pattern, i, &prng)), i + 1);
        list.Insert(nodes.back().get());
      }
      ExpectWellFormed(list, nodes.size());
    }
  }
}

TEST(SkipListTest, FindsPlacesBetweenNodesAndAtTheEnds) {
  SkipList list(key::KeyOrder(BytewiseComparator()), 9);
  const Target nowhere(list.order(), "x", 1);
  EXPECT_EQ(list.First(), nullptr);
  EXPECT_EQ(list.Last(), nullptr);
  EXPECT_EQ(list.FindAtOrAfter(nowhere), nullptr);
  EXPECT_EQ(list.FindBefore(nowhere), nullptr);
  const HeapNode b(list, "b", 5);
  const HeapNode d(list, "d", 6);
  list.Insert(d.get());
  list.Insert(b.get());
  EXPECT_EQ(list.FindBefore(Target(list.order(), "a", 1)), nullptr);
  EXPECT_EQ(list.FindAtOrAfter(Target(list.order(), "a", 1)), b.get());
  EXPECT_EQ(list.FindAtOrAfter(Target(list.order(), "b", key::SeekTag(5))), b.get());
  EXPECT_EQ(list.FindAtOrAfter(Target(list.order(), "b", key::SeekTag(4))), d.get());
  EXPECT_EQ(list.FindBefore(Target(list.order(), "c", 1)), b.get());
  EXPECT_EQ(list.FindAtOrAfter(Target(list.order(), "e", 1)), nullptr);
  EXPECT_EQ(list.FindBefore(Target(list.order(), "e", 1)), d.get());
}

TEST(SkipListTest, HeightsAreReproducibleAndGeometric) {
  const SkipList list(key::KeyOrder(BytewiseComparator()), 10);
  const SkipList same(key::KeyOrder(BytewiseComparator()), 10);
  const SkipList other(key::KeyOrder(BytewiseComparator()), 11);
  constexpr int kCount = 1 << 16;
  std::vector<int> at_least(SkipList::kHeightMax + 2, 0);
  int different = 0;
  for (key::Sequence sequence = 0; sequence < kCount; ++sequence) {
    const int height = list.HeightOf(sequence);
    ASSERT_EQ(same.HeightOf(sequence), height);
    ASSERT_GE(height, 1);
    ASSERT_LE(height, SkipList::kHeightMax);
    different += other.HeightOf(sequence) != height ? 1 : 0;
    for (int h = 1; h <= height; ++h) ++at_least[static_cast<size_t>(h)];
  }
  EXPECT_GT(different, kCount / 4);
  for (int h = 2; h <= 5; ++h) {
    const double share = static_cast<double>(at_least[static_cast<size_t>(h)]) /
                         at_least[static_cast<size_t>(h - 1)];
    EXPECT_NEAR(share, 0.25, 0.04) << h;
  }
}

TEST(SkipListTest, RealThreadsInsertTogether) {
  constexpr uint64_t kThreads = 4;
  constexpr uint64_t kEach = 4000;
  SkipList list(key::KeyOrder(BytewiseComparator()), 12);
  std::vector<std::vector<HeapNode>> nodes(kThreads);
  std::vector<base::Thread> threads(kThreads);
  for (uint64_t t = 0; t < kThreads; ++t) {
    const auto body = [&list, &mine = nodes[t], t] {
      base::Prng prng(t);
      for (uint64_t i = 0; i < kEach; ++i) {
        // Half in the same ascending run as all others, half anywhere.
        const uint64_t number = i % 2 == 0 ? i : prng.Uniform(kEach);
        mine.emplace_back(list, NumberKey(number), i * kThreads + t);
        list.Insert(mine.back().get());
      }
    };
    ASSERT_TRUE(base::Thread::Start("inserter", body, &threads[t]).ok());
  }
  for (base::Thread& thread : threads) thread.Join();
  ExpectWellFormed(list, kThreads * kEach);
}

// Each pair of a search and its link can be cut apart by the scheduler, so that links fail and the
// hint is stale in every way; taller nodes than usual, so that the levels above disagree, too.
TEST(SkipListTest, SimulatedThreadsInsertTogether) {
  for (uint64_t seed = 0; seed < 300 && !testing::Test::HasFailure(); ++seed) {
    SCOPED_TRACE(seed);
    const auto report = base::SimScheduler::Run(seed, [seed] {
      constexpr uint64_t kThreads = 3;
      constexpr uint64_t kEach = 12;
      SkipList list(key::KeyOrder(BytewiseComparator()), seed);
      std::vector<std::vector<HeapNode>> nodes(kThreads);
      std::vector<base::Thread> threads(kThreads);
      for (uint64_t t = 0; t < kThreads; ++t) {
        const auto body = [&list, &mine = nodes[t], t, seed] {
          base::Prng prng(seed * kThreads + t);
          key::Sequence sequence = t;
          for (uint64_t i = 0; i < kEach; ++i) {
            do {
              sequence += kThreads;
            } while (list.HeightOf(sequence) < 2 && prng.OneIn(2));
            mine.emplace_back(list, NumberKey(prng.Uniform(20)), sequence);
            list.Insert(mine.back().get());
          }
        };
        ASSERT_TRUE(base::Thread::Start("inserter", body, &threads[t]).ok());
      }
      for (base::Thread& thread : threads) thread.Join();
      ExpectWellFormed(list, kThreads * kEach);
    });
    EXPECT_FALSE(report.deadlock) << report.deadlock_text;
  }
}

}  // namespace
}  // namespace treering::memtable
