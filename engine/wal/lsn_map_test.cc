#include "engine/wal/lsn_map.h"

#include <gtest/gtest.h>

namespace treering::wal {
namespace {

std::shared_ptr<Segment> Blocks(uint64_t number, uint64_t blocks) {
  return std::make_shared<Segment>(Segment{SegmentInfo{number, blocks}, nullptr});
}

std::string Numbers(const std::vector<LsnMap::Entry>& entries) {
  std::string out;
  for (const LsnMap::Entry& entry : entries) {
    out += std::to_string(entry.segment->info.number) + "@" + std::to_string(entry.first_lsn) + " ";
  }
  return out;
}

class LsnMapTest : public ::testing::Test {
 protected:
  LsnMapTest() {
    map_.Add(Blocks(3, 10));  // 5 to 14
    map_.Add(Blocks(4, 2));   // 15 to 16
    map_.Add(Blocks(9, 10));  // 17 to 26
  }
  std::string Place(uint64_t lsn) const {
    const LsnMap::Place place = map_.PlaceOf(lsn);
    return std::to_string(place.segment) + ":" + std::to_string(place.block_index);
  }
  LsnMap map_{5};
};

TEST_F(LsnMapTest, PlacesRunOnOverSegments) {
  EXPECT_EQ(Place(5), "3:0");
  EXPECT_EQ(Place(14), "3:9");
  EXPECT_EQ(Place(15), "4:0");
  EXPECT_EQ(Place(17), "9:0");
  EXPECT_EQ(Place(26), "9:9");
  EXPECT_EQ(Place(27), "9:10");
  EXPECT_EQ(map_.end_lsn(), 27u);
}

TEST_F(LsnMapTest, WithoutSegmentsAPlaceNamesNone) {
  const LsnMap empty(7);
  EXPECT_EQ(empty.PlaceOf(7).segment, 0u);
  EXPECT_EQ(empty.first_lsn(), 7u);
}

TEST_F(LsnMapTest, ARangeTouchesEverySegmentThatHoldsPartOfIt) {
  EXPECT_EQ(Numbers(map_.Overlapping(5, 15)), "3@5 ");
  EXPECT_EQ(Numbers(map_.Overlapping(14, 18)), "3@5 4@15 9@17 ");
  EXPECT_EQ(Numbers(map_.Overlapping(15, 17)), "4@15 ");
  EXPECT_EQ(Numbers(map_.Overlapping(15, 15)), "");
}

TEST_F(LsnMapTest, WhatLiesBelowMayGoButNeverTheLast) {
  EXPECT_EQ(map_.Below(14), std::vector<uint64_t>{});
  EXPECT_EQ(map_.Below(15), std::vector<uint64_t>{3});
  EXPECT_EQ(map_.Below(27), (std::vector<uint64_t>{3, 4}));
}

TEST_F(LsnMapTest, SegmentsGoFromTheFront) {
  EXPECT_EQ(map_.TakeFront(4), nullptr);
  EXPECT_EQ(map_.TakeFront(3)->info.number, 3u);
  EXPECT_EQ(Place(15), "4:0");
  EXPECT_EQ(map_.first_lsn(), 15u);
}

TEST_F(LsnMapTest, CountsTheUntouched) {
  EXPECT_EQ(map_.CountUntouched(5), 3u);
  EXPECT_EQ(map_.CountUntouched(6), 2u);
  EXPECT_EQ(map_.CountUntouched(17), 1u);
  EXPECT_EQ(map_.CountUntouched(18), 0u);
}

}  // namespace
}  // namespace treering::wal
