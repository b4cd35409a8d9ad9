#include "engine/base/clock.h"

#include <gtest/gtest.h>

#include "engine/base/sim_scheduler.h"
#include "engine/base/thread.h"

namespace treering::base {
namespace {

TEST(ClockTest, MachineTimeMovesForwardOnly) {
  Clock* clock = SystemClock();
  uint64_t last = clock->NowNanos();
  for (int i = 0; i < 1000; ++i) {
    const uint64_t now = clock->NowNanos();
    ASSERT_GE(now, last);
    last = now;
  }
  const uint64_t before = clock->NowNanos();
  SleepNanos(2'000'000);
  EXPECT_GE(clock->NowNanos() - before, 2'000'000u);
}

TEST(ClockTest, WallTimeIsAPlausibleDate) {
  constexpr uint64_t kYear2020 = 1'577'836'800'000'000;
  EXPECT_GT(SystemClock()->WallMicros(), kYear2020);
  EXPECT_LT(SystemClock()->WallMicros(), 10 * kYear2020);
}

TEST(ClockTest, SimulatedTimeStandsWhileThreadsRun) {
  SimScheduler::Run(1, [] {
    Clock* clock = SystemClock();
    EXPECT_EQ(clock->NowNanos(), 0u);
    const uint64_t wall = clock->WallMicros();
    for (int i = 0; i < 1000; ++i) SchedPoint();
    EXPECT_EQ(clock->NowNanos(), 0u);
    SleepNanos(3'000'000'000);
    EXPECT_EQ(clock->NowNanos(), 3'000'000'000u);
    EXPECT_EQ(clock->WallMicros(), wall + 3'000'000);
  });
}

}  // namespace
}  // namespace treering::base
