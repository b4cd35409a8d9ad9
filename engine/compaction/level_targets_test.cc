#include "engine/compaction/level_targets.h"

#include <gtest/gtest.h>

#include <sstream>
#include <string>

#include "engine/base/prng.h"

namespace treering::compaction {
namespace {

// "base 4: L4 100 L5 1000 L6 10000"
std::string Targets(std::array<uint64_t, base::kLevelCount> bytes, uint64_t base = 100,
                    uint32_t multiplier = 10) {
  const LevelTargets targets = ComputeLevelTargets(bytes, base, multiplier);
  std::ostringstream text;
  text << "base " << targets.base_level << ":";
  for (uint32_t level = 0; level < base::kLevelCount; ++level) {
    if (targets.bytes[level] != 0) text << " L" << level << " " << targets.bytes[level];
  }
  return text.str();
}

TEST(LevelTargetsTest, SmallTreesLiveAtTheBottom) {
  EXPECT_EQ(Targets({}), "base 6: L6 100");
  EXPECT_EQ(Targets({500, 0, 0, 0, 0, 0, 0}), "base 6: L6 100");
  EXPECT_EQ(Targets({0, 0, 0, 0, 0, 0, 100}), "base 6: L6 100");
}

TEST(LevelTargetsTest, ALevelOpensAboveWhenTheBaseIsFull) {
  EXPECT_EQ(Targets({0, 0, 0, 0, 0, 0, 101}), "base 5: L5 100 L6 100");
  EXPECT_EQ(Targets({0, 0, 0, 0, 0, 0, 1000}), "base 5: L5 100 L6 1000");
  EXPECT_EQ(Targets({0, 0, 0, 0, 0, 80, 5000}), "base 4: L4 100 L5 500 L6 5000");
}

TEST(LevelTargetsTest, ALevelInUseIsNotSkipped) {
  EXPECT_EQ(Targets({0, 0, 0, 0, 1, 0, 50}), "base 4: L4 100 L5 100 L6 100");
}

TEST(LevelTargetsTest, LargestTreesDoNotOverflow) {
  const LevelTargets targets =
      ComputeLevelTargets({0, 1, 1, 1, 1, 1, UINT64_MAX}, UINT64_MAX / 2, 1000);
  EXPECT_EQ(targets.base_level, 1u);
  EXPECT_GE(targets.bytes[6], UINT64_MAX / 2);
  EXPECT_GE(targets.bytes[6], targets.bytes[5]);
}

TEST(LevelTargetsTest, InvariantsHoldForRandomTrees) {
  base::Prng prng(3);
  for (int round = 0; round < 5000; ++round) {
    std::array<uint64_t, base::kLevelCount> bytes{};
    for (uint64_t& b : bytes) b = prng.OneIn(3) ? 0 : prng.Uniform(1ull << prng.Uniform(50));
    const uint64_t base_bytes = 1 + prng.Uniform(1 << 30);
    const auto multiplier = static_cast<uint32_t>(2 + prng.Uniform(20));
    const LevelTargets targets = ComputeLevelTargets(bytes, base_bytes, multiplier);
    ASSERT_GE(targets.base_level, 1u);
    ASSERT_LT(targets.base_level, base::kLevelCount);
    for (uint32_t level = 1; level < targets.base_level; ++level) {
      ASSERT_EQ(bytes[level], 0u);
      ASSERT_EQ(targets.bytes[level], 0u);
    }
    for (uint32_t level = targets.base_level; level < base::kLevelCount; ++level) {
      ASSERT_GE(targets.bytes[level], base_bytes);
      if (level > targets.base_level) {
        ASSERT_LE(targets.bytes[level], targets.bytes[level - 1] * multiplier);
        ASSERT_GE(targets.bytes[level], targets.bytes[level - 1]);
      }
    }
  }
}

}  // namespace
}  // namespace treering::compaction
