#include "engine/wal/segment_demand.h"

#include <gtest/gtest.h>

#include "engine/wal/segment.h"

namespace treering::wal {
namespace {

constexpr uint64_t kSecond = 1'000'000'000;
constexpr uint64_t kMiB = 1 << 20;

TEST(SegmentDemand, KeepsOneAhead) {
  SegmentDemand demand;
  EXPECT_EQ(demand.Wanted(0, 0), kMiB);
  EXPECT_EQ(demand.Wanted(1, 256), 0u);
}

TEST(SegmentDemand, GrowsWithTheRateAndShrinksAgain) {
  SegmentDemand demand;
  demand.NoteUse(kMiB, 5 * kSecond);
  EXPECT_EQ(demand.Wanted(0, 10), kMiB);
  demand.NoteUse(kMiB, 6 * kSecond);  // lasted one second
  EXPECT_EQ(demand.Wanted(0, 10), 2 * kMiB);
  demand.NoteUse(2 * kMiB, 10 * kSecond);
  EXPECT_EQ(demand.Wanted(0, 10), 2 * kMiB);
  demand.NoteUse(2 * kMiB, 100 * kSecond);
  EXPECT_EQ(demand.Wanted(0, 10), kMiB);
}

TEST(SegmentDemand, ARefusedCommitGetsWhatItLacks) {
  SegmentDemand demand;
  demand.NoteShortage(256 + 1024);
  EXPECT_EQ(demand.Wanted(1, 256), 4 * kMiB);
  EXPECT_EQ(demand.Wanted(1, 1280), 0u);
  demand.NoteShortage(1 << 20);
  EXPECT_EQ(demand.Wanted(1, 0), kSegmentBytesMax);
  demand.ClearShortage();
  EXPECT_EQ(demand.Wanted(1, 0), 0u);
}

TEST(NextSegmentBytes, StaysWithinItsBounds) {
  EXPECT_EQ(NextSegmentBytes(0, kSecond), kSegmentBytesMin);
  EXPECT_EQ(NextSegmentBytes(kSegmentBytesMax, 0), kSegmentBytesMax);
  EXPECT_EQ(NextSegmentBytes(kSegmentBytesMin, 1000 * kSecond), kSegmentBytesMin);
  EXPECT_EQ(NextSegmentBytes(8 * kMiB, 2 * kSecond - 1), 16 * kMiB);
  EXPECT_EQ(NextSegmentBytes(8 * kMiB, 2 * kSecond), 8 * kMiB);
}

}  // namespace
}  // namespace treering::wal
