#include "engine/cache/bucket_table.h"

#include <gtest/gtest.h>

#include <array>

#include "engine/cache/frame.h"

namespace treering::cache {
namespace {

// A few frames without memory behind them, in a table so small that chains are long.
class BucketTableTest : public testing::Test {
 protected:
  Frame* Filling(size_t index, const BlockId& id) {
    frames_[index].state = Frame::kFilling;
    frames_[index].id = id;
    return &frames_[index];
  }
  Frame* Insert(size_t index, const BlockId& id, SwizzleSlot* slot = nullptr) {
    Frame* const in = table_.Insert(Filling(index, id), slot);
    in->Unpin();
    return in;
  }
  void Evict(Frame* frame) {
    ASSERT_TRUE(frame->Move(Frame::kPublished, Frame::kLimbo));
    table_.Unlink(frame);
  }

  std::array<Frame, 600> frames_;
  BucketTable table_{0, 7};
};

TEST_F(BucketTableTest, FindsWhatIsInAndNothingElse) {
  for (uint64_t i = 0; i < 600; ++i) Insert(i, {i % 3, i});
  for (uint64_t i = 0; i < 600; ++i) {
    EXPECT_EQ(table_.Find({i % 3, i}), &frames_[i]);
    EXPECT_EQ(table_.Find({3, i}), nullptr);
  }
  for (uint64_t i = 0; i < 600; i += 2) Evict(&frames_[i]);
  for (uint64_t i = 0; i < 600; ++i) {
    EXPECT_EQ(table_.Find({i % 3, i}), i % 2 == 0 ? nullptr : &frames_[i]);
  }
}

TEST_F(BucketTableTest, AReaderOnAnUnlinkedFrameGoesOn) {
  for (uint64_t i = 0; i < 600; ++i) Insert(i, {1, i});
  Frame* reader = nullptr;  // stands on a frame with a successor
  for (Frame& frame : frames_) {
    if (frame.next.load() != nullptr) reader = &frame;
  }
  ASSERT_NE(reader, nullptr);
  Frame* const successor = reader->next.load();
  Evict(reader);
  EXPECT_EQ(reader->next.load(), successor);
}

TEST_F(BucketTableTest, AFrameOnItsWayOutDoesNotWin) {
  Frame* const old = Insert(0, {1, 1});
  ASSERT_TRUE(old->Move(Frame::kPublished, Frame::kLimbo));  // not unlinked yet
  EXPECT_EQ(Insert(1, {1, 1}), &frames_[1]);
  table_.Unlink(old);
  EXPECT_EQ(table_.Find({1, 1}), &frames_[1]);
}

TEST_F(BucketTableTest, ASlotGoesOverToTheYoungerFrame) {
  SwizzleSlot slot{nullptr};
  Frame* const old = Insert(0, {1, 1}, &slot);
  ASSERT_TRUE(old->Move(Frame::kPublished, Frame::kLimbo));
  Frame* const young = Insert(1, {1, 1}, &slot);
  EXPECT_EQ(slot.load(), young);
  table_.Unlink(old);
  EXPECT_EQ(slot.load(), young);
  Evict(young);
  EXPECT_EQ(slot.load(), nullptr);
}

}  // namespace
}  // namespace treering::cache
