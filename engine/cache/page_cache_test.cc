#include "engine/cache/page_cache.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <memory>
#include <vector>

#include "engine/base/budget.h"
#include "engine/base/epoch.h"
#include "engine/base/prng.h"
#include "engine/base/zipf_testing.h"
#include "engine/io/buffer_arena.h"

namespace treering::cache {
namespace {

constexpr uint64_t kMiB = 1u << 20;

// Refuses above a limit and counts by class, as the Runtime's does.
class TestBudget final : public base::Budget {
 public:
  bool Charge(base::MemoryClass memory_class, uint64_t bytes, base::Need need) override {
    EXPECT_EQ(memory_class, base::MemoryClass::kCache);
    if (need != base::Need::kMust && charged_ + bytes > limit) return false;
    charged_ += bytes;
    return true;
  }
  void Release(base::MemoryClass, uint64_t bytes) override { charged_ -= bytes; }
  uint64_t charged() const { return charged_; }

  uint64_t limit = UINT64_MAX;

 private:
  uint64_t charged_ = 0;
};

class PageCacheTest : public testing::Test {
 protected:
  void MakeCache(uint64_t bytes_max) {
    cache_.reset();
    cache_ = std::make_unique<PageCache>(PageCache::Options{.bytes_max = bytes_max}, &arena_,
                                         &budget_, &epochs_);
  }

  static uint64_t PatternOf(const BlockId& id) { return id.file * 1'000'003 + id.page; }
  static void Write(Frame* frame, const BlockId& id) {
    std::memset(PageCache::MutableData(frame), static_cast<int>(PatternOf(id) & 0xff),
                PageCache::Pages(frame) * size_t{4096});
    const uint64_t pattern = PatternOf(id);
    std::memcpy(PageCache::MutableData(frame), &pattern, sizeof pattern);
  }
  static bool Holds(const std::byte* data, const BlockId& id) {
    uint64_t pattern = 0;
    std::memcpy(&pattern, data, sizeof pattern);
    return pattern == PatternOf(id) && data[4095] == static_cast<std::byte>(PatternOf(id) & 0xff);
  }

  // Reads a block in, as a miss does. An empty pin when no frame can be had.
  Pin Fill(const BlockId& id, Priority priority = Priority::kNormal, uint32_t pages = 1,
           SwizzleSlot* slot = nullptr) {
    Frame* const frame = cache_->Allocate(pages);
    if (frame == nullptr) return Pin();
    Write(frame, id);
    return cache_->Publish(frame, id, priority, slot);
  }
  void FillRange(uint64_t file, uint64_t count, Priority priority = Priority::kNormal,
                 uint32_t pages = 1) {
    for (uint64_t page = 0; page < count; ++page) {
      ASSERT_TRUE(Fill({file, page * pages}, priority, pages)) << "page " << page;
    }
  }
  bool IsIn(const BlockId& id) {
    base::EpochDomain::Guard guard(&epochs_);
    Frame* const frame = cache_->Find(id);
    EXPECT_TRUE(frame == nullptr || Holds(PageCache::Data(frame), id));
    return frame != nullptr;
  }
  // One read through the cache; whether it was a hit.
  bool Read(const BlockId& id) {
    {
      base::EpochDomain::Guard guard(&epochs_);
      if (cache_->Lookup(id) != nullptr) return true;
    }
    EXPECT_TRUE(Fill(id));
    return false;
  }

