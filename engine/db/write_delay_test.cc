#include "engine/db/write_delay.h"

#include <gtest/gtest.h>

#include <atomic>
#include <string>

#include "engine/base/clock.h"
#include "engine/base/sim_scheduler.h"
#include "engine/manifest/manifest_testing.h"

namespace treering::db {
namespace {

constexpr uint64_t kMiB = 1 << 20;
constexpr uint64_t kSecond = 1'000'000'000;

class WriteDelayTest : public ::testing::Test {
 protected:
  WriteDelayTest() {
    options_.user.level0_trigger = 2;
    options_.sealed_memtables_max = 3;
  }

  void Decide(const std::string& tree, size_t sealed) {
    delay_.Decide(*manifest::ParseVersion(tree), sealed);
  }
  // Virtual nanoseconds that writes of so many bytes in all take.
  uint64_t NanosOf(uint64_t writes, uint64_t bytes) {
    uint64_t nanos = 0;
    base::SimScheduler::Run(1, [&] {
      const uint64_t before = base::SystemClock()->NowNanos();
      for (uint64_t i = 0; i < writes; ++i) delay_.Throttle(bytes);
      nanos = base::SystemClock()->NowNanos() - before;
    });
    return nanos;
  }

  EffectiveOptions options_;
  StallStats stalls_;
  std::atomic<bool> stop_{false};
  WriteDelay delay_{&options_, &stalls_, &stop_};
};

std::string Level0(int tables) {
  std::string text = "L0:";
  for (int i = tables; i > 0; --i) {
    const std::string n = std::to_string(i);
    text += " " + n + "[a-z]@" + n + "-" + n;
  }
  return text + "\n";
}

TEST_F(WriteDelayTest, NoDebtNoDelay) {
  Decide(Level0(2), 1);
  EXPECT_EQ(NanosOf(1000, kMiB), 0u);
  for (int cause = 0; cause < kStallCauseCount; ++cause) {
    EXPECT_EQ(stalls_.count(static_cast<StallCause>(cause)), 0u);
  }
}

TEST_F(WriteDelayTest, TheDelayIsCountedUnderItsCause) {
  Decide(Level0(12), 0);
  const uint64_t level0 = NanosOf(10, kMiB);
  EXPECT_GT(level0, 0u);
  EXPECT_EQ(stalls_.nanos(StallCause::kLevel0), level0);
  EXPECT_EQ(stalls_.nanos(StallCause::kMemtables), 0u);
  Decide("", 3);
  const uint64_t memtables = NanosOf(10, kMiB);
  EXPECT_GT(memtables, 0u);
  EXPECT_EQ(stalls_.nanos(StallCause::kMemtables), memtables);
}

TEST_F(WriteDelayTest, Level0IsNoDebtWhereNothingCompactsByItself) {
  options_.user.disable_auto_compactions = true;
  Decide(Level0(12), 0);
  EXPECT_EQ(NanosOf(10, kMiB), 0u);
}

TEST_F(WriteDelayTest, MoreDebtAndASlowerFlushSlowMore) {
  Decide(Level0(6), 0);
  const uint64_t little = NanosOf(100, kMiB);
  Decide(Level0(12), 0);
  const uint64_t more = NanosOf(100, kMiB);
  EXPECT_GT(more, little);
  delay_.NoteDrained(2 * kMiB, kSecond);
  Decide(Level0(12), 0);
  EXPECT_GT(NanosOf(100, kMiB), more);
}

TEST_F(WriteDelayTest, SmallWritesAddUpToTheSame) {
  Decide(Level0(12), 0);
  const uint64_t large = NanosOf(64, kMiB);
  const uint64_t small = NanosOf(64 * 1024, 1024);
  EXPECT_GT(small, large * 9 / 10);
  EXPECT_LT(small, large * 11 / 10);
}

TEST_F(WriteDelayTest, AStopEndsTheSleep) {
  Decide(Level0(100), 0);
  stop_ = true;
  EXPECT_LE(NanosOf(1, 100 * kMiB), 25'000'000u);
}

}  // namespace
}  // namespace treering::db
