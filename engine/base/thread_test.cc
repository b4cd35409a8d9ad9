// On ordinary threads; base/sim_scheduler_test.cc has the simulated ones.
#include "engine/base/thread.h"

#include <gtest/gtest.h>
#include <pthread.h>

#include <memory>
#include <string>
#include <vector>

#include "engine/base/clock.h"
#include "engine/base/thread_testing.h"

namespace treering::base {
namespace {

TEST(ThreadTest, RunsItsBodyUnderItsName) {
  std::string seen;
  Thread thread = StartOrDie("a-name-that-is-too-long", [&] {
    char name[32] = {};
    pthread_getname_np(pthread_self(), name, sizeof name);
    seen = name;
  });
  EXPECT_TRUE(thread.joinable());
  thread.Join();
  EXPECT_FALSE(thread.joinable());
  EXPECT_EQ(seen, "a-name-that-is-");
}

TEST(ThreadTest, MovesWithItsOwner) {
  int runs = 0;
  Thread first = StartOrDie("mover", [&] { ++runs; });
  Thread second = std::move(first);
  EXPECT_FALSE(first.joinable());  // NOLINT: moved from is joinable() == false
  Thread third;
  third = std::move(second);
  third.Join();
  EXPECT_EQ(runs, 1);
}

TEST(ThreadDeathTest, AnUnjoinedThreadIsABug) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  EXPECT_DEATH({ Thread thread = StartOrDie("lost", [] { SleepNanos(1'000'000'000); }); },
               "CHECK failed");
}

TEST(ThreadTest, CoreCountIsPositive) { EXPECT_GE(CoreCount(), 1u); }

TEST(MutexTest, KeepsThreadsApart) {
  Mutex mutex;
  int64_t count = 0;
  std::vector<Thread> threads(4);
  for (Thread& thread : threads) {
    thread = StartOrDie("adder", [&] {
      for (int i = 0; i < 10'000; ++i) {
        MutexLock lock(&mutex);
        ++count;
      }
    });
  }
  for (Thread& thread : threads) thread.Join();
  EXPECT_EQ(count, 40'000);
}

TEST(MutexTest, TryLockFailsWhileAnotherHoldsIt) {
  Mutex mutex;
  mutex.Lock();
  bool got = true;
  StartOrDie("other", [&] { got = mutex.TryLock(); }).Join();
  EXPECT_FALSE(got);
  mutex.Unlock();
  EXPECT_TRUE(mutex.TryLock());
  mutex.Unlock();
}

TEST(CondVarTest, HandsOverBackAndForth) {
  Mutex mutex;
  CondVar changed;
  int turn = 0;
  constexpr int kTurns = 200;
  const auto play = [&](int parity) {
    MutexLock lock(&mutex);
    while (turn < kTurns) {
      if (turn % 2 == parity) {
        ++turn;
        changed.NotifyAll();
      } else {
        changed.Wait(&mutex);
      }
    }
  };
  Thread other = StartOrDie("odd", [&] { play(1); });
  play(0);
  other.Join();
  EXPECT_EQ(turn, kTurns);
}

TEST(CondVarTest, TimesOutAndTakesTheLongestTimeout) {
  Mutex mutex;
  CondVar never;
  bool done = false;
  {
    MutexLock lock(&mutex);
    const uint64_t began = SystemClock()->NowNanos();
    while (never.WaitFor(&mutex, 5'000'000)) {
    }
    EXPECT_GE(SystemClock()->NowNanos() - began, 5'000'000u);
  }
  Thread setter = StartOrDie("setter", [&] {
    MutexLock lock(&mutex);
    done = true;
    never.NotifyOne();
  });
  {
    MutexLock lock(&mutex);
    // A sum that wrapped would time out at once.
    while (!done) EXPECT_TRUE(never.WaitFor(&mutex, UINT64_MAX));
  }
  setter.Join();
}

TEST(FutexWordTest, WakesAllWhoWait) {
  FutexWord word;
  std::vector<Thread> threads(4);
  std::atomic<int> woken{0};
  for (Thread& thread : threads) {
    thread = StartOrDie("waiter", [&] {
      EXPECT_EQ(word.WaitWhile(0), 5u);
      ++woken;
    });
  }
  SleepNanos(20'000'000);  // so that some do sleep; right at any speed
  EXPECT_EQ(word.Load(), 0u);
  word.StoreAndWakeAll(5);
  for (Thread& thread : threads) thread.Join();
  EXPECT_EQ(woken, 4);
  EXPECT_EQ(word.Load(), 5u);
  EXPECT_EQ(word.WaitWhile(0), 5u);
}

TEST(FutexWordTest, HoldsEveryValueOfItsRange) {
  FutexWord word(FutexWord::kValueMax);
  EXPECT_EQ(word.Load(), FutexWord::kValueMax);
  Thread waiter =
      StartOrDie("waiter", [&] { EXPECT_EQ(word.WaitWhile(FutexWord::kValueMax), 0u); });
  word.StoreAndWakeAll(0);
  waiter.Join();
}

TEST(FutexWordTest, TheWaiterMayFreeTheWordAtOnce) {
  for (int i = 0; i < 200; ++i) {
    auto word = std::make_unique<FutexWord>();
    FutexWord* const raw = word.get();
    Thread waiter = StartOrDie("owner", [&word] {
      word->WaitWhile(0);
      word.reset();
    });
    if (i % 2 == 0) SleepNanos(100'000);  // asleep or spinning
    raw->StoreAndWakeAll(1);
    waiter.Join();
  }
}

TEST(SpinPauseTest, LetsAnotherThreadGoOn) {
  std::atomic<bool> ready{false};
  Thread setter = StartOrDie("setter", [&] { ready = true; });
  while (!ready) SpinPause();
  setter.Join();
}

}  // namespace
}  // namespace treering::base
