#include "engine/base/budget_unlimited.h"

#include <gtest/gtest.h>

namespace treering::base {
namespace {

TEST(UnlimitedBudgetTest, CountsByClass) {
  UnlimitedBudget budget;
  EXPECT_TRUE(budget.TryCharge(MemoryClass::kCache, uint64_t{1} << 50));
  budget.ForceCharge(MemoryClass::kOther, 10);
  EXPECT_EQ(budget.Charged(MemoryClass::kCache), uint64_t{1} << 50);
  EXPECT_EQ(budget.Charged(MemoryClass::kOther), 10u);
  EXPECT_EQ(budget.ChargedTotal(), (uint64_t{1} << 50) + 10);
  budget.Release(MemoryClass::kCache, uint64_t{1} << 50);
  EXPECT_EQ(budget.ChargedTotal(), 10u);
}

TEST(UnlimitedBudgetDeathTest, ReleasingMoreThanChargedIsABug) {
  UnlimitedBudget budget;
  budget.ForceCharge(MemoryClass::kOther, 10);
  EXPECT_DEATH(budget.Release(MemoryClass::kOther, 11), "CHECK failed");
}

}  // namespace
}  // namespace treering::base
