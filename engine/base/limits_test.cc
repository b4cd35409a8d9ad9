// Limits depend on one another; who changes one learns here what else moves.
#include "engine/base/limits.h"

#include <gtest/gtest.h>

namespace treering::base {
namespace {

TEST(LimitsTest, LengthsFitTheirFields) {
  EXPECT_LE(kKeyBytesMax, UINT16_MAX);    // 16 bits of length
  EXPECT_LE(kValueBytesMax, UINT32_MAX);  // 32 bits of length
  EXPECT_LE(kEditBytesMax, UINT32_MAX);
  EXPECT_EQ(kSequenceMax >> 56, 0u);  // a kind byte shares the word
}

TEST(LimitsTest, TheLargestRecordFitsABatch) {
  EXPECT_GE(kBatchBytesMax, 2 * kValueBytesMax);
  EXPECT_GT(kBatchBytesMax, kValueBytesMax + kKeyBytesMax);
}

TEST(LimitsTest, UnitsDivideEachOther) {
  EXPECT_EQ(kPageBytes % kSectorBytes, 0u);
  EXPECT_EQ(kBlockBytesMax, 64u << 10);
  EXPECT_EQ(kBlockPagesMax & (kBlockPagesMax - 1), 0u);  // runs are 1, 2, 4, 8, 16 pages
  EXPECT_EQ(kValueBytesMax % kPageBytes, 0u);
}

TEST(LimitsTest, WritesStopBeforeSequencesEnd) {
  // A batch of the smallest records cannot jump over the reserve.
  EXPECT_GT(kSequenceReserve, kBatchBytesMax);
  EXPECT_LT(kSequenceReserve, kSequenceMax / 1000);
}

TEST(LimitsTest, LevelsInUseAreLegalToADecoder) {
  EXPECT_LE(kLevelCount, kLevelCountMax);
  EXPECT_LE(kLevelCountMax, UINT8_MAX);
}

}  // namespace
}  // namespace treering::base
