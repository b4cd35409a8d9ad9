#include "engine/base/epoch.h"

#include <gtest/gtest.h>

#include <atomic>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "engine/base/sim_scheduler.h"
#include "engine/base/thread.h"
#include "engine/base/thread_testing.h"

namespace treering::base {
namespace {

using Guard = EpochDomain::Guard;

TEST(EpochTest, NothingWaitsWithoutGuards) {
  EpochDomain domain;
  int runs = 0;
  domain.Retire([&] { ++runs; });
  EXPECT_EQ(domain.Collect(), 0u);
  EXPECT_EQ(runs, 1);
  EXPECT_TRUE(domain.Passed(domain.Stamp()));
}

TEST(EpochTest, AGuardHoldsBackWhatIsRetiredWhileItLives) {
  EpochDomain domain;
  int runs = 0;
  uint64_t stamp = 0;
  {
    Guard guard(&domain);
    domain.Retire([&] { ++runs; });
    stamp = domain.Stamp();
    EXPECT_EQ(domain.Collect(), 1u);
    EXPECT_FALSE(domain.Passed(stamp));
    EXPECT_EQ(runs, 0);
  }
  EXPECT_TRUE(domain.Passed(stamp));
  EXPECT_EQ(domain.Collect(), 0u);
  EXPECT_EQ(runs, 1);
}

TEST(EpochTest, ALaterGuardDoesNotHoldBackWhatWasRetiredBefore) {
  EpochDomain domain;
  const uint64_t stamp = domain.Stamp();
  int runs = 0;
  domain.Retire([&] { ++runs; });
  Guard guard(&domain);
  EXPECT_TRUE(domain.Passed(stamp));
  EXPECT_EQ(domain.Collect(), 0u);
  EXPECT_EQ(runs, 1);
}

TEST(EpochTest, GuardsNestAndTheOuterOneCounts) {
  EpochDomain domain;
  std::optional<Guard> outer(std::in_place, &domain);
  const uint64_t stamp = domain.Stamp();
  { Guard inner(&domain); }
  EXPECT_FALSE(domain.Passed(stamp));
  {
    Guard inner(&domain);
    EXPECT_FALSE(domain.Passed(stamp));
  }
  outer.reset();
  EXPECT_TRUE(domain.Passed(stamp));
}

TEST(EpochTest, DomainsDoNotSeeEachOthersGuards) {
  EpochDomain a;
  EpochDomain b;
  Guard guard_a(&a);
  EXPECT_TRUE(b.Passed(b.Stamp()));
  Guard guard_b(&b);
  EXPECT_FALSE(b.Passed(b.Stamp()));
  Guard again_a(&a);
  EXPECT_FALSE(a.Passed(a.Stamp()));
}

TEST(EpochTest, TheEndOfADomainRunsAllAndWhatThatRetires) {
  int runs = 0;
  {
    EpochDomain domain;
    domain.Retire([&] {
      ++runs;
      domain.Retire([&] { ++runs; });
    });
  }
  EXPECT_EQ(runs, 2);
}

TEST(EpochTest, RetireCollectsByItself) {
  int runs = 0;  // outlives the domain, whose end runs the rest
  EpochDomain domain;
  for (int i = 0; i < 1000; ++i) domain.Retire([&] { ++runs; });
  EXPECT_GT(runs, 900);
}

TEST(EpochTest, ManyDomainsOneAfterTheOtherOnOneThread) {
  for (int i = 0; i < 1000; ++i) {
    EpochDomain domain;
    Guard guard(&domain);
    EXPECT_FALSE(domain.Passed(domain.Stamp()));
  }
}

TEST(EpochTest, AThreadMayOutliveADomainAndEndBeforeOne) {
  EpochDomain lasting;
  FutexWord step;
  auto short_lived = std::make_unique<EpochDomain>();
  Thread thread = StartOrDie("reader", [&] {
    { Guard guard(short_lived.get()); }
    { Guard guard(&lasting); }
    step.StoreAndWakeAll(1);
    step.WaitWhile(1);
  });
  step.WaitWhile(0);
  short_lived.reset();
  step.StoreAndWakeAll(2);
  thread.Join();
  // Its line is free and says nothing any more.
  EXPECT_TRUE(lasting.Passed(lasting.Stamp()));
  StartOrDie("heir", [&] {
    Guard guard(&lasting);
    EXPECT_FALSE(lasting.Passed(lasting.Stamp()));
  }).Join();
}

TEST(EpochDeathTest, ADomainMustOutliveItsGuards) {
  EXPECT_DEATH(
      {
        auto domain = std::make_unique<EpochDomain>();
        Guard guard(domain.get());
        domain.reset();
      },
      "CHECK failed");
}

// --- Readers of a pointer that a writer swings ---

struct Object {
  explicit Object(uint64_t n) : number(n), check(~n) {}
  ~Object() { number = check = 0; }
  bool Good() const { return number == ~check; }
  uint64_t number;
  uint64_t check;
};

struct Swinging {
  EpochDomain domain;
  std::atomic<Object*> shared{new Object(0)};
  std::atomic<uint64_t> bad{0};

