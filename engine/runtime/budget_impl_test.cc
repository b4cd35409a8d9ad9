#include "engine/runtime/budget_impl.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <string>
#include <utility>

#include "engine/base/thread.h"

namespace treering::runtime {
namespace {

using base::MemoryClass;
using base::Need;

TEST(BudgetImplTest, ChargesStayWithinTheLimit) {
  BudgetImpl budget(100);
  EXPECT_TRUE(budget.TryCharge(MemoryClass::kMemtable, 60));
  EXPECT_FALSE(budget.TryCharge(MemoryClass::kIterator, 41));
  EXPECT_TRUE(budget.TryCharge(MemoryClass::kIterator, 40));
  EXPECT_FALSE(budget.TryCharge(MemoryClass::kOther, UINT64_MAX));
  EXPECT_EQ(budget.used(), 100u);
  EXPECT_EQ(budget.used(MemoryClass::kIterator), 40u);
  EXPECT_EQ(budget.Stats().refused, 2u);
  budget.Release(MemoryClass::kIterator, 40);
  budget.Release(MemoryClass::kMemtable, 60);
  EXPECT_EQ(budget.used(), 0u);
}

TEST(BudgetImplTest, AForcedChargeIsShown) {
  BudgetImpl budget(100);
  budget.ForceCharge(MemoryClass::kMemtable, 130);
  EXPECT_EQ(budget.over_bytes(), 30u);
  EXPECT_FALSE(budget.TryCharge(MemoryClass::kMemtable, 1));
  budget.Release(MemoryClass::kMemtable, 130);
  EXPECT_EQ(budget.over_bytes(), 0u);
  EXPECT_EQ(budget.Stats().over_bytes_max, 30u);
}

TEST(BudgetImplTest, TheCacheGivesWayToOthers) {
  BudgetImpl budget(100);
  uint64_t cache_bytes = 90;
  uint64_t asked = 0;
  ASSERT_TRUE(budget.TryCharge(MemoryClass::kCache, cache_bytes));
  budget.SetReclaim([&](uint64_t bytes) -> uint64_t {
    asked += bytes;
    EXPECT_FALSE(budget.TryCharge(MemoryClass::kCache, 1)) << "the room is somebody else's";
    const uint64_t given = std::min<uint64_t>(cache_bytes, 20);
    cache_bytes -= given;
    budget.Release(MemoryClass::kCache, given);
    return given;
  });
  EXPECT_TRUE(budget.TryCharge(MemoryClass::kMemtable, 10));
  EXPECT_EQ(asked, 0u);
  EXPECT_TRUE(budget.TryCharge(MemoryClass::kMemtable, 30));
  EXPECT_EQ(asked, 40u) << "30, then the 10 that were missing";
  budget.ForceCharge(MemoryClass::kMemtable, 20);
  EXPECT_EQ(budget.over_bytes(), 0u);
  EXPECT_TRUE(budget.TryCharge(MemoryClass::kCache, 10));
  EXPECT_FALSE(budget.TryCharge(MemoryClass::kCache, 10)) << "never at its own expense";
  EXPECT_EQ(budget.Stats().refused, 0u);
  budget.Release(MemoryClass::kMemtable, 60);
  budget.Release(MemoryClass::kCache, cache_bytes + 10);
}

TEST(BudgetImplTest, ACacheThatGivesNothingEndsTheAsking) {
  BudgetImpl budget(100);
  int asked = 0;
  budget.SetReclaim([&](uint64_t) {
    ++asked;
    return uint64_t{0};
  });
  ASSERT_TRUE(budget.TryCharge(MemoryClass::kOther, 100));
  EXPECT_FALSE(budget.TryCharge(MemoryClass::kOther, 1));
  EXPECT_EQ(asked, 1);
  budget.Release(MemoryClass::kOther, 100);
}

TEST(BudgetImplTest, WhatIsSpareLeavesTheReserve) {
  BudgetImpl budget(BudgetImpl::Limits{.bytes = 100, .reserve_bytes = 20});
  EXPECT_FALSE(budget.Charge(MemoryClass::kIoBuffer, 81, Need::kSpare));
  EXPECT_TRUE(budget.Charge(MemoryClass::kIoBuffer, 80, Need::kSpare));
  EXPECT_FALSE(budget.Charge(MemoryClass::kIoBuffer, 1, Need::kSpare));
  EXPECT_EQ(budget.Stats().refused, 0u) << "nobody suffers";
  EXPECT_TRUE(budget.Charge(MemoryClass::kIoBuffer, 20, Need::kUsual));
  EXPECT_FALSE(budget.Charge(MemoryClass::kIoBuffer, 1, Need::kUsual));
  EXPECT_EQ(budget.Stats().refused, 1u);
  EXPECT_TRUE(budget.Charge(MemoryClass::kIoBuffer, 1, Need::kMust));
  EXPECT_EQ(budget.over_bytes(), 1u);
  budget.Release(MemoryClass::kIoBuffer, 101);
}

TEST(BudgetImplTest, TheCacheGivesUpTheReserveToo) {
  BudgetImpl budget(BudgetImpl::Limits{.bytes = 100, .reserve_bytes = 20});
  ASSERT_TRUE(budget.TryCharge(MemoryClass::kCache, 100));
  budget.SetReclaim([&](uint64_t bytes) {
    budget.Release(MemoryClass::kCache, bytes);
    return bytes;
  });
  EXPECT_TRUE(budget.Charge(MemoryClass::kIoBuffer, 10, Need::kSpare));
  EXPECT_EQ(budget.used(), 80u);
  budget.Release(MemoryClass::kIoBuffer, 10);
  budget.Release(MemoryClass::kCache, 70);
}

TEST(BudgetImplTest, MemtablesStayWithinTheirPartUnlessTheyMust) {
  BudgetImpl budget(BudgetImpl::Limits{.bytes = 100, .memtable_bytes_max = 60});
  EXPECT_TRUE(budget.TryCharge(MemoryClass::kMemtable, 60));
  EXPECT_FALSE(budget.TryCharge(MemoryClass::kMemtable, 1));
  EXPECT_FALSE(budget.TryCharge(MemoryClass::kMemtable, UINT64_MAX));
  EXPECT_TRUE(budget.TryCharge(MemoryClass::kOther, 20));
  EXPECT_TRUE(budget.Charge(MemoryClass::kMemtable, 10, Need::kMust));
  EXPECT_FALSE(budget.TryCharge(MemoryClass::kMemtable, 1));
  budget.Release(MemoryClass::kMemtable, 70);
  budget.Release(MemoryClass::kOther, 20);
}

TEST(BudgetImplTest, WhatPassesToReadersLeavesRoomToMemtables) {
  BudgetImpl budget(BudgetImpl::Limits{.bytes = 100, .memtable_bytes_max = 60});
  ASSERT_TRUE(budget.TryCharge(MemoryClass::kMemtable, 60));
  budget.Move(MemoryClass::kMemtable, MemoryClass::kIterator, 50);
  EXPECT_EQ(budget.used(), 60u);
  EXPECT_TRUE(budget.TryCharge(MemoryClass::kMemtable, 40));
  EXPECT_FALSE(budget.TryCharge(MemoryClass::kMemtable, 1)) << "the whole";
  budget.Release(MemoryClass::kMemtable, 50);
  budget.Release(MemoryClass::kIterator, 50);
}

TEST(BudgetImplTest, AMarkIsReachedOnce) {
  BudgetImpl budget(100);
  int reached = 0;
  budget.SetWatch([&reached] { ++reached; });
  budget.WatchAt(50);
  for (int i = 0; i < 4; ++i) {
    EXPECT_TRUE(budget.TryCharge(MemoryClass::kOther, 20));
    EXPECT_EQ(reached, i < 2 ? 0 : 1);
  }
  budget.WatchAt(90);
  budget.ForceCharge(MemoryClass::kOther, 20);
  EXPECT_EQ(reached, 2);
  budget.Release(MemoryClass::kOther, 100);
}

TEST(BudgetImplTest, ThreadsTogetherStayWithinTheLimit) {
  BudgetImpl budget(1000);
  std::array<base::Thread, 4> threads;
  for (size_t t = 0; t < threads.size(); ++t) {
    ASSERT_TRUE(base::Thread::Start(
                    "charger" + std::to_string(t),
                    [&budget, t] {
                      const auto memory_class = static_cast<MemoryClass>(t);
                      uint64_t held = 0;
                      for (uint64_t i = 0; i < 5000; ++i) {
                        const uint64_t bytes = 1 + (i * 7 + t) % 90;
                        if (budget.TryCharge(memory_class, bytes)) held += bytes;
                        ASSERT_LE(budget.used(), 1000u);
                        if (i % 5 == 0) budget.Release(memory_class, std::exchange(held, 0));
                      }
                      budget.Release(memory_class, held);
                    },
                    &threads[t])
                    .ok());
  }
  for (auto& thread : threads) thread.Join();
  EXPECT_EQ(budget.used(), 0u);
  EXPECT_EQ(budget.Stats().over_bytes_max, 0u);
}

}  // namespace
}  // namespace treering::runtime
