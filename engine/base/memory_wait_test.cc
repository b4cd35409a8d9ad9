#include "engine/base/memory_wait.h"

#include <gtest/gtest.h>

#include <vector>

#include "engine/base/clock.h"
#include "engine/base/sim_scheduler.h"

namespace treering::base {
namespace {

TEST(MemoryWaitTest, PausesGrowToTenMillisecondsAndAddUpToThePatience) {
  constexpr uint64_t kPatience = 100'000'000;
  SimScheduler::Run(1, [&] {
    const uint64_t before = SystemClock()->NowNanos();
    MemoryWait wait(kPatience);
    std::vector<uint64_t> pauses;
    uint64_t sum = 0;
    while (const uint64_t slept = wait.Pause()) {
      pauses.push_back(slept);
      sum += slept;
    }
    ASSERT_GE(pauses.size(), 6u);
    EXPECT_EQ(pauses[0], 1'000'000u);
    EXPECT_EQ(pauses[1], 2'000'000u);
    EXPECT_EQ(pauses.back(), 10'000'000u);
    EXPECT_GE(sum, kPatience);
    EXPECT_LT(sum, kPatience + 10'000'000);
    EXPECT_GE(SystemClock()->NowNanos() - before, sum);
    EXPECT_EQ(wait.Pause(), 0u);
  });
}

TEST(MemoryWaitTest, WithoutPatienceThereIsNoPause) { EXPECT_EQ(MemoryWait(0).Pause(), 0u); }

}  // namespace
}  // namespace treering::base
