#include "engine/compaction/throttle.h"

#include <gtest/gtest.h>

#include "engine/base/prng.h"

namespace treering::compaction {
namespace {

constexpr uint64_t kDrain = 100ull << 20;

ThrottleLimits TestLimits() {
  ThrottleLimits limits;
  limits.level0_free = 8;
  limits.level0_limit = 32;
  limits.pending_bytes_free = 1000;
  limits.pending_bytes_limit = 3000;
  limits.memtables_free = 1;
  limits.memtables_limit = 5;
  return limits;
}

ThrottleDecision Decide(uint32_t level0, uint64_t pending, uint32_t memtables) {
  return ComputeThrottle({level0, pending, memtables}, TestLimits(), kDrain);
}

TEST(ThrottleTest, NoDebtNoDelay) {
  EXPECT_EQ(Decide(0, 0, 0).nanos_per_kib, 0u);
  EXPECT_EQ(Decide(8, 1000, 1).nanos_per_kib, 0u);
  EXPECT_EQ(Decide(8, 1000, 1).cause, ThrottleCause::kNone);
}

TEST(ThrottleTest, HalfOfALimitGivesTheDrainRate) {
  const uint64_t nanos_at_drain = 1024 * 1'000'000'000ull / kDrain;
  EXPECT_EQ(Decide(20, 0, 0).nanos_per_kib, nanos_at_drain);
  EXPECT_EQ(Decide(20, 0, 0).cause, ThrottleCause::kLevel0);
  EXPECT_EQ(Decide(0, 2000, 0).nanos_per_kib, nanos_at_drain);
  EXPECT_EQ(Decide(0, 2000, 0).cause, ThrottleCause::kPendingBytes);
  EXPECT_EQ(Decide(0, 0, 3).nanos_per_kib, nanos_at_drain);
  EXPECT_EQ(Decide(0, 0, 3).cause, ThrottleCause::kMemtables);
}

TEST(ThrottleTest, TheLargestDebtNamesTheCause) {
  EXPECT_EQ(Decide(30, 1500, 2).cause, ThrottleCause::kLevel0);
  EXPECT_EQ(Decide(10, 2900, 2).cause, ThrottleCause::kPendingBytes);
}

TEST(ThrottleTest, NeverAFullStop) {
  const ThrottleDecision decision = Decide(UINT32_MAX, UINT64_MAX, UINT32_MAX);
  EXPECT_EQ(decision.nanos_per_kib, 4'000'000u);
  EXPECT_EQ(ComputeThrottle({33, 0, 0}, TestLimits(), 0).nanos_per_kib, 4'000'000u);
}

TEST(ThrottleTest, MoreDebtNeverMeansLessDelay) {
  base::Prng prng(5);
  for (int round = 0; round < 20000; ++round) {
    const Debt less = {static_cast<uint32_t>(prng.Uniform(40)), prng.Uniform(4000),
                       static_cast<uint32_t>(prng.Uniform(8))};
    Debt more = less;
    more.level0_tables += static_cast<uint32_t>(prng.Uniform(4));
    more.pending_compaction_bytes += prng.Uniform(200);
    more.sealed_memtables += static_cast<uint32_t>(prng.Uniform(2));
    ASSERT_LE(ComputeThrottle(less, TestLimits(), kDrain).nanos_per_kib,
              ComputeThrottle(more, TestLimits(), kDrain).nanos_per_kib);
  }
}

TEST(ThrottleTest, LimitsFollowTheOptions) {
  const ThrottleLimits limits = ThrottleLimits::For(4, 256ull << 20, 10, 4);
  EXPECT_EQ(limits.level0_free, 8u);
  EXPECT_EQ(limits.level0_limit, 32u);
  EXPECT_EQ(limits.pending_bytes_free, 5120ull << 20);
  EXPECT_EQ(limits.pending_bytes_limit, 51200ull << 20);
  EXPECT_EQ(limits.memtables_limit, 4u);
  EXPECT_EQ(ThrottleLimits::For(4, UINT64_MAX, 10, 1).pending_bytes_limit, UINT64_MAX);
  EXPECT_EQ(ThrottleLimits::For(4, 1, 10, 1).memtables_limit, 2u);
}

TEST(ThrottleTest, CausesHaveNames) {
  EXPECT_EQ(ThrottleCauseName(ThrottleCause::kNone), "none");
  EXPECT_EQ(ThrottleCauseName(ThrottleCause::kLevel0), "level0");
  EXPECT_EQ(ThrottleCauseName(ThrottleCause::kPendingBytes), "pending_bytes");
  EXPECT_EQ(ThrottleCauseName(ThrottleCause::kMemtables), "memtables");
}

}  // namespace
}  // namespace treering::compaction