  ~Swinging() { delete shared.load(); }
  void Read() {
    Guard guard(&domain);
    const Object* object = shared.load(std::memory_order_acquire);
    SchedPoint();
    if (!object->Good()) ++bad;
  }
  void Swing(uint64_t number) {
    Object* old = shared.exchange(new Object(number), std::memory_order_acq_rel);
    domain.Retire([old] { delete old; });
  }
};

TEST(EpochTest, RealReadersNeverSeeWhatWasFreed) {
  // AddressSanitizer and ThreadSanitizer are the judges of this one.
  Swinging swinging;
  std::vector<Thread> threads(3);
  std::atomic<bool> stop{false};
  for (Thread& thread : threads) {
    thread = StartOrDie("reader", [&] {
      while (!stop) swinging.Read();
    });
  }
  for (uint64_t i = 1; i <= 5000; ++i) {
    swinging.Swing(i);
    if (i % 100 == 0) SpinPause();
  }
  stop = true;
  for (Thread& thread : threads) thread.Join();
  EXPECT_EQ(swinging.bad, 0u);
  EXPECT_EQ(swinging.domain.Collect(), 0u);
}

TEST(EpochTest, TwoWritersStampFramesThatAreUsedAgain) {
  // As the page cache does it: memory is used again, not freed, when its stamp has passed.
  constexpr int kFrames = 4;
  EpochDomain domain;
  std::atomic<uint64_t> frames[kFrames] = {};
  std::atomic<int> current{0};
  std::atomic<bool> stop{false};
  std::atomic<uint64_t> bad{0};
  Thread reader = StartOrDie("reader", [&] {
    while (!stop) {
      Guard guard(&domain);
      const int frame = current.load(std::memory_order_acquire);
      const uint64_t before = frames[frame].load(std::memory_order_relaxed);
      for (int i = 0; i < 20; ++i) {
        if (frames[frame].load(std::memory_order_relaxed) != before) ++bad;
      }
    }
  });
  uint64_t stamps[kFrames] = {};
  for (uint64_t i = 1; i <= 3000; ++i) {
    const int next = static_cast<int>(i % kFrames);
    while (!domain.Passed(stamps[next])) SpinPause();
    frames[next].store(i, std::memory_order_relaxed);
    const int old = current.exchange(next, std::memory_order_acq_rel);
    stamps[old] = domain.Stamp();
  }
  stop = true;
  reader.Join();
  EXPECT_EQ(bad, 0u);
}

TEST(EpochTest, SimulatedReadersNeverSeeWhatWasFreed) {
  for (uint64_t seed = 0; seed < 100; ++seed) {
    const SimScheduler::Report report = SimScheduler::Run(seed, [] {
      Swinging swinging;
      std::vector<Thread> threads(2);
      for (Thread& thread : threads) {
        thread = StartOrDie("reader", [&] {
          for (int i = 0; i < 20; ++i) swinging.Read();
        });
      }
      for (uint64_t i = 1; i <= 20; ++i) {
        swinging.Swing(i);
        (void)swinging.domain.Collect();
      }
      for (Thread& thread : threads) thread.Join();
      EXPECT_EQ(swinging.bad, 0u);
    });
    ASSERT_FALSE(report.deadlock) << seed << ": " << report.deadlock_text;
  }
}

}  // namespace
}  // namespace treering::base
