#include "engine/io/buffer_pool.h"

#include <gtest/gtest.h>

#include <array>
#include <atomic>
#include <cstdint>
#include <cstring>
#include <fstream>
#include <utility>
#include <vector>

#include "engine/base/budget.h"
#include "engine/base/thread.h"

namespace treering::io {
namespace {

using base::MemoryClass;
using base::Need;

// Counts charges by class, up to a limit.
class CountingBudget final : public base::Budget {
 public:
  explicit CountingBudget(uint64_t limit) : limit_(limit) {}
  bool Charge(MemoryClass memory_class, uint64_t bytes, base::Need need) override {
    base::MutexLock lock(&mutex_);
    if (need != base::Need::kMust && used_ + bytes > limit_) return false;
    used_ += bytes;
    by_class_[static_cast<size_t>(memory_class)] += bytes;
    return true;
  }
  void Release(MemoryClass memory_class, uint64_t bytes) override {
    base::MutexLock lock(&mutex_);
    used_ -= bytes;
    by_class_[static_cast<size_t>(memory_class)] -= bytes;
  }
  uint64_t used(MemoryClass memory_class) const {
    return by_class_[static_cast<size_t>(memory_class)];
  }

 private:
  const uint64_t limit_;
  base::Mutex mutex_;
  uint64_t used_ = 0;
  std::array<uint64_t, base::kMemoryClassCount> by_class_{};
};

class BufferPoolTest : public testing::Test {
 protected:
  BufferArena arena_{{.bytes_max = 8u << 20, .huge_pages = false, .announce = {}}};
  CountingBudget budget_{64u << 20};
  BufferPool pool_{&arena_, &budget_};
};

TEST_F(BufferPoolTest, RoundsUpToPowersOfTwoAndChargesThem) {
  Buffer buffer = pool_.Allocate(5000);
  ASSERT_TRUE(buffer);
  EXPECT_EQ(buffer.size(), 8192u);
  EXPECT_TRUE(buffer.registered());
  EXPECT_EQ(reinterpret_cast<uintptr_t>(buffer.data()) % 4096, 0u);
  EXPECT_EQ(budget_.used(MemoryClass::kIoBuffer), 8192u);
  buffer = Buffer();
  EXPECT_EQ(budget_.used(MemoryClass::kIoBuffer), 0u);
  EXPECT_EQ(arena_.allocated_bytes(), 0u);  // the slab went back
}

TEST_F(BufferPoolTest, SmallBuffersOfAllSizesShareOneSlab) {
  std::vector<Buffer> buffers;
  for (size_t bytes = 1; bytes <= 512 << 10; bytes *= 2) buffers.push_back(pool_.Allocate(bytes));
  EXPECT_EQ(arena_.allocated_bytes(), BufferArena::kSlabBytes);
  for (Buffer& buffer : buffers) std::memset(buffer.data(), 1, buffer.size());
}

TEST_F(BufferPoolTest, LargeOnesAreRunsOfSlabs) {
  Buffer buffer = pool_.Allocate((2u << 20) + 1, MemoryClass::kTableMeta);
  ASSERT_TRUE(buffer);
  EXPECT_EQ(buffer.size(), (2u << 20) + 4096);
  std::memset(buffer.data(), 1, buffer.size());
  EXPECT_EQ(budget_.used(MemoryClass::kTableMeta), buffer.size());
  EXPECT_EQ(arena_.allocated_bytes(), 4u << 20);
  buffer = Buffer();
  EXPECT_EQ(arena_.allocated_bytes(), 0u);
}

TEST_F(BufferPoolTest, LargeOnesTakeFreeSlabsFromWhereverTheyLie) {
  std::vector<Buffer> slabs;
  for (int i = 0; i < 4; ++i) slabs.push_back(pool_.Allocate(2u << 20));
  slabs.erase(slabs.begin() + 2);
  slabs.erase(slabs.begin());  // two free ones, not side by side
  {
    const Buffer large = pool_.Allocate(4u << 20);
    ASSERT_TRUE(large);
    EXPECT_FALSE(large.registered());
    EXPECT_EQ(arena_.allocated_bytes(), 8u << 20) << "it is not on the heap";
    std::memset(large.data(), 7, large.size());
  }
  EXPECT_EQ(arena_.allocated_bytes(), 4u << 20);
  EXPECT_TRUE(pool_.Allocate(2u << 20).registered()) << "the slabs are back where they were";
}

// The budget's arithmetic: an arena of 15/16, the heap beside it, 32 MiB above at most.
TEST(BufferPoolMemoryTest, MappedAndHeapStayWithinTheTotal) {
  constexpr uint64_t kMiB = 1u << 20;
  BufferArena arena(
      {.bytes_max = 60 * kMiB, .total_bytes_max = 92 * kMiB, .huge_pages = false, .announce = {}});
  CountingBudget budget(1000 * kMiB);  // says yes to everything
  BufferPool pool(&arena, &budget);
  std::vector<Buffer> small;
  for (int i = 0; i < 30; ++i) small.push_back(pool.Allocate(2 * kMiB));
  ASSERT_EQ(arena.mapped_bytes(), 60 * kMiB);
  // The arena is full: what comes now is on the heap, 32 MiB of it.
  Buffer heap = pool.Allocate(32 * kMiB);
  EXPECT_TRUE(heap);
  EXPECT_FALSE(pool.Allocate(4096)) << "mapped 60, on the heap 32";
  EXPECT_FALSE(pool.Allocate(4 * kMiB));
  EXPECT_EQ(budget.used(MemoryClass::kIoBuffer), 92 * kMiB) << "a refusal charges nothing";
  // Somebody can give slabs back.
  pool.SetReclaim([&small](uint64_t bytes) {
    uint64_t given = 0;
    for (; given < bytes && !small.empty(); given += 2 * kMiB) small.pop_back();
    return given;
  });
  EXPECT_TRUE(pool.Allocate(20 * kMiB));
  EXPECT_EQ(small.size(), 20u);
  pool.SetReclaim(nullptr);
  // Free slabs count as used while they are mapped: no heap for them, however little is charged.
  heap = Buffer();
  small.clear();
  std::vector<Buffer> large;
  while (Buffer buffer = pool.Allocate(10 * kMiB)) large.push_back(std::move(buffer));
  EXPECT_EQ(large.size(), 9u) << "six in the arena, three on the heap";
  const Buffer forced = pool.Allocate(10 * kMiB, MemoryClass::kMemtable, Need::kMust);
  EXPECT_TRUE(forced);
}

TEST(BufferPoolMemoryTest, WhatIsSpareTakesNoPlainMemory) {
  constexpr uint64_t kMiB = 1u << 20;
  BufferArena arena(
      {.bytes_max = 4 * kMiB, .total_bytes_max = 6 * kMiB, .huge_pages = false, .announce = {}});
  CountingBudget budget(1000 * kMiB);
  BufferPool pool(&arena, &budget);
  const Buffer first = pool.Allocate(2 * kMiB, MemoryClass::kIoBuffer, Need::kSpare);
  Buffer second = pool.Allocate(2 * kMiB, MemoryClass::kIoBuffer, Need::kSpare);
  EXPECT_TRUE(first && second);
  EXPECT_FALSE(pool.Allocate(4096, MemoryClass::kIoBuffer, Need::kSpare));
  EXPECT_EQ(pool.AsBlockSource(MemoryClass::kMemtable)->Allocate(4096), nullptr);
  EXPECT_TRUE(pool.Allocate(2 * kMiB, MemoryClass::kIoBuffer, Need::kUsual));
  // Somebody gives a slab back.
  pool.SetReclaim([&second](uint64_t) {
    second = Buffer();
    return 2 * kMiB;
  });
  EXPECT_TRUE(pool.Allocate(4096, MemoryClass::kIoBuffer, Need::kSpare));
  pool.SetReclaim(nullptr);
}

TEST(BufferPoolMemoryTest, WhatNeedsSeveralSlabsMayBePlainMemory) {
  constexpr uint64_t kMiB = 1u << 20;
  BufferArena arena(
      {.bytes_max = 4 * kMiB, .total_bytes_max = 8 * kMiB, .huge_pages = false, .announce = {}});
  CountingBudget budget(1000 * kMiB);
  BufferPool pool(&arena, &budget);
  const Buffer slab = pool.Allocate(2 * kMiB, MemoryClass::kIoBuffer, Need::kSpare);
  const Buffer batch = pool.Allocate(4 * kMiB, MemoryClass::kMemtable, Need::kSpare);
  EXPECT_TRUE(batch);
  EXPECT_FALSE(pool.Allocate(4 * kMiB, MemoryClass::kMemtable, Need::kSpare));
}

TEST(BufferPoolMemoryTest, WhereTheArenaCannotGrowPlainMemoryServes) {
  constexpr uint64_t kMiB = 1u << 20;
  BufferArena arena(
      {.bytes_max = 8 * kMiB, .total_bytes_max = 8 * kMiB, .huge_pages = false, .announce = {}});
  ASSERT_TRUE(arena.TakeElsewhere(7 * kMiB, false));  // then no chunk fits any more
  CountingBudget budget(1000 * kMiB);
  BufferPool pool(&arena, &budget);
  EXPECT_TRUE(pool.Allocate(64 << 10, MemoryClass::kMemtable, Need::kSpare));
  arena.GiveElsewhere(7 * kMiB);
}

TEST_F(BufferPoolTest, ABlockPassesToReaders) {
  base::BlockSource* const source = pool_.AsBlockSource(MemoryClass::kMemtable);
  std::byte* const block = source->Allocate(100 << 10);
  base::BlockSource* const readers = source->PassToReaders(100 << 10);
  EXPECT_EQ(budget_.used(MemoryClass::kMemtable), 0u);
  EXPECT_EQ(budget_.used(MemoryClass::kIterator), 128u << 10);
  readers->Free(block, 100 << 10);
  EXPECT_EQ(budget_.used(MemoryClass::kIterator), 0u);
}

uint64_t ResidentPages() {
  std::ifstream statm("/proc/self/statm");
  uint64_t all = 0;
  uint64_t resident = 0;
  statm >> all >> resident;
  return resident;
}

TEST(BufferPoolMemoryTest, PlainMemoryGoesBackToTheSystem) {
  BufferArena arena({.bytes_max = 0, .huge_pages = false, .announce = {}});
  CountingBudget budget(UINT64_MAX);
  BufferPool pool(&arena, &budget);
  // Large ones first: afterwards the C library would keep what is smaller.
  std::vector<Buffer> buffers;
  for (const size_t bytes : {8u << 20, 2u << 20, 256u << 10, 64u << 10}) {
    buffers.push_back(pool.Allocate(bytes));
    std::memset(buffers.back().data(), 1, buffers.back().size());
    buffers.clear();
  }
  for (int i = 0; i < 200; ++i) {
    buffers.push_back(pool.Allocate(128u << 10));
    std::memset(buffers.back().data(), 1, buffers.back().size());
  }
  const uint64_t before = ResidentPages();
  const Buffer last = std::move(buffers.back());
  buffers.clear();
  EXPECT_LT(ResidentPages() + 190 * 32, before);
}

TEST(BufferPoolMemoryTest, TheArenaDoesNotGrowIntoWhatTheHeapHolds) {
  constexpr uint64_t kMiB = 1u << 20;
  BufferArena arena(
      {.bytes_max = 60 * kMiB, .total_bytes_max = 64 * kMiB, .huge_pages = false, .announce = {}});
  ASSERT_TRUE(arena.GrowTo(30 * kMiB));
  ASSERT_TRUE(arena.TakeElsewhere(20 * kMiB, false));
  EXPECT_FALSE(arena.GrowTo(60 * kMiB));
  EXPECT_LE(arena.mapped_bytes() + 20 * kMiB, 64 * kMiB);
  arena.GiveElsewhere(20 * kMiB);
  EXPECT_TRUE(arena.GrowTo(60 * kMiB));
}

TEST_F(BufferPoolTest, WhatIsUnderQuarantineIsNotUsedAgain) {
  Buffer lost = pool_.Allocate(4096);
  Buffer large = pool_.Allocate(4u << 20);
  const std::byte* const at = lost.data();
  arena_.Quarantine(at, 4096);
  arena_.Quarantine(large.data() + 5, 1);
  lost = Buffer();
  large = Buffer();
  std::vector<Buffer> all;
  for (int i = 0; i < 511; ++i) {
    all.push_back(pool_.Allocate(4096));
    ASSERT_TRUE(all.back().registered());
    EXPECT_NE(all.back().data(), at);
  }
  EXPECT_EQ(arena_.allocated_bytes(), 2u << 20) << "the rest of its slab serves on";
  EXPECT_TRUE(pool_.Allocate(2u << 20).registered());
  EXPECT_FALSE(pool_.Allocate(4u << 20).registered()) << "of four slabs two are lost";
}

TEST_F(BufferPoolTest, GoesOnInPlainMemoryWhenTheArenaIsFull) {
  std::vector<Buffer> buffers;
  for (int i = 0; i < 5; ++i) buffers.push_back(pool_.Allocate(2u << 20));
  EXPECT_TRUE(buffers[3].registered());
  ASSERT_TRUE(buffers[4]);
  EXPECT_FALSE(buffers[4].registered());
}

TEST_F(BufferPoolTest, TheBudgetRefusesUnlessForced) {
  CountingBudget small(8192);
  BufferPool pool(&arena_, &small);
  const Buffer first = pool.Allocate(8192);
  EXPECT_TRUE(first);
  EXPECT_FALSE(pool.Allocate(1));
  const Buffer forced = pool.Allocate(1, MemoryClass::kIterator, Need::kMust);
  EXPECT_TRUE(forced);
  EXPECT_EQ(small.used(MemoryClass::kIterator), 4096u);
  EXPECT_FALSE(pool.Allocate(SIZE_MAX));
}

TEST_F(BufferPoolTest, MovingPassesTheBufferOn) {
  Buffer a = pool_.Allocate(4096);
  Buffer b = pool_.Allocate(4096);
  std::byte* const data = a.data();
  b = std::move(a);
  EXPECT_EQ(b.data(), data);
  EXPECT_FALSE(a);  // NOLINT(bugprone-use-after-move): it is empty
  EXPECT_EQ(budget_.used(MemoryClass::kIoBuffer), 4096u);  // b's old one is gone
}

TEST_F(BufferPoolTest, IsABlockSourceForEachClass) {
  base::BlockSource* const source = pool_.AsBlockSource(MemoryClass::kMemtable);
  std::byte* const block = source->Allocate(100 << 10);
  ASSERT_NE(block, nullptr);
  EXPECT_EQ(budget_.used(MemoryClass::kMemtable), 128u << 10);
  std::byte* const large = source->Allocate(3u << 20);
  ASSERT_NE(large, nullptr);
  std::memset(large, 1, 3u << 20);
  EXPECT_EQ(source->Allocate(SIZE_MAX), nullptr);
  EXPECT_EQ(source->Allocate(63u << 20), nullptr);  // the budget
  source->Free(block, 100 << 10);
  source->Free(large, 3u << 20);
  EXPECT_EQ(budget_.used(MemoryClass::kMemtable), 0u);
}

TEST_F(BufferPoolTest, ThreadsNeverShareABuffer) {
  constexpr int kThreads = 4;
  std::vector<base::Thread> threads(kThreads);
  std::atomic<int> overlaps{0};
  for (int t = 0; t < kThreads; ++t) {
    const Status started = base::Thread::Start(
        "pool",
        [&, t] {
          for (size_t i = 0; i < 300; ++i) {
            const Buffer buffer = pool_.Allocate(size_t{4096} << (i % 9));
            buffer.data()[buffer.size() - 1] = static_cast<std::byte>(t);
            base::SpinPause();
            if (buffer.data()[buffer.size() - 1] != static_cast<std::byte>(t))
              overlaps.fetch_add(1);
          }
        },
        &threads[static_cast<size_t>(t)]);
    ASSERT_TRUE(started.ok());
  }
  for (base::Thread& thread : threads) thread.Join();
  EXPECT_EQ(overlaps.load(), 0);
  EXPECT_EQ(arena_.allocated_bytes(), 0u);
}

}  // namespace
}  // namespace treering::io
