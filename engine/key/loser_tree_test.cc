#include "engine/key/loser_tree.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

#include "engine/base/prng.h"

namespace treering::key {
namespace {

using Source = std::vector<uint64_t>;  // ascending

class Merge {
 public:
  explicit Merge(std::vector<Source> sources)
      : sources_(std::move(sources)),
        at_(sources_.size(), 0),
        tree_(static_cast<uint32_t>(sources_.size()), Before{this}) {
    tree_.Rebuild();
  }

  bool Done() const { return at_[tree_.winner()] == sources_[tree_.winner()].size(); }
  uint64_t Take() {
    const uint32_t winner = tree_.winner();
    const uint64_t value = sources_[winner][at_[winner]++];
    tree_.WinnerChanged();
    return value;
  }
  void MoveAllTo(uint64_t value) {
    for (size_t i = 0; i < sources_.size(); ++i) {
      at_[i] = static_cast<size_t>(std::lower_bound(sources_[i].begin(), sources_[i].end(), value) -
                                   sources_[i].begin());
    }
    tree_.Rebuild();
  }
  std::vector<uint64_t> TakeAll() {
    std::vector<uint64_t> all;
    while (!Done()) all.push_back(Take());
    return all;
  }
  int comparisons() const { return comparisons_; }

 private:
  struct Before {
    Merge* merge;
    bool operator()(uint32_t a, uint32_t b) const {
      ++merge->comparisons_;
      const bool a_left = merge->at_[a] < merge->sources_[a].size();
      const bool b_left = merge->at_[b] < merge->sources_[b].size();
      if (!a_left || !b_left) return a_left != b_left ? a_left : a < b;
      const uint64_t x = merge->sources_[a][merge->at_[a]];
      const uint64_t y = merge->sources_[b][merge->at_[b]];
      return x != y ? x < y : a < b;
    }
  };

  const std::vector<Source> sources_;
  std::vector<size_t> at_;
  int comparisons_ = 0;
  LoserTree<Before> tree_;
};

TEST(LoserTreeTest, MergesAnyNumberOfSourcesOfAnyLength) {
  base::Prng prng(4);
  for (size_t count = 1; count <= 20; ++count) {
    for (int round = 0; round < 20; ++round) {
      std::vector<Source> sources(count);
      Source expected;
      for (Source& source : sources) {
        source.resize(prng.Uniform(prng.OneIn(3) ? 2 : 30));
        for (uint64_t& value : source) value = prng.Uniform(50);
        std::sort(source.begin(), source.end());
        expected.insert(expected.end(), source.begin(), source.end());
      }
      std::sort(expected.begin(), expected.end());
      Merge merge(sources);
      EXPECT_EQ(merge.TakeAll(), expected);
      merge.MoveAllTo(25);
      expected.erase(expected.begin(), std::lower_bound(expected.begin(), expected.end(), 25));
      EXPECT_EQ(merge.TakeAll(), expected);
    }
  }
}

TEST(LoserTreeTest, ALeadingSourceCostsOneComparisonAStep) {
  constexpr int kSteps = 1000;
  std::vector<Source> sources(16, Source{1'000'000});
  sources[11].clear();
  for (int i = 0; i < kSteps; ++i) sources[11].push_back(static_cast<uint64_t>(i));
  Merge merge(sources);
  const int before = merge.comparisons();
  for (int i = 0; i < kSteps; ++i) EXPECT_EQ(merge.Take(), static_cast<uint64_t>(i));
  EXPECT_LE(merge.comparisons() - before, kSteps + 16);
}

TEST(LoserTreeTest, AnInterleavedMergeCostsAboutLogTwoComparisonsAStep) {
  base::Prng prng(5);
  constexpr int kSteps = 4000;
  std::vector<Source> sources(16);
  for (int i = 0; i < kSteps; ++i) sources[prng.Uniform(16)].push_back(static_cast<uint64_t>(i));
  Merge merge(sources);
  const int before = merge.comparisons();
  merge.TakeAll();
  EXPECT_LE(merge.comparisons() - before, kSteps * 5);
}

}  // namespace
}  // namespace treering::key
