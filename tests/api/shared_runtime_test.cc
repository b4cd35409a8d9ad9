// Databases on one Runtime share its budget: when their memtables pass their share of it, the one
// that holds most, and longest, is flushed.
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "api/db.h"
#include "engine/base/clock.h"
#include "engine/base/thread.h"
#include "engine/io/sim_testing.h"
#include "engine/runtime/runtime.h"
#include "tests/support/stats_json.h"

namespace treering::testing {
namespace {

constexpr uint64_t kMiB = 1 << 20;
constexpr uint64_t kBudget = 32 * kMiB;  // the share of memtables is 12.8 MiB

class Pair {
 public:
  Pair() {
    RuntimeOptions runtime;
    runtime.memory_budget = kBudget;
    auto core = runtime::RuntimeCore::CreateOn(&disk_, runtime);
    options_.runtime = std::make_shared<Runtime>(*std::move(core));
    options_.create_if_missing = true;
    options_.memtable_bytes = 16 * kMiB;  // neither is full by itself
    one = DB::Open(options_, "/one").value();
    two = DB::Open(options_, "/two").value();
  }
  static void Write(DB* db, uint64_t bytes) {
    for (uint64_t written = 0; written < bytes; written += 16 << 10) {
      ASSERT_TRUE(db->Put("key" + std::to_string(written), std::string(16 << 10, 'v')).ok());
    }
  }
  static uint64_t Flushes(DB* db) { return StatsJson(db).Number("work", "flushes"); }

 private:
  io::SimStorage storage_;
  io::SimDisk disk_{&storage_};
  Options options_;

 public:
  std::unique_ptr<DB> one;
  std::unique_ptr<DB> two;
};

TEST(SharedRuntime, TheLargerMemtableIsFlushed) {
  io::RunSim(1, [] {
    Pair pair;
    Pair::Write(pair.one.get(), 2 * kMiB);
    Pair::Write(pair.two.get(), 12 * kMiB);
    base::SleepNanos(2'000'000'000);
    EXPECT_EQ(Pair::Flushes(pair.one.get()), 0u);
    EXPECT_EQ(Pair::Flushes(pair.two.get()), 1u);
  });
}

TEST(SharedRuntime, AnIdleOldOneIsFlushedBeforeABusyNewOne) {
  io::RunSim(2, [] {
    Pair pair;
    Pair::Write(pair.one.get(), 5 * kMiB);
    base::SleepNanos(60'000'000'000);
    // Begins anew, so that its memtable is young.
    Pair::Write(pair.two.get(), kMiB);
    ASSERT_TRUE(pair.two->Flush().ok());
    Pair::Write(pair.two.get(), 9 * kMiB);
    base::SleepNanos(2'000'000'000);
    EXPECT_EQ(Pair::Flushes(pair.one.get()), 1u);
    EXPECT_EQ(Pair::Flushes(pair.two.get()), 1u);
    PinnedValue value;
    EXPECT_TRUE(pair.one->Get("key0", &value).ok());
  });
}

TEST(SharedRuntime, WhatWasFlushedHoldsNoMemoryUnlessAReaderDoes) {
  io::RunSim(3, [] {
    Pair pair;
    const auto held = [&pair] {
      const StatsJson stats(pair.one.get());
      return stats.Number("memory", "memtable_bytes") + stats.Number("memory", "iterator_bytes");
    };
    Pair::Write(pair.one.get(), 5 * kMiB);
    ASSERT_GT(held(), 5 * kMiB);
    ASSERT_TRUE(pair.one->Flush().ok());
    base::SleepNanos(1'000'000'000);
    EXPECT_LT(held(), kMiB);
    Pair::Write(pair.one.get(), 5 * kMiB);
    auto it = pair.one->NewIterator({});
    ASSERT_TRUE(pair.one->Flush().ok());
    base::SleepNanos(1'000'000'000);
    EXPECT_GT(held(), 5 * kMiB);
    EXPECT_LT(StatsJson(pair.one.get()).Number("memory", "memtable_bytes"), kMiB);
    it.reset();
    EXPECT_LT(held(), kMiB);
  });
}

// Iterators hold what the busy one has flushed; memtables are within their share all the time.
TEST(SharedRuntime, AnIdleOneIsFlushedWhenReadersLeaveNoMemoryToTheBusyOne) {
  io::RunSim(5, [] {
    Pair pair;
    Pair::Write(pair.one.get(), 7 * kMiB);
    std::vector<std::unique_ptr<Iterator>> held;
    int rounds = 0;
    while (Pair::Flushes(pair.one.get()) == 0) {
      ASSERT_LT(++rounds, 64) << "it should be short of memory by now";
      const uint64_t started = base::SystemClock()->NowNanos();
      Pair::Write(pair.two.get(), 512 << 10);
      ASSERT_LT(base::SystemClock()->NowNanos() - started, 2'000'000'000u) << rounds;
      held.push_back(pair.two->NewIterator({}));
      ASSERT_TRUE(pair.two->Flush().ok());
    }
    EXPECT_LT(StatsJson(pair.one.get()).Number("memory", "memtable_bytes"), 12 * kMiB);
    Pair::Write(pair.two.get(), 512 << 10);
  });
}

// The smallest budget with the largest memtable and the largest batch it allows.
TEST(SharedRuntime, ALiveIteratorNeitherFailsNorStallsWrites) {
  io::RunSim(4, [] {
    io::SimStorage storage;
    io::SimDisk disk(&storage);
    RuntimeOptions runtime;
    runtime.memory_budget = 16 * kMiB;
    Options options;
    options.runtime =
        std::make_shared<Runtime>(*std::move(runtime::RuntimeCore::CreateOn(&disk, runtime)));
    options.create_if_missing = true;
    options.memtable_bytes = 8 * kMiB;
    const auto db = DB::Open(options, "/db").value();
    Pair::Write(db.get(), 7 * kMiB);
    const auto it = db->NewIterator({});
    for (int round = 0; round < 3; ++round) {
      WriteBatch batch;
      batch.Put("large" + std::to_string(round), std::string(4 * kMiB - 4096, 'w'));
      const uint64_t started = base::SystemClock()->NowNanos();
      const Status status = db->Write(batch);
      EXPECT_TRUE(status.ok()) << round << ": " << status.ToString();
      EXPECT_LT(base::SystemClock()->NowNanos() - started, 2'000'000'000u) << round;
    }
    it->SeekToFirst();
    EXPECT_TRUE(it->Valid()) << it->status().ToString();
  });
}

}  // namespace
}  // namespace treering::testing
