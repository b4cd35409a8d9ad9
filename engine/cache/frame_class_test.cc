#include "engine/cache/frame_class.h"

#include <gtest/gtest.h>

#include <memory>
#include <vector>

#include "engine/base/epoch.h"
#include "engine/cache/bucket_table.h"
#include "engine/cache/frame.h"

namespace treering::cache {
namespace {

// One class of 16-page frames, 32 a slab, over memory that nobody reads.
class FrameClassTest : public testing::Test {
 protected:
  FrameClassTest() { AddSlab(); }
  ~FrameClassTest() override { class_.TakeAll(); }

  void AddSlab() {
    memory_.push_back(std::make_unique<std::byte[]>(io::BufferArena::kSlabBytes));
    auto slab = std::make_unique<Slab>(memory_.back().get());
    ASSERT_TRUE(slab->Format(16));
    ASSERT_TRUE(class_.AddSlab(&slab));
  }
  Frame* Take() {
    size_t stock = 0;
    return class_.Take(&stock);
  }
  // Publishes `count` blocks with a use count; their frames in order.
  std::vector<Frame*> Publish(uint64_t count, uint8_t use, bool probation = false) {
    std::vector<Frame*> frames;
    for (uint64_t i = 0; i < count; ++i) {
      Frame* const frame = Take();
      frame->id = {1, next_page_++};
      frame->use = use;
      EXPECT_EQ(table_.Insert(frame, nullptr), frame);
      if (probation) class_.PutOnProbation(frame);
      frame->Unpin();
      frames.push_back(frame);
    }
    return frames;
  }
  bool IsIn(const Frame* frame) const { return table_.Find(frame->id) == frame; }
  size_t CountIn(const std::vector<Frame*>& frames) const {
    size_t count = 0;
    for (const Frame* frame : frames) count += IsIn(frame) ? 1 : 0;
    return count;
  }
  void Evict(size_t count) {
    for (size_t evicted = 0; evicted < count;) {
      const size_t now = class_.EvictBatch();
      ASSERT_GT(now, 0u);
      evicted += now;
    }
  }

  BucketTable table_{64, 1};
  base::EpochDomain epochs_;
  FrameClass class_{&table_, &epochs_};
  std::vector<std::unique_ptr<std::byte[]>> memory_;
  uint64_t next_page_ = 0;
};

TEST_F(FrameClassTest, UnusedFramesGoBeforeUsedOnes) {
  const auto used = Publish(16, 2);
  const auto unused = Publish(16, 0);
  Evict(16);
  EXPECT_EQ(CountIn(used), 16u);
  EXPECT_EQ(CountIn(unused), 0u);
}

TEST_F(FrameClassTest, FramesOnProbationGoFirstButForAFew) {
  const auto old = Publish(16, 0);
  const auto scanned = Publish(16, 0, true);
  Evict(14);
  EXPECT_EQ(CountIn(old), 16u);
  EXPECT_EQ(CountIn(scanned), 2u);  // a sixteenth of the class
  Evict(16);
  EXPECT_EQ(CountIn(old), 0u);
  EXPECT_EQ(CountIn(scanned), 2u);
  Evict(2);
  EXPECT_EQ(CountIn(scanned), 0u) << "they go when nothing else is left";
}

TEST_F(FrameClassTest, AFrameUsedOnProbationJoinsTheClock) {
  const auto scanned = Publish(32, 0, true);
  scanned[0]->Touch();
  Evict(29);
  EXPECT_TRUE(IsIn(scanned[0]));
  EXPECT_EQ(CountIn(scanned), 3u);
}

TEST_F(FrameClassTest, PinnedFramesStayWhereverTheyStand) {
  const auto pinned = Publish(1, 0);
  const auto pinned_scan = Publish(1, 0, true);
  Publish(30, 0, true);
  ASSERT_TRUE(pinned[0]->TryPin());
  ASSERT_TRUE(pinned_scan[0]->TryPin());
  Evict(30);
  EXPECT_EQ(class_.EvictBatch(), 0u);
  EXPECT_TRUE(IsIn(pinned[0]));
  EXPECT_TRUE(IsIn(pinned_scan[0]));
  EXPECT_EQ(class_.PinnedBytes(), 2u * 16 * 4096);
  pinned[0]->Unpin();
  pinned_scan[0]->Unpin();
  Evict(2);
}

TEST_F(FrameClassTest, AnEvictedFrameIsFreeOnlyAfterTheGuards) {
  const auto frames = Publish(32, 0);
  {
    base::EpochDomain::Guard guard(&epochs_);
    Evict(1);
    EXPECT_EQ(Take(), nullptr);
  }
  Frame* const frame = Take();
  ASSERT_NE(frame, nullptr);
  class_.GiveBack(frame);
}

TEST_F(FrameClassTest, ARemovedSlabLeavesNoFrameBehind) {
  const auto first = Publish(32, 0);
  AddSlab();
  const auto second = Publish(20, 3, true);
  std::unique_ptr<Slab> slab = class_.RemoveSlab();
  ASSERT_NE(slab, nullptr);
  EXPECT_TRUE(slab->Holds(first[0])) << "the colder one goes";
  EXPECT_EQ(CountIn(first), 0u);
  EXPECT_EQ(CountIn(second), 20u);
  EXPECT_EQ(Publish(12, 0).size(), 12u);
  EXPECT_EQ(Take(), nullptr);
  Evict(32);
  EXPECT_EQ(class_.slab_count(), 1u);
}

TEST_F(FrameClassTest, ASlabInUseIsNotRemoved) {
  const auto frames = Publish(1, 0);
  ASSERT_TRUE(frames[0]->TryPin());
  EXPECT_EQ(class_.RemoveSlab(), nullptr);
  EXPECT_TRUE(IsIn(frames[0]));
  frames[0]->Unpin();
  Frame* const filling = Take();
  EXPECT_EQ(class_.RemoveSlab(), nullptr);
  class_.GiveBack(filling);
  EXPECT_NE(class_.RemoveSlab(), nullptr);
}

TEST_F(FrameClassTest, ASlabIsColdWhenTheRoverFindsItUnusedTwice) {
  const auto frames = Publish(32, 1);
  EXPECT_EQ(class_.RemoveIfCold(), nullptr);
  for (size_t i = 0; i < 16; ++i) frames[i]->Touch();
  EXPECT_EQ(class_.RemoveIfCold(), nullptr) << "half of it was used";
  EXPECT_NE(class_.RemoveIfCold(), nullptr);
}

}  // namespace
}  // namespace treering::cache
