// Bugs of the kinds that the scheduler is there to find: each must show within a thousand seeds.
#include <gtest/gtest.h>

#include <atomic>
#include <cstdint>

#include "engine/base/sim_scheduler.h"
#include "engine/base/thread.h"
#include "engine/base/thread_testing.h"

namespace treering::base {
namespace {

using Report = SimScheduler::Report;

constexpr uint64_t kSeedsUntilFound = 1000;
constexpr uint64_t kNever = UINT64_MAX;
constexpr uint64_t kMilli = 1'000'000;

TEST(SimPlantedBugTest, LostWakeUpIsFound) {
  // The condition is looked at outside the mutex: the notification may come before the wait.
  const auto lossy = [] {
    Mutex mutex;
    CondVar changed;
    bool ready = false;
    Thread waiter = StartOrDie("waiter", [&] {
      if (!ready) {
        MutexLock lock(&mutex);
        changed.Wait(&mutex);
      }
    });
    Thread setter = StartOrDie("setter", [&] {
      MutexLock lock(&mutex);
      ready = true;
      changed.NotifyAll();
    });
    waiter.Join();
    setter.Join();
  };
  uint64_t found = kNever;
  for (uint64_t seed = 0; seed < kSeedsUntilFound && found == kNever; ++seed) {
    const Report report = SimScheduler::Run(seed, lossy);
    if (!report.deadlock) continue;
    found = seed;
    EXPECT_EQ(report.deadlock_text,
              "deadlock: no thread can run and no timer is set\n"
              "first: waits for a thread to end: waiter\n"
              "waiter: waits for a condition");
  }
  EXPECT_NE(found, kNever);
}

TEST(SimPlantedBugTest, UnprotectedIncrementIsFound) {
  uint64_t wrong = 0;
  for (uint64_t seed = 0; seed < kSeedsUntilFound && wrong == 0; ++seed) {
    std::atomic<int> count{0};
    SimScheduler::Run(seed, [&] {
      const auto add = [&] {
        const int before = count;
        SchedPoint();
        count = before + 1;
      };
      Thread other = StartOrDie("other", add);
      add();
      other.Join();
    });
    wrong += count != 2 ? 1 : 0;
  }
  EXPECT_GT(wrong, 0u);
}

TEST(SimPlantedBugTest, AWaitWithoutALoopIsFound) {
  // Nobody notifies before the flag is set, but a wait may wake without cause.
  uint64_t early = 0;
  for (uint64_t seed = 0; seed < kSeedsUntilFound && early == 0; ++seed) {
    SimScheduler::Run(seed, [&] {
      Mutex mutex;
      CondVar changed;
      bool ready = false;
      Thread setter = StartOrDie("setter", [&] {
        SleepNanos(kMilli);
        MutexLock lock(&mutex);
        ready = true;
        changed.NotifyAll();
      });
      {
        MutexLock lock(&mutex);
        if (!ready) changed.Wait(&mutex);
        early += ready ? 0 : 1;
      }
      setter.Join();
    });
  }
  EXPECT_GT(early, 0u);
}

TEST(SimPlantedBugTest, LocksInOppositeOrderAreFoundAndTheirHoldersNamed) {
  uint64_t found = kNever;
  for (uint64_t seed = 0; seed < kSeedsUntilFound && found == kNever; ++seed) {
    const Report report = SimScheduler::Run(seed, [] {
      Mutex a;
      Mutex b;
      Thread other = StartOrDie("other", [&] {
        MutexLock lock_b(&b);
        MutexLock lock_a(&a);
      });
      {
        MutexLock lock_a(&a);
        MutexLock lock_b(&b);
      }
      other.Join();
    });
    if (!report.deadlock) continue;
    found = seed;
    EXPECT_EQ(report.deadlock_text,
              "deadlock: no thread can run and no timer is set\n"
              "first: waits for a mutex held by other\n"
              "other: waits for a mutex held by first");
  }
  EXPECT_NE(found, kNever);
}

TEST(SimPlantedBugTest, AStuckFirstThreadIsFoundBehindAPeriodicTimer) {
  const Report report = SimScheduler::Run(1, [] {
    FutexWord never;
    std::atomic<bool> stop{false};
    Thread ticker = StartOrDie("ticker", [&] {
      while (!stop) SleepNanos(1000 * kMilli);
    });
    never.WaitWhile(0);
    stop = true;
    ticker.Join();
  });
  EXPECT_TRUE(report.deadlock);
  EXPECT_EQ(report.deadlock_text.find("deadlock: the first thread waits while timers go on\n"
                                      "first: waits for a futex word\n"
                                      "ticker: waits for time to pass, until "),
            0u)
      << report.deadlock_text;
}

TEST(SimPlantedBugTest, ALivelockEnds) {
  const Report report = SimScheduler::Run(1, [] {
    while (true) SchedPoint();
  });
  EXPECT_TRUE(report.deadlock);
  EXPECT_EQ(report.deadlock_text,
            "livelock: threads run on and on while time stands\nfirst: can run");
}

}  // namespace
}  // namespace treering::base
