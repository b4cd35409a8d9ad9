#include "engine/io/sim_disk.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "engine/base/clock.h"
#include "engine/base/sanitizers.h"
#include "engine/base/thread.h"
#include "engine/io/sim_fixture_testing.h"
#include "engine/io/sim_testing.h"

namespace treering::io {
namespace {

const std::string kPageOfA(kPageBytes, 'a');

TEST(SimDiskTest, SaysWhatItIs) {
  SimStorage storage;
  SimDisk disk(&storage);
  EXPECT_EQ(disk.Facts().driver, "sim");
  EXPECT_FALSE(disk.Facts().registered_buffers);
  std::byte* const slab = disk.arena()->AllocateSlab();
  ASSERT_NE(slab, nullptr);
  disk.arena()->FreeSlab(slab);
}

// The tags in the order in which 16 writes of one batch came back.
std::vector<uint64_t> CompletionOrder(uint64_t seed, uint64_t* nanos) {
  std::vector<uint64_t> order;
  SimStorage storage;
  RunSim(seed, [&] {
    SimProcess process(&storage);
    ASSERT_TRUE(process.Create("f").ok());
    std::vector<Request> requests(16);
    const uint64_t start = base::SystemClock()->NowNanos();
    for (uint64_t i = 0; i < requests.size(); ++i) {
      requests[i] =
          Request::Write(process.file("f"), i * kPageBytes, std::as_bytes(std::span(kPageOfA)));
      requests[i].tag = i;
      process.queue().Submit(&requests[i]);
    }
    std::vector<Request*> done(16);
    while (order.size() < requests.size()) {
      const size_t count = process.queue().Wait(done, 1, UINT64_MAX);
      for (size_t i = 0; i < count; ++i) order.push_back(done[i]->tag);
    }
    *nanos = base::SystemClock()->NowNanos() - start;
  });
  return order;
}

TEST(SimDiskTest, RequestsTakeTimeAndCompleteInAnyOrder) {
  uint64_t nanos = 0;
  std::vector<uint64_t> order = CompletionOrder(1, &nanos);
  EXPECT_GT(nanos, 20'000u);
  EXPECT_FALSE(std::is_sorted(order.begin(), order.end()));
  uint64_t again = 0;
  EXPECT_EQ(order, CompletionOrder(1, &again));
  EXPECT_EQ(nanos, again);
  EXPECT_NE(order, CompletionOrder(2, &again));
  std::sort(order.begin(), order.end());
  EXPECT_EQ(order.back(), 15u);
}

TEST(SimDiskTest, OnOrdinaryThreadsAllIsDoneInTheOrderOfSubmission) {
  SimStorage storage;
  SimProcess process(&storage);
  ASSERT_TRUE(process.Create("f").ok());
  std::vector<Request> requests(8);
  for (uint64_t i = 0; i < requests.size(); ++i) {
    requests[i] = Request::Write(process.file("f"), 0, std::as_bytes(std::span(kPageOfA)));
    requests[i].tag = i;
    process.queue().Submit(&requests[i]);
  }
  std::vector<Request*> done(8);
  ASSERT_EQ(process.queue().Wait(done, 8, UINT64_MAX), 8u);
  for (uint64_t i = 0; i < done.size(); ++i) EXPECT_EQ(done[i]->tag, i);
}

TEST(SimDiskDeathTest, ABufferInFlightMustNotChange) {
  EXPECT_DEATH(RunSim(1,
                      [] {
                        SimStorage storage;
                        SimProcess process(&storage);
                        EXPECT_TRUE(process.Create("f").ok());
                        std::string text(kPageBytes, 'a');
                        Request request =
                            Request::Write(process.file("f"), 0, std::as_bytes(std::span(text)));
                        process.queue().Submit(&request);
                        std::vector<Request*> done(1);
                        EXPECT_EQ(process.queue().Poll(done), 0u);
                        text[100] = 'b';
                        EXPECT_EQ(process.queue().Wait(done, 1, UINT64_MAX), 1u);
                      }),
               "buffer of a write of 4096 bytes at 0 of /d/f changed");
}

// Looks into a read's buffer while it is in flight; what it saw there, and then.
void PeekIntoARead(std::byte* in_flight, std::byte* done_byte) {
  RunSim(1, [&] {
    SimStorage storage;
    SimProcess process(&storage);
    ASSERT_TRUE(process.Create("f").ok());
    ASSERT_EQ(process.Write("f", 0, kPageOfA), 0);
    std::vector<std::byte> buffer(kPageBytes, std::byte{'?'});
    Request request = Request::Read(process.file("f"), 0, buffer);
    process.queue().Submit(&request);
    std::vector<Request*> done(1);
    ASSERT_EQ(process.queue().Poll(done), 0u);
    if (in_flight != nullptr) *in_flight = buffer[7];
    ASSERT_EQ(process.queue().Wait(done, 1, UINT64_MAX), 1u);
    *done_byte = buffer[7];
  });
}

TEST(SimDiskTest, AReadShowsItsBytesAtCompletion) {
  std::byte done{0};
  PeekIntoARead(nullptr, &done);
  EXPECT_EQ(done, std::byte{'a'});
}

#if TREERING_UNDER_ASAN
TEST(SimDiskDeathTest, AReadsBufferIsPoisonedInFlight) {
  std::byte in_flight{0};
  std::byte done{0};
  EXPECT_DEATH(PeekIntoARead(&in_flight, &done), "use-after-poison");
}
#else
TEST(SimDiskTest, AReadsBufferIsGarbageInFlight) {
  std::byte in_flight{0};
  std::byte done{0};
  PeekIntoARead(&in_flight, &done);
  EXPECT_NE(in_flight, std::byte{'a'});
  EXPECT_NE(in_flight, std::byte{'?'});
}
#endif

TEST(SimDiskTest, WakeEndsAWait) {
  RunSim(1, [] {
    SimStorage storage;
    SimProcess process(&storage);
    base::Thread waker;
    ASSERT_TRUE(base::Thread::Start(
                    "waker",
                    [&] {
                      base::SleepNanos(1'000'000);
                      process.queue().Wake();
                    },
                    &waker)
                    .ok());
    std::vector<Request*> done(1);
    EXPECT_EQ(process.queue().Wait(done, 1, UINT64_MAX), 0u);
    EXPECT_GE(base::SystemClock()->NowNanos(), 1'000'000u);
    waker.Join();
  });
}

TEST(SimDiskTest, QuotaRefusesGrowthUntilThereIsRoom) {
  SimStorage storage;
  SimProcess process(&storage);
  ASSERT_TRUE(process.Create("f").ok());
  ASSERT_TRUE(process.Create("g").ok());
  storage.SetQuota(4 * kPageBytes);
  EXPECT_EQ(process.Allocate("f", 3 * kPageBytes), 0);
  EXPECT_EQ(*process.directory().FreeBytes(), kPageBytes);
  EXPECT_EQ(process.Allocate("g", 2 * kPageBytes), ENOSPC);
  EXPECT_EQ(process.Write("g", 0, kPageOfA + "a"), ENOSPC);
  EXPECT_EQ(process.Write("f", 0, kPageOfA), 0);  // within what it has
  EXPECT_EQ(process.Write("g", 0, kPageOfA), 0);
  EXPECT_TRUE(process.Create("h").IsNoSpace());
  EXPECT_EQ(storage.used_bytes(), 4 * kPageBytes);
  // An open file keeps its bytes.
  ASSERT_TRUE(process.directory().Unlink("g").ok());
  EXPECT_EQ(storage.used_bytes(), 4 * kPageBytes);
  process.CloseFile("g");
  EXPECT_EQ(storage.used_bytes(), 3 * kPageBytes);
  EXPECT_TRUE(process.Create("h").ok());
  storage.SetQuota(UINT64_MAX);
  EXPECT_EQ(process.Allocate("h", 100 * kPageBytes), 0);
}

TEST(SimDiskTest, FilesHaveABound) {
  SimStorage storage;
  SimProcess process(&storage);
  ASSERT_TRUE(process.Create("f").ok());
  EXPECT_EQ(process.Truncate("f", (4ull << 30) + 1), EFBIG);
  EXPECT_EQ(process.Write("f", 4ull << 30, "x"), EFBIG);
  EXPECT_EQ(process.Truncate("f", 4ull << 30), 0);
}

TEST(SimDiskTest, ALockOfADeadProcessFallsWithTime) {
  SimStorage storage;
  storage.PutFile("/d/LOCK", "x");
  RunSim(1, [&] {
    SimProcess process(&storage);
    storage.HoldLock("/d/LOCK", 50'000'000);
    EXPECT_TRUE(process.Reopen("LOCK", /*lock=*/true).IsBusy());
    base::SleepNanos(60'000'000);
    EXPECT_TRUE(process.Reopen("LOCK", /*lock=*/true).ok());
  });
}

TEST(SimDiskTest, OnOrdinaryThreadsRefusedLocksPassTheTime) {
  SimStorage storage;
  SimProcess process(&storage);
  ASSERT_TRUE(process.Create("LOCK").ok());
  storage.HoldLock("/d/LOCK", 5'000'000);
  int tries = 0;
  while (!process.Reopen("LOCK", /*lock=*/true).ok()) ASSERT_LT(++tries, 10);
  EXPECT_GT(tries, 2);
}

TEST(SimDiskTest, TheTraceTellsEveryOperation) {
  SimStorage storage({.seed = 1, .trace = true});
  SimProcess process(&storage);
  ASSERT_TRUE(process.Create("f").ok());
  ASSERT_EQ(process.Write("f", 0, "hello"), 0);
  ASSERT_EQ(process.Sync("f"), 0);
  const std::string text = storage.TraceText();
  EXPECT_NE(text.find("write /d/f @0 +5 = 5"), std::string::npos) << text;
  EXPECT_NE(text.find("create /d/f = 0"), std::string::npos) << text;
  SimStorage quiet;
  SimProcess other(&quiet);
  ASSERT_TRUE(other.Create("f").ok());
  ASSERT_EQ(other.Write("f", 0, "hello"), 0);
  EXPECT_EQ(quiet.TraceText(), "");
  EXPECT_NE(quiet.trace_hash(), storage.trace_hash());
  ASSERT_EQ(other.Sync("f"), 0);
  EXPECT_EQ(quiet.trace_hash(), storage.trace_hash());
}

TEST(SimDiskTest, ManyOrdinaryThreads) {
  SimStorage storage;
  std::vector<base::Thread> threads(4);
  for (size_t t = 0; t < threads.size(); ++t) {
    const auto body = [&storage, t] {
      SimProcess process(&storage);
      const std::string name = "f" + std::to_string(t);
      EXPECT_TRUE(process.Create(name).ok());
      for (uint64_t i = 0; i < 50; ++i) {
        EXPECT_EQ(process.Write(name, i * kPageBytes, kPageOfA), 0);
        if (i % 10 == 0) {
          EXPECT_EQ(process.Sync(name), 0);
        }
      }
      EXPECT_TRUE(process.directory().Sync().ok());
    };
    ASSERT_TRUE(base::Thread::Start("writer", body, &threads[t]).ok());
  }
  for (base::Thread& thread : threads) thread.Join();
  EXPECT_EQ(storage.ListFiles().size(), 4u);
  EXPECT_EQ(storage.ReadFile("/d/f3").size(), 50 * kPageBytes);
}

}  // namespace
}  // namespace treering::io
