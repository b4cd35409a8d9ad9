#include "engine/memtable/reserve_arena.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <map>
#include <vector>

#include "engine/base/block_source.h"
#include "engine/base/prng.h"
#include "engine/base/thread.h"

namespace treering::memtable {
namespace {

// Counts, and refuses when told to.
class CountingSource final : public base::BlockSource {
 public:
  std::byte* Allocate(size_t bytes) override {
    base::MutexLock lock(&mutex_);
    if (bytes > left_) return nullptr;
    left_ -= bytes;
    std::byte* const block = base::HeapBlockSource()->Allocate(bytes);
    blocks_[block] = bytes;
    sizes_.push_back(bytes);
    return block;
  }
  void Free(std::byte* block, size_t bytes) override {
    base::MutexLock lock(&mutex_);
    ASSERT_EQ(blocks_.count(block), 1u);
    EXPECT_EQ(blocks_[block], bytes);
    blocks_.erase(block);
    base::HeapBlockSource()->Free(block, bytes);
  }
  void SetLeft(size_t bytes) { left_ = bytes; }
  size_t blocks_out() const { return blocks_.size(); }
  const std::vector<size_t>& sizes() const { return sizes_; }

 private:
  base::Mutex mutex_;
  size_t left_ = SIZE_MAX;
  std::map<std::byte*, size_t> blocks_;
  std::vector<size_t> sizes_;
};

TEST(ReserveArenaTest, TakesNothingBeforeItIsAsked) {
  CountingSource source;
  const ReserveArena arena(&source);
  EXPECT_EQ(source.blocks_out(), 0u);
  EXPECT_EQ(arena.held_bytes(), 0u);
}

TEST(ReserveArenaTest, BlocksGrowFromSmallToUsual) {
  CountingSource source;
  {
    ReserveArena arena(&source);
    uint64_t carved = 0;
    ReserveArena::Extent extent;
    while (carved < 5u << 20) {
      ASSERT_TRUE(arena.Carve(1000, &extent));
      carved += 1000;
      EXPECT_EQ(arena.used_bytes(), carved);
    }
    const std::vector<size_t> start(source.sizes().begin(), source.sizes().begin() + 6);
    EXPECT_EQ(start, (std::vector<size_t>{64u << 10, 64u << 10, 128u << 10, 256u << 10, 512u << 10,
                                          1u << 20}));
    EXPECT_EQ(source.sizes().back(), 1u << 20);
    uint64_t held = 0;
    for (const size_t bytes : source.sizes()) held += bytes;
    EXPECT_EQ(arena.held_bytes(), held);
  }
  EXPECT_EQ(source.blocks_out(), 0u);
}

TEST(ReserveArenaTest, TheUnusedRestGoesBackUnlessSomethingLiesBehind) {
  CountingSource source;
  ReserveArena arena(&source);
  ReserveArena::Extent a;
  ASSERT_TRUE(arena.Carve(1000, &a));
  std::byte* const begin = a.next;
  a.next += 104;
  arena.Return(&a);
  EXPECT_EQ(arena.used_bytes(), 104u);
  EXPECT_EQ(a.block, nullptr);

  ReserveArena::Extent b;
  ASSERT_TRUE(arena.Carve(200, &b));
  EXPECT_EQ(b.next, begin + 104);
  ReserveArena::Extent c;
  ASSERT_TRUE(arena.Carve(8, &c));
  arena.Return(&b);  // c lies behind it
  EXPECT_EQ(arena.used_bytes(), 104u + 200 + 8);
  arena.Return(&c);
  EXPECT_EQ(arena.used_bytes(), 104u + 200);
}

TEST(ReserveArenaTest, LargeExtentsGetBlocksThatFit) {
  CountingSource source;
  {
    ReserveArena arena(&source);
    ReserveArena::Extent small;
    ASSERT_TRUE(arena.Carve(16, &small));
    for (const size_t bytes : {size_t{100'000}, size_t{1'500'000}, size_t{70'000'000}}) {
      ReserveArena::Extent extent;
      ASSERT_TRUE(arena.Carve(bytes, &extent));
      EXPECT_GE(static_cast<size_t>(extent.end - extent.next), bytes);
      std::memset(extent.next, 0x5a, bytes);
    }
    EXPECT_EQ(source.sizes(), (std::vector<size_t>{64u << 10, 128u << 10, 2u << 20, 70'000'640}));
  }
  EXPECT_EQ(source.blocks_out(), 0u);
}

TEST(ReserveArenaTest, RefusesWhenTheSourceDoesAndGoesOnAfterwards) {
  CountingSource source;
  ReserveArena arena(&source);
  ReserveArena::Extent extent;
  EXPECT_FALSE(arena.Carve(SIZE_MAX - 1, &extent));
  ASSERT_TRUE(arena.Carve(60'000, &extent));
  ASSERT_TRUE(arena.Carve(60'000, &extent));
  source.SetLeft(64u << 10);  // the usual next block would be 128 KiB
  ASSERT_TRUE(arena.Carve(60'000, &extent));
  EXPECT_EQ(source.sizes().back(), 64u << 10);
  EXPECT_FALSE(arena.Carve(60'000, &extent));
  EXPECT_EQ(arena.used_bytes(), 180'000u);
  EXPECT_TRUE(arena.Carve(1000, &extent));  // room is left in the blocks there are
  source.SetLeft(SIZE_MAX);
  EXPECT_TRUE(arena.Carve(60'000, &extent));
}

TEST(ReserveArenaTest, ThreadsNeverGetTheSameBytes) {
  CountingSource source;
  ReserveArena arena(&source);
  constexpr int kThreads = 4;
  std::vector<std::vector<ReserveArena::Extent>> extents(kThreads);
  std::vector<base::Thread> threads(kThreads);
  for (int t = 0; t < kThreads; ++t) {
    const auto body = [&arena, &mine = extents[t], t] {
      base::Prng prng(static_cast<uint64_t>(t));
      for (int i = 0; i < 2000; ++i) {
        ReserveArena::Extent extent;
        ASSERT_TRUE(arena.Carve(8 + prng.Uniform(400), &extent));
        ReserveArena::Extent used = extent;
        extent.next += (extent.end - extent.next) / 16 * 8;
        used.end = extent.next;
        std::memset(used.next, t, static_cast<size_t>(used.end - used.next));
        arena.Return(&extent);
        mine.push_back(used);
      }
    };
    ASSERT_TRUE(base::Thread::Start("carver", body, &threads[t]).ok());
  }
  for (base::Thread& thread : threads) thread.Join();
  for (int t = 0; t < kThreads; ++t) {
    for (const ReserveArena::Extent& extent : extents[t]) {
      for (const std::byte* p = extent.next; p < extent.end; ++p) {
        ASSERT_EQ(*p, static_cast<std::byte>(t));
      }
    }
  }
}

}  // namespace
}  // namespace treering::memtable