  io::BufferArena arena_{{.bytes_max = 64 * kMiB, .huge_pages = false, .announce = {}}};
  TestBudget budget_;
  base::EpochDomain epochs_;
  std::unique_ptr<PageCache> cache_;
};

TEST_F(PageCacheTest, WhatWasPublishedIsFound) {
  MakeCache(8 * kMiB);
  for (const uint32_t pages : {1u, 2u, 4u, 8u, 16u}) {
    const BlockId id{cache_->NewFileId(), 7};
    EXPECT_FALSE(IsIn(id));
    Pin pin = Fill(id, Priority::kNormal, pages);
    ASSERT_TRUE(pin);
    EXPECT_EQ(pin.size(), pages * size_t{4096});
    EXPECT_TRUE(Holds(pin.data(), id));
    EXPECT_TRUE(IsIn(id));
  }
}

TEST_F(PageCacheTest, TheFirstToPublishABlockWins) {
  MakeCache(8 * kMiB);
  const BlockId id{cache_->NewFileId(), 1};
  Pin first = Fill(id);
  Pin second = Fill(id);
  EXPECT_EQ(first.frame(), second.frame());
}

TEST_F(PageCacheTest, ADiscardedFrameIsHandedOutAgain) {
  MakeCache(8 * kMiB);
  Frame* const frame = cache_->Allocate(1);
  cache_->Discard(frame);
  EXPECT_EQ(cache_->Allocate(1), frame);
  cache_->Discard(frame);
}

TEST_F(PageCacheTest, HitsAndMissesAreCounted) {
  MakeCache(8 * kMiB);
  const BlockId id{cache_->NewFileId(), 1};
  Read(id);
  Read(id);
  Read(id);
  EXPECT_EQ(cache_->Stats().hits, 2u);
  EXPECT_EQ(cache_->Stats().misses, 1u);
}

TEST_F(PageCacheTest, EvictionSparesPinnedFrames) {
  MakeCache(5 * kMiB);
  const uint64_t file = cache_->NewFileId();
  std::vector<Pin> pins;
  for (uint64_t page = 0; page < 100; ++page) pins.push_back(Fill({file, page}));
  FillRange(cache_->NewFileId(), 5000);
  EXPECT_GT(cache_->Stats().evictions, 3000u);
  for (uint64_t page = 0; page < 100; ++page) {
    EXPECT_TRUE(IsIn({file, page}));
    EXPECT_TRUE(Holds(pins[page].data(), {file, page}));
  }
  EXPECT_EQ(cache_->Stats().pinned_bytes, 100u * 4096);
}

TEST_F(PageCacheTest, WithEveryFramePinnedThereIsNone) {
  MakeCache(5 * kMiB);
  const uint64_t file = cache_->NewFileId();
  std::vector<Pin> pins;
  for (uint64_t page = 0;; ++page) {
    Pin pin = Fill({file, page});
    if (!pin) break;
    pins.push_back(std::move(pin));
  }
  EXPECT_EQ(pins.size(), 1024u);  // two slabs
  EXPECT_EQ(cache_->Allocate(16), nullptr);
  pins.clear();
  EXPECT_TRUE(Fill({file, 5000}));
}

TEST_F(PageCacheTest, AFrameUnderQuarantineIsNotUsedAgain) {
  MakeCache(3 * kMiB);  // one slab
  Frame* const lost = cache_->Allocate(1);
  ASSERT_NE(lost, nullptr);
  arena_.Quarantine(PageCache::Data(lost), 4096);
  cache_->Discard(lost);
  std::vector<Frame*> frames;
  while (Frame* const frame = cache_->Allocate(1)) frames.push_back(frame);
  EXPECT_EQ(frames.size(), 511u);
  EXPECT_EQ(std::count(frames.begin(), frames.end(), lost), 0);
  for (Frame* const frame : frames) cache_->Discard(frame);
  EXPECT_EQ(cache_->Shrink(2 * kMiB), 0u) << "its slab stays";
  cache_.reset();
  EXPECT_EQ(arena_.allocated_bytes(), 0u);
}

TEST_F(PageCacheTest, AnEvictedFrameKeepsItsBytesForGuardsThatSawIt) {
  MakeCache(3 * kMiB);
  const uint64_t file = cache_->NewFileId();
  FillRange(file, 500);
  std::vector<Frame*> seen;
  {
    base::EpochDomain::Guard guard(&epochs_);
    for (uint64_t page = 0; page < 500; ++page) seen.push_back(cache_->Find({file, page}));
    const uint64_t other = cache_->NewFileId();
    uint64_t page = 0;
    while (Fill({other, page})) ++page;  // until all that was evicted waits for us
    ASSERT_LT(page, 512u);
    EXPECT_GT(cache_->Stats().evictions, 0u);
    for (uint64_t i = 0; i < 500; ++i) {
      ASSERT_NE(seen[i], nullptr);
      EXPECT_TRUE(Holds(PageCache::Data(seen[i]), {file, i}));
    }
  }
  EXPECT_TRUE(Fill({cache_->NewFileId(), 0}));
}

TEST_F(PageCacheTest, AScanOfFourTimesTheCacheLeavesTheHotSet) {
  MakeCache(17 * kMiB);  // eight slabs
  constexpr uint64_t kFrames = 8 * 512;
  const uint64_t hot = cache_->NewFileId();
  base::Zipf zipf(3 * kFrames, 42);
  const auto hit_points = [&](int reads) {
    int hits = 0;
    for (int i = 0; i < reads; ++i) hits += Read({hot, zipf.Next()});
    return 100.0 * hits / reads;
  };
  hit_points(100'000);
  const double before = hit_points(5000);
  FillRange(cache_->NewFileId(), 4 * kFrames, Priority::kLow);
  const double after = hit_points(5000);
  EXPECT_GT(before, 75);
  EXPECT_LT(before - after, 5) << before << " -> " << after;
}

TEST_F(PageCacheTest, WhatAScanReadTwiceStays) {
  MakeCache(5 * kMiB);
  const uint64_t scan = cache_->NewFileId();
  FillRange(scan, 1000, Priority::kLow);  // nearly fills the cache
  for (int round = 0; round < 3; ++round) {
    for (uint64_t page = 0; page < 32; ++page) EXPECT_TRUE(Read({scan, page}));
  }
  FillRange(cache_->NewFileId(), 900, Priority::kLow);
  for (uint64_t page = 0; page < 32; ++page) EXPECT_TRUE(IsIn({scan, page}));
  EXPECT_FALSE(IsIn({scan, 500}));
}

TEST_F(PageCacheTest, ASlabChangesItsClassWhenAnotherHasNone) {
  MakeCache(5 * kMiB);
  FillRange(cache_->NewFileId(), 1024);
  const uint64_t large = cache_->NewFileId();
  FillRange(large, 31, Priority::kNormal, 16);
  for (uint64_t i = 0; i < 31; ++i) EXPECT_TRUE(IsIn({large, i * 16}));
  EXPECT_EQ(cache_->Stats().frames_bytes, 4 * kMiB);
}

TEST_F(PageCacheTest, SlabsMoveToTheClassThatIsUsed) {
  MakeCache(17 * kMiB);
  FillRange(cache_->NewFileId(), 8 * 512);
  const uint64_t file = cache_->NewFileId();
  // 12 MiB of blocks of four pages, again and again, beside nothing else.
  const uint64_t blocks = 12 * kMiB / (4 * 4096);
  uint64_t hits = 0;
  for (int round = 0; round < 20; ++round) {
    hits = 0;
    for (uint64_t i = 0; i < blocks; ++i) {
      const BlockId id{file, i * 4};
      {
        base::EpochDomain::Guard guard(&epochs_);
        if (cache_->Lookup(id) != nullptr) {
          ++hits;
          continue;
        }
      }
      ASSERT_TRUE(Fill(id, Priority::kNormal, 4));
    }
  }
  EXPECT_EQ(hits, blocks);
}

TEST_F(PageCacheTest, SlotsPointAtFramesUntilTheyAreEvicted) {
  MakeCache(3 * kMiB);
  const BlockId id{cache_->NewFileId(), 3};
  SwizzleSlot slot{nullptr};
  {
    Pin pin = Fill(id, Priority::kNormal, 1, &slot);
    EXPECT_EQ(slot.load(), pin.frame());
  }
  FillRange(cache_->NewFileId(), 3000);
  EXPECT_FALSE(IsIn(id));
  EXPECT_EQ(slot.load(), nullptr);
  Pin again = Fill(id, Priority::kNormal, 1, &slot);
  EXPECT_EQ(slot.load(), again.frame());
  cache_->ForgetSlot(&slot);
  EXPECT_EQ(slot.load(), nullptr);
}

TEST_F(PageCacheTest, AForgottenSlotIsNotTouchedAgain) {
  MakeCache(3 * kMiB);
  const BlockId id{cache_->NewFileId(), 3};
  auto slot = std::make_unique<SwizzleSlot>(nullptr);
  (void)Fill(id, Priority::kHigh, 1, slot.get());
  cache_->ForgetSlot(slot.get());
  slot.reset();  // a store into it would be found by the sanitizer
  FillRange(cache_->NewFileId(), 5000);
  EXPECT_FALSE(IsIn(id));
}

TEST_F(PageCacheTest, AFrameWithoutASlotTakesOneLater) {
  MakeCache(3 * kMiB);
  const BlockId id{cache_->NewFileId(), 3};
  SwizzleSlot slot{nullptr};
  SwizzleSlot second{nullptr};
  Pin pin = Fill(id);
  cache_->AttachSlot(pin, &slot);
  cache_->AttachSlot(pin, &second);
  EXPECT_EQ(slot.load(), pin.frame());
  EXPECT_EQ(second.load(), nullptr);
  cache_->EvictFile(id.file);
  EXPECT_EQ(slot.load(), nullptr);
  cache_->AttachSlot(pin, &slot);
  EXPECT_EQ(slot.load(), nullptr) << "the frame is not in the cache any more";
}

TEST_F(PageCacheTest, UsersMayPinHalf) {
  MakeCache(5 * kMiB);
  const uint64_t file = cache_->NewFileId();
  FillRange(file, 1000);
  std::vector<Pin> pins;
  base::EpochDomain::Guard guard(&epochs_);
  for (uint64_t page = 0; page < 1000; ++page) {
    Pin pin = cache_->TryPinForUser(cache_->Find({file, page}));
    if (!pin) break;
    pins.push_back(std::move(pin));
  }
  EXPECT_GE(pins.size(), 512u);
  EXPECT_LE(pins.size(), 528u);  // what keeps account of frames counts as their bytes do
  EXPECT_EQ(cache_->Stats().user_pinned_bytes, pins.size() * 4096);
  pins.pop_back();
  EXPECT_TRUE(cache_->TryPinForUser(cache_->Find({file, 999})));
  EXPECT_TRUE(cache_->TryPin(cache_->Find({file, 998}))) << "the engine's own pins have no cap";
}

TEST_F(PageCacheTest, EvictFileDropsThatFileOnly) {
  MakeCache(8 * kMiB);
  const uint64_t gone = cache_->NewFileId();
  const uint64_t stays = cache_->NewFileId();
  FillRange(gone, 200);
  FillRange(stays, 200, Priority::kLow);
  Pin pinned = Fill({gone, 77});
  cache_->EvictFile(gone);
  for (uint64_t page = 0; page < 200; ++page) {
    EXPECT_FALSE(IsIn({gone, page}));
    EXPECT_TRUE(IsIn({stays, page}));
  }
  FillRange(cache_->NewFileId(), 5000);
  EXPECT_TRUE(Holds(pinned.data(), {gone, 77}));
}

TEST_F(PageCacheTest, ADoomedFrameComesBackOnceItIsUnpinned) {
  MakeCache(3 * kMiB);  // one slab
  const uint64_t file = cache_->NewFileId();
  std::vector<Pin> pins;
  for (uint64_t page = 0; page < 512; ++page) pins.push_back(Fill({file, page}));
  cache_->EvictFile(file);
  EXPECT_EQ(cache_->Allocate(1), nullptr);
  pins.clear();
  FillRange(cache_->NewFileId(), 512);
}

TEST_F(PageCacheTest, ChargesFollowTheSlabs) {
  MakeCache(9 * kMiB);
  const uint64_t table = budget_.charged();
  EXPECT_GT(table, 0u);
  FillRange(cache_->NewFileId(), 3000);
  EXPECT_EQ(cache_->Stats().frames_bytes, 8 * kMiB);
  EXPECT_EQ(arena_.allocated_bytes(), 8 * kMiB);
  const uint64_t full = budget_.charged();
  EXPECT_GT(full, 8 * kMiB);
  EXPECT_LE(full, 9 * kMiB);
  const uint64_t given = cache_->Shrink(3 * kMiB);
  EXPECT_GE(given, 3 * kMiB);
  EXPECT_EQ(budget_.charged(), full - given);
  EXPECT_EQ(arena_.allocated_bytes(), 4 * kMiB);
  cache_.reset();
  EXPECT_EQ(budget_.charged(), 0u);
  EXPECT_EQ(arena_.allocated_bytes(), 0u);
}

TEST_F(PageCacheTest, ShrinkSparesSlabsInUse) {
  MakeCache(5 * kMiB);
  const uint64_t file = cache_->NewFileId();
  Pin pin = Fill({file, 0});
  FillRange(cache_->NewFileId(), 1023);
  EXPECT_GE(cache_->Shrink(100 * kMiB), 2 * kMiB);
  EXPECT_EQ(cache_->Stats().frames_bytes, 2 * kMiB);
  EXPECT_TRUE(IsIn({file, 0}));
  EXPECT_TRUE(Fill({file, 1}));
}

TEST_F(PageCacheTest, ShrinkGivesNothingThatAGuardMaySee) {
  MakeCache(5 * kMiB);
  FillRange(cache_->NewFileId(), 1024);
  {
    base::EpochDomain::Guard guard(&epochs_);
    EXPECT_EQ(cache_->Shrink(1), 0u);
    EXPECT_EQ(arena_.allocated_bytes(), 4 * kMiB);
    // What is on its way out is enough: asking again does not empty the cache.
    EXPECT_EQ(cache_->Shrink(1), 0u);
  }
  EXPECT_GE(cache_->Shrink(1), 2 * kMiB);
  EXPECT_EQ(arena_.allocated_bytes(), 2 * kMiB);
}

TEST_F(PageCacheTest, GrowsNoFurtherThanTheBudgetAllows) {
  budget_.limit = 5 * kMiB;
  MakeCache(32 * kMiB);
  FillRange(cache_->NewFileId(), 3000);
  EXPECT_EQ(cache_->Stats().frames_bytes, 4 * kMiB);
  EXPECT_LE(budget_.charged(), budget_.limit);
}

TEST_F(PageCacheTest, WithoutABudgetThereIsNoFrame) {
  budget_.limit = 1 * kMiB;
  MakeCache(32 * kMiB);
  EXPECT_EQ(cache_->Allocate(1), nullptr);
}

}  // namespace
}  // namespace treering::cache
