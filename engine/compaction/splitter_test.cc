#include "engine/compaction/splitter.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "engine/base/prng.h"
#include "engine/manifest/manifest_testing.h"

namespace treering::compaction {
namespace {

// Feeds the letters of `keys` as entries of `entry_bytes` each; the outputs, apart by a bar.
std::string Split(std::string_view keys, uint64_t entry_bytes, OutputSplitter::Options options,
                  std::string_view grandparents = "") {
  const auto version = manifest::ParseVersion(grandparents);
  OutputSplitter splitter(options, version->order(), version->tables(3));
  std::string text;
  uint64_t bytes = 0;
  for (const char key : keys) {
    if (splitter.CutBefore(Slice(&key, 1), bytes)) {
      text += '|';
      bytes = 0;
    }
    text += key;
    bytes += entry_bytes;
  }
  return text;
}

constexpr OutputSplitter::Options kBySize = {.table_bytes = 300, .grandparent_bytes_max = 1 << 20};

TEST(OutputSplitterTest, CutsBySize) {
  EXPECT_EQ(Split("abcdefgh", 100, kBySize), "abc|def|gh");
  EXPECT_EQ(Split("", 100, kBySize), "");
  EXPECT_EQ(Split("abc", 1000, kBySize), "a|b|c");
}

TEST(OutputSplitterTest, NeverBetweenVersionsOfAKey) {
  EXPECT_EQ(Split("abcccccd", 100, kBySize), "abccccc|d");
  EXPECT_EQ(Split("aaaaaaa", 100, kBySize), "aaaaaaa");
}

TEST(OutputSplitterTest, CutsWhereGrandparentsPileUp) {
  const OutputSplitter::Options options = {.table_bytes = 1 << 20, .grandparent_bytes_max = 150};
  const char* grandparents = "L3: 1[a-b] 2[c-d] 3[e-f] 4[g-h] 5[w-w]\n";
  EXPECT_EQ(Split("abcdefghxyz", 10, options, grandparents), "abcd|efgh|xyz");
  // Grandparents before the first key do not count.
  const OutputSplitter::Options wide = {.table_bytes = 1 << 20, .grandparent_bytes_max = 350};
  EXPECT_EQ(Split("abz", 10, wide, grandparents), "ab|z");
  EXPECT_EQ(Split("efz", 10, wide, grandparents), "efz");
}

std::string Text(const std::vector<KeyPart>& parts) {
  std::string text;
  for (const KeyPart& part : parts) {
    text += "[" + part.begin.value_or("") + "," + part.end.value_or("") + ")";
  }
  return text;
}

TEST(SplitByAnchorsTest, PartsOfEqualBytes) {
  const key::KeyOrder order(BytewiseComparator());
  const std::vector<Anchor> anchors = {{"h", 100}, {"b", 100}, {"d", 100}, {"f", 100}};
  EXPECT_EQ(Text(SplitByAnchors(anchors, order, 1, 0)), "[,)");
  EXPECT_EQ(Text(SplitByAnchors(anchors, order, 2, 0)), "[,d)[d,)");
  EXPECT_EQ(Text(SplitByAnchors(anchors, order, 4, 0)), "[,b)[b,d)[d,f)[f,)");
  EXPECT_EQ(Text(SplitByAnchors(anchors, order, 4, 200)), "[,d)[d,)");
  EXPECT_EQ(Text(SplitByAnchors(anchors, order, 4, 300)), "[,)");
  EXPECT_EQ(Text(SplitByAnchors({}, order, 4, 0)), "[,)");
}

TEST(SplitByAnchorsTest, AKeyWithManyAnchorsIsCutOnce) {
  const key::KeyOrder order(BytewiseComparator());
  EXPECT_EQ(Text(SplitByAnchors({{"b", 100}, {"b", 100}, {"b", 100}, {"c", 100}}, order, 4, 0)),
            "[,b)[b,)");
}

TEST(SplitByAnchorsTest, RandomPartsAreInOrderAndNotTooMany) {
  base::Prng prng(11);
  const key::KeyOrder order(BytewiseComparator());
  for (int round = 0; round < 2000; ++round) {
    std::vector<Anchor> anchors;
    for (uint64_t i = prng.Uniform(20); i > 0; --i) {
      anchors.push_back(
          {std::string(1, static_cast<char>('a' + prng.Uniform(26))), prng.Uniform(100)});
    }
    const auto parts_max = static_cast<uint32_t>(1 + prng.Uniform(6));
    const auto parts = SplitByAnchors(anchors, order, parts_max, prng.Uniform(60));
    ASSERT_GE(parts.size(), 1u);
    ASSERT_LE(parts.size(), parts_max);
    ASSERT_FALSE(parts.front().begin.has_value());
    ASSERT_FALSE(parts.back().end.has_value());
    for (size_t i = 1; i < parts.size(); ++i) {
      ASSERT_EQ(parts[i - 1].end, parts[i].begin);
      ASSERT_TRUE(!parts[i].end || *parts[i].begin < *parts[i].end);
    }
  }
}

TEST(AnchorsOfTest, TablesGiveTheirEnds) {
  const auto version = manifest::ParseVersion("L1: 1[c-f]*50\nL2: 2[a-d]*70 3[e-g]*80\n");
  CompactionPlan plan;
  plan.inputs = version->tables(1);
  plan.output_inputs = version->tables(2);
  std::string text;
  for (const Anchor& anchor : AnchorsOf(plan, version->order())) {
    text += anchor.user_key + std::to_string(anchor.bytes) + " ";
  }
  EXPECT_EQ(text, "a0 c0 d70 e0 f50 g80 ");
}

}  // namespace
}  // namespace treering::compaction
