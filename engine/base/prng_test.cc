#include "engine/base/prng.h"

#include <gtest/gtest.h>

#include <set>

namespace treering::base {
namespace {

TEST(PrngTest, NumbersNeverChange) {
  // Seeds are stored with failing cases: a change of the generator would make them worthless.
  Prng prng(42);
  EXPECT_EQ(prng.Next(), 0x15780b2e0c2ec716ull);
  EXPECT_EQ(prng.Next(), 0x6104d9866d113a7eull);
  EXPECT_EQ(prng.Next(), 0xae17533239e499a1ull);
}

TEST(PrngTest, UniformStaysInRangeAndReachesAll) {
  Prng prng(1);
  int counts[7] = {};
  for (int i = 0; i < 70'000; ++i) {
    const uint64_t v = prng.Uniform(7);
    ASSERT_LT(v, 7u);
    ++counts[v];
  }
  for (const int count : counts) EXPECT_NEAR(count, 10'000, 500);
  EXPECT_EQ(prng.Uniform(1), 0u);
  for (int i = 0; i < 100; ++i) EXPECT_TRUE(prng.OneIn(1));
}

TEST(PrngTest, RealLiesInTheUnitInterval) {
  Prng prng(2);
  double sum = 0;
  for (int i = 0; i < 10'000; ++i) {
    const double v = prng.Real();
    ASSERT_GE(v, 0);
    ASSERT_LT(v, 1);
    sum += v;
  }
  EXPECT_NEAR(sum / 10'000, 0.5, 0.02);
}

TEST(EntropyTest, DiffersFromCallToCall) {
  std::set<uint64_t> seen;
  for (int i = 0; i < 100; ++i) seen.insert(EntropyU64());
  EXPECT_EQ(seen.size(), 100u);
}

}  // namespace
}  // namespace treering::base
