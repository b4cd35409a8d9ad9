#include "engine/runtime/memtable_shares.h"

#include <gtest/gtest.h>

#include <vector>

namespace treering::runtime {
namespace {

constexpr uint64_t kMiB = 1u << 20;
constexpr uint64_t kSecond = 1'000'000'000;

TEST(PickToFlush, NobodyWithinTheShare) {
  const std::vector<ActiveMemtable> active = {{30 * kMiB, 0}, {9 * kMiB, 0}};
  EXPECT_EQ(PickToFlush(active, 40 * kMiB, 40 * kMiB), kNobody);
  EXPECT_EQ(PickToFlush({}, 50 * kMiB, 40 * kMiB), kNobody);
}

TEST(PickToFlush, TheLargestAndTheOlderOfEqualOnes) {
  const std::vector<ActiveMemtable> by_size = {{10 * kMiB, 0}, {20 * kMiB, 0}, {15 * kMiB, 0}};
  EXPECT_EQ(PickToFlush(by_size, 45 * kMiB, 40 * kMiB), 1u);
  const std::vector<ActiveMemtable> by_age = {{21 * kMiB, kSecond}, {21 * kMiB, 2 * kSecond}};
  EXPECT_EQ(PickToFlush(by_age, 45 * kMiB, 40 * kMiB), 1u);
}

TEST(PickToFlush, AnOldOneCountsForMoreThanItsSize) {
  const std::vector<ActiveMemtable> active = {{25 * kMiB, 0}, {16 * kMiB, 10 * kSecond}};
  EXPECT_EQ(PickToFlush(active, 45 * kMiB, 40 * kMiB), 1u);
}

TEST(PickToFlush, FlushesUnderWayWillDo) {
  const std::vector<ActiveMemtable> active = {{20 * kMiB, 0}, {20 * kMiB, 0}};
  EXPECT_EQ(PickToFlush(active, 60 * kMiB, 40 * kMiB), kNobody);
  const std::vector<ActiveMemtable> more = {{0, kSecond}, {41 * kMiB, 0}};
  EXPECT_EQ(PickToFlush(more, 60 * kMiB, 40 * kMiB), 1u);
}

class FakeUser final : public MemtableUser {
 public:
  ActiveMemtable Active(uint64_t) const override { return memtable; }
  void SealSoon() override { ++asked; }
  ActiveMemtable memtable;
  int asked = 0;
};

TEST(MemtableShares, AsksTheOneThatCountsWhenTheSharePasses) {
  BudgetImpl budget(100 * kMiB);
  MemtableShares shares(&budget, base::SystemClock(), 40 * kMiB);
  FakeUser small;
  FakeUser large;
  small.memtable.bytes = 11 * kMiB;
  large.memtable.bytes = 30 * kMiB;
  shares.Register(&small);
  shares.Register(&large);
  ASSERT_TRUE(budget.TryCharge(base::MemoryClass::kMemtable, 40 * kMiB));
  shares.Grown();
  EXPECT_EQ(large.asked, 0);
  ASSERT_TRUE(budget.TryCharge(base::MemoryClass::kMemtable, kMiB));
  shares.Grown();
  EXPECT_EQ(large.asked, 1);
  EXPECT_EQ(small.asked, 0);
  shares.Unregister(&large);
  large.memtable.bytes = 0;
  small.memtable.bytes = 41 * kMiB;
  shares.Grown();
  EXPECT_EQ(small.asked, 1);
  shares.Unregister(&small);
  budget.Release(base::MemoryClass::kMemtable, 41 * kMiB);
}

TEST(MemtableShares, ARefusalAsksWithinTheShareUnlessAFlushIsUnderWay) {
  BudgetImpl budget(100 * kMiB);
  MemtableShares shares(&budget, base::SystemClock(), 40 * kMiB);
  shares.Refused();  // nobody is there
  FakeUser idle;
  FakeUser refused;
  idle.memtable.bytes = 5 * kMiB;
  shares.Register(&idle);
  shares.Register(&refused);
  shares.Refused();
  EXPECT_EQ(idle.asked, 0) << "nothing is used";
  ASSERT_TRUE(budget.TryCharge(base::MemoryClass::kMemtable, 5 * kMiB));
  shares.Refused();
  EXPECT_EQ(idle.asked, 1);
  EXPECT_EQ(refused.asked, 0);
  idle.memtable.bytes = 0;  // sealed: its memory is still used
  refused.memtable.bytes = kMiB;
  ASSERT_TRUE(budget.TryCharge(base::MemoryClass::kMemtable, kMiB));
  shares.Refused();
  EXPECT_EQ(idle.asked + refused.asked, 1);
  shares.Unregister(&idle);
  shares.Unregister(&refused);
  budget.Release(base::MemoryClass::kMemtable, 6 * kMiB);
}

}  // namespace
}  // namespace treering::runtime
