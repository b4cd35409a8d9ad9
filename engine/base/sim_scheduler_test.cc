#include "engine/base/sim_scheduler.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <atomic>
#include <climits>
#include <cstdio>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "engine/base/clock.h"
#include "engine/base/prng.h"
#include "engine/base/thread.h"
#include "engine/base/thread_testing.h"

namespace treering::base {
namespace {

using Report = SimScheduler::Report;

constexpr uint64_t kMilli = 1'000'000;
constexpr uint64_t kNever = UINT64_MAX;

Report Simulate(uint64_t seed, std::function<void()> body) {
  return SimScheduler::Run(seed, std::move(body));
}

// --- A program with locks, conditions, timers and a result that depends on the order ---

struct Mixture {
  Mutex mutex;
  CondVar changed;
  FutexWord gate;
  int inside = 0;
  int done = 0;
  std::string order;

  void Worker(char name) {
    gate.WaitWhile(0);
    for (int i = 0; i < 20; ++i) {
      {
        MutexLock lock(&mutex);
        EXPECT_EQ(++inside, 1);
        SchedPoint();  // the lock keeps others out, here too
        order += name;
        --inside;
      }
      if (i % 5 == 0) SleepNanos(1000 + 100 * (EntropyU64() % 10));
    }
    MutexLock lock(&mutex);
    ++done;
    changed.NotifyOne();
  }
  std::string Run() {
    std::vector<Thread> threads;
    for (const char name : {'a', 'b', 'c', 'd'}) {
      threads.push_back(StartOrDie(std::string(1, name), [this, name] { Worker(name); }));
    }
    gate.StoreAndWakeAll(1);
    {
      MutexLock lock(&mutex);
      while (done < 4) changed.Wait(&mutex);
    }
    for (Thread& thread : threads) thread.Join();
    return order;
  }
};

Report RunMixture(uint64_t seed, std::string* order) {
  return Simulate(seed, [order] { *order = Mixture().Run(); });
}

TEST(SimSchedulerTest, RunsTheBodyAndTheThreadsItStarts) {
  int runs = 0;
  const Report report = Simulate(1, [&] {
    EXPECT_NE(SimScheduler::Current(), nullptr);
    Thread thread = StartOrDie("child", [&] {
      EXPECT_NE(SimScheduler::Current(), nullptr);
      ++runs;
    });
    thread.Join();
    EXPECT_EQ(runs, 1);
    ++runs;
    EXPECT_EQ(CoreCount(), 2u);
  });
  EXPECT_FALSE(report.deadlock) << report.deadlock_text;
  EXPECT_EQ(runs, 2);
  EXPECT_EQ(report.virtual_nanos, 0u);
  EXPECT_EQ(SimScheduler::Current(), nullptr);
}

TEST(SimSchedulerTest, SameSeedSameOrderOtherSeedsOtherOrders) {
  std::set<std::string> orders;
  std::set<uint64_t> hashes;
  for (uint64_t seed = 0; seed < 50; ++seed) {
    std::string first;
    std::string second;
    const Report a = RunMixture(seed, &first);
    const Report b = RunMixture(seed, &second);
    ASSERT_FALSE(a.deadlock) << a.deadlock_text;
    ASSERT_EQ(a.trace_hash, b.trace_hash) << seed;
    ASSERT_EQ(a.switches, b.switches) << seed;
    ASSERT_EQ(a.virtual_nanos, b.virtual_nanos) << seed;
    ASSERT_EQ(first, second) << seed;
    orders.insert(first);
    hashes.insert(a.trace_hash);
  }
  EXPECT_EQ(hashes.size(), 50u);
  EXPECT_GT(orders.size(), 45u);
}

// The child's part of the test below; by itself it shows that the hash is not empty.
TEST(SimSchedulerTest, PrintsItsTraceHash) {
  std::string order;
  const Report report = RunMixture(7, &order);
  EXPECT_NE(report.trace_hash, 0u);
  std::printf("trace=%016llx\n", static_cast<unsigned long long>(report.trace_hash));
}

TEST(SimSchedulerTest, SameTraceInAnotherProcess) {
  char self[PATH_MAX] = {};
  ASSERT_GT(readlink("/proc/self/exe", self, sizeof self - 1), 0);
  const std::string command =
      "'" + std::string(self) + "' --gtest_filter=SimSchedulerTest.PrintsItsTraceHash 2>&1";
  FILE* const pipe = popen(command.c_str(), "r");
  ASSERT_NE(pipe, nullptr);
  std::string output;
  char buffer[4096];
  while (const size_t n = fread(buffer, 1, sizeof buffer, pipe)) output.append(buffer, n);
  EXPECT_EQ(pclose(pipe), 0) << output;

  std::string order;
  char expected[64];
  std::snprintf(expected, sizeof expected, "trace=%016llx\n",
                static_cast<unsigned long long>(RunMixture(7, &order).trace_hash));
  EXPECT_NE(output.find(expected), std::string::npos) << expected << output;
}

TEST(SimSchedulerTest, TracedValuesCount) {
  const auto traced = [](uint64_t a, uint64_t b) {
    return Simulate(1,
                    [=] {
                      SimScheduler::Current()->Trace(a);
                      SimScheduler::Current()->Trace(b);
                    })
        .trace_hash;
  };
  EXPECT_EQ(traced(1, 2), traced(1, 2));
  EXPECT_NE(traced(1, 2), traced(2, 1));
  EXPECT_NE(traced(1, 2), traced(1, 3));
  EXPECT_NE(traced(0, 0), Simulate(1, [] {}).trace_hash);
}

// --- Time ---

TEST(SimTimeTest, MovesOnlyWhenAllWaitAndToTheEarliestTimer) {
  std::vector<uint64_t> wakes;
  const Report report = Simulate(3, [&] {
    Thread late = StartOrDie("late", [&] {
      SleepNanos(50 * kMilli);
      wakes.push_back(SystemClock()->NowNanos());
    });
    Thread early = StartOrDie("early", [&] {
      SleepNanos(20 * kMilli);
      wakes.push_back(SystemClock()->NowNanos());
      for (int i = 0; i < 100; ++i) SchedPoint();  // running costs no time
      EXPECT_EQ(SystemClock()->NowNanos(), 20 * kMilli);
    });
    late.Join();
    early.Join();
  });
  EXPECT_EQ(wakes, (std::vector<uint64_t>{20 * kMilli, 50 * kMilli}));
  EXPECT_EQ(report.virtual_nanos, 50 * kMilli);
}

TEST(SimTimeTest, TimedWaitsEndByNotificationOrByTime) {
  for (uint64_t seed = 0; seed < 20; ++seed) {
    const Report report = Simulate(seed, [] {
      SimScheduler* const scheduler = SimScheduler::Current();
      int channel = 0;
      EXPECT_FALSE(scheduler->Wait(&channel, 5 * kMilli, "nothing"));
      EXPECT_EQ(scheduler->NowNanos(), 5 * kMilli);
      scheduler->At(7 * kMilli, [&] { scheduler->NotifyOne(&channel); });
      EXPECT_TRUE(scheduler->Wait(&channel, 9 * kMilli, "the action"));
      EXPECT_EQ(scheduler->NowNanos(), 7 * kMilli);
      EXPECT_FALSE(scheduler->Wait(&channel, 1, "a deadline that is over"));
      EXPECT_EQ(scheduler->NowNanos(), 7 * kMilli);

      Mutex mutex;
      CondVar never;
      MutexLock lock(&mutex);
      while (never.WaitFor(&mutex, 3 * kMilli)) {
      }
      EXPECT_EQ(scheduler->NowNanos(), 10 * kMilli);
    });
    EXPECT_FALSE(report.deadlock) << report.deadlock_text;
    // The deadline of the wait that was notified is no longer set.
    EXPECT_EQ(report.virtual_nanos, 10 * kMilli);
  }
}

TEST(SimTimeTest, ActionsRunInOrderOfTimeThenOfSetting) {
  std::string order;
  Simulate(1, [&] {
    SimScheduler* const scheduler = SimScheduler::Current();
    scheduler->At(2, [&] { order += 'c'; });
    scheduler->At(1, [&] {
      order += 'a';
      scheduler->At(1, [&] { order += 'b'; });
    });
    scheduler->At(2, [&] { order += 'd'; });
    SleepNanos(3);
    order += 'e';
  });
  EXPECT_EQ(order, "abcde");
}

TEST(SimTimeTest, AnActionMayLockWhatIsFreeAndWakeWaiters) {
  Simulate(1, [&] {
    Mutex mutex;
    CondVar changed;
    bool ready = false;
    SimScheduler::Current()->At(5, [&] {
      MutexLock lock(&mutex);
      ready = true;
      changed.NotifyAll();
    });
    MutexLock lock(&mutex);
    while (!ready) changed.Wait(&mutex);
    EXPECT_EQ(SimScheduler::Current()->NowNanos(), 5u);
  });
}

TEST(SimTimeTest, ASpinThatWaitsForATimerEnds) {
  const Report report = Simulate(1, [] {
    std::atomic<bool> done{false};
    SimScheduler::Current()->At(10'500, [&] { done = true; });
    while (!done) SpinPause();
  });
  EXPECT_FALSE(report.deadlock) << report.deadlock_text;
  EXPECT_EQ(report.virtual_nanos, 11'000u);
}

// --- Waiting ---

TEST(SimWaitTest, NotifyOneWakesOneOfThoseThatWaitHere) {
  std::set<std::string> chosen;
  for (uint64_t seed = 0; seed < 40; ++seed) {
    Simulate(seed, [&] {
      SimScheduler* const scheduler = SimScheduler::Current();
      int here = 0;
      int there = 0;
      std::string woken;
      std::vector<Thread> threads;
      for (const char name : {'a', 'b', 'c'}) {
        threads.push_back(StartOrDie(std::string(1, name), [&, name] {
          scheduler->Wait(name == 'c' ? &there : &here, kNever, "its turn");
          woken += name;
        }));
      }
      SleepNanos(1);  // all wait
      scheduler->NotifyOne(&here);
      SleepNanos(1);
      EXPECT_EQ(woken.size(), 1u);
      EXPECT_NE(woken, "c");
      chosen.insert(woken);
      scheduler->NotifyAll(&here);
      SleepNanos(1);
      EXPECT_EQ(woken.size(), 2u);
      scheduler->NotifyAll(&there);
      for (Thread& thread : threads) thread.Join();
      EXPECT_EQ(woken.size(), 3u);
    });
  }
  EXPECT_EQ(chosen, (std::set<std::string>{"a", "b"}));
}

TEST(SimWaitTest, TryLockSeesAnotherHolder) {
  Simulate(1, [] {
    Mutex mutex;
    mutex.Lock();
    bool got = true;
    StartOrDie("other", [&] { got = mutex.TryLock(); }).Join();
    EXPECT_FALSE(got);
    mutex.Unlock();
    EXPECT_TRUE(mutex.TryLock());
    mutex.Unlock();
  });
}

TEST(SimWaitTest, TheWaiterMayFreeAFutexWordAtOnce) {
  for (uint64_t seed = 0; seed < 50; ++seed) {
    Simulate(seed, [] {
      auto word = std::make_unique<FutexWord>();
      FutexWord* const raw = word.get();
      Thread waiter = StartOrDie("owner", [&word] {
        EXPECT_EQ(word->WaitWhile(0), 3u);
        word.reset();
      });
      raw->StoreAndWakeAll(3);
      waiter.Join();
    });
  }
}

// --- The end of threads ---

struct EndNote {
  Mutex* mutex = nullptr;
  std::string* text = nullptr;
  ~EndNote() {
    if (text == nullptr) return;
    MutexLock lock(mutex);  // an ordinary simulated lock still, at this late hour
    *text += 'x';
  }
};
thread_local EndNote end_note;

TEST(SimEndTest, ThreadLocalObjectsEndInTurn) {
  std::set<uint64_t> hashes;
  for (int run = 0; run < 20; ++run) {
    std::string text;
    const Report report = Simulate(5, [&] {
      Mutex mutex;
      std::vector<Thread> threads(3);
      for (Thread& thread : threads) {
        thread = StartOrDie("note", [&] {
          end_note.mutex = &mutex;
          end_note.text = &text;
        });
      }
      for (Thread& thread : threads) thread.Join();
      EXPECT_EQ(text, "xxx");
    });
    hashes.insert(report.trace_hash);
  }
  EXPECT_EQ(hashes.size(), 1u);
}

TEST(SimEndTest, WhatABodyHoldsEndsWithIt) {
  Simulate(1, [] {
    auto held = std::make_shared<int>(1);
    const std::weak_ptr<int> watch = held;
    Thread thread = StartOrDie("holder", [held = std::move(held)] { SchedPoint(); });
    thread.Join();
    EXPECT_TRUE(watch.expired());
  });
}

TEST(SimEndTest, EntropyComesFromTheSeed) {
  const auto draw = [](uint64_t seed) {
    uint64_t value = 0;
    Simulate(seed, [&] { value = EntropyU64(); });
    return value;
  };
  EXPECT_EQ(draw(1), draw(1));
  EXPECT_NE(draw(1), draw(2));
}

TEST(SimDeathTest, AnActionMustNotBlock) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  EXPECT_DEATH(Simulate(1,
                        [] {
                          SimScheduler::Current()->At(1, [] { SleepNanos(1); });
                          SleepNanos(2);
                        }),
               "CHECK failed: !in_action_");
}

}  // namespace
}  // namespace treering::base
