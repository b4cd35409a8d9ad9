#include "engine/base/heap_wait.h"

#include <gtest/gtest.h>

#include <new>

#include "engine/base/clock.h"
#include "engine/base/sim_scheduler.h"

namespace treering::base {
namespace {

constexpr uint64_t kSecond = 1'000'000'000;

// Runs `body` in virtual time; how much of it passed, in nanoseconds.
template <typename Body>
uint64_t VirtualNanos(Body body) {
  uint64_t nanos = 0;
  SimScheduler::Run(1, [&] {
    const uint64_t before = SystemClock()->NowNanos();
    body();
    nanos = SystemClock()->NowNanos() - before;
  });
  return nanos;
}

TEST(HeapWaitTest, AStepThatGetsItsMemoryWaitsForNothing) {
  int steps = 0;
  EXPECT_LT(VirtualNanos([&] { EXPECT_TRUE(UntilMemory([&] { ++steps; }).ok()); }), 1'000'000u);
  EXPECT_EQ(steps, 1);
}

TEST(HeapWaitTest, ARefusedStepIsTakenAgainUntilThereIsMemory) {
  int steps = 0;
  const uint64_t nanos = VirtualNanos([&] {
    EXPECT_TRUE(UntilMemory([&] {
                  if (++steps < 5) throw std::bad_alloc();
                }).ok());
  });
  EXPECT_EQ(steps, 5);
  EXPECT_GE(nanos, 4'000'000u);
  EXPECT_LT(nanos, kSecond);
}

TEST(HeapWaitTest, AfterTenSecondsItIsOutOfMemory) {
  const uint64_t nanos = VirtualNanos(
      [] { EXPECT_TRUE(UntilMemory([] { throw std::bad_alloc(); }).IsOutOfMemory()); });
  EXPECT_GE(nanos, 10 * kSecond);
  EXPECT_LT(nanos, 11 * kSecond);
}

TEST(HeapWaitTest, AnotherExceptionIsNotWaitedFor) {
  int steps = 0;
  VirtualNanos([&] {
    EXPECT_TRUE(UntilMemory([&] {
                  ++steps;
                  throw 7;
                }).IsFailed());
  });
  EXPECT_EQ(steps, 1);
}

TEST(HeapWaitTest, OfAStepThatAnswersOnlyOutOfMemoryIsWaitedFor) {
  int steps = 0;
  VirtualNanos([&] {
    EXPECT_TRUE(UntilMemoryOrError([&] {
                  ++steps;
                  return steps < 3 ? Status::OutOfMemory("no frame") : Status::Busy("held");
                }).IsBusy());
  });
  EXPECT_EQ(steps, 3);
  EXPECT_TRUE(UntilMemoryOrError([] { return Status::Ok(); }).ok());
}

TEST(HeapWaitTest, TheStepsOwnOutOfMemoryIsWhatComesOut) {
  VirtualNanos([] {
    const Status status = UntilMemoryOrError([] { return Status::OutOfMemory("no frame"); });
    EXPECT_TRUE(status.IsOutOfMemory());
    EXPECT_EQ(status.message(), "no frame");
  });
}

}  // namespace
}  // namespace treering::base
