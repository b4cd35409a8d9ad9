#include "engine/io/slot_table.h"

#include <gtest/gtest.h>

#include <set>

namespace treering::io {
namespace {

TEST(SlotTableTest, ATagNamesItsRequestOnce) {
  SlotTable table(2);
  Request a;
  Request b;
  const uint64_t tag_a = table.Take(&a);
  const uint64_t tag_b = table.Take(&b);
  EXPECT_EQ(table.taken(), 2u);
  EXPECT_EQ(table.Release(tag_b), &b);
  EXPECT_EQ(table.Release(tag_b), nullptr);  // a duplicate
  EXPECT_EQ(table.Release(tag_a), &a);
  EXPECT_EQ(table.taken(), 0u);
}

TEST(SlotTableTest, AnOldTagDoesNotNameTheSlotsNextRequest) {
  SlotTable table(1);
  Request a;
  Request b;
  const uint64_t old = table.Take(&a);
  EXPECT_EQ(table.Release(old), &a);
  const uint64_t tag = table.Take(&b);
  EXPECT_NE(tag, old);
  EXPECT_EQ(table.Release(old), nullptr);
  EXPECT_EQ(table.Release(tag), &b);
}

TEST(SlotTableTest, TagsNobodyGaveNameNothing) {
  SlotTable table(4);
  Request a;
  const uint64_t tag = table.Take(&a);
  for (const uint64_t unknown : {uint64_t{3}, uint64_t{4}, ~uint64_t{0}, SlotTable::kTagEnd,
                                 tag + (uint64_t{1} << 32), uint64_t{0xffffffff}}) {
    EXPECT_EQ(table.Release(unknown), nullptr) << unknown;
  }
  EXPECT_EQ(table.Release(tag), &a);
}

TEST(SlotTableTest, TagsOfManyRoundsDiffer) {
  SlotTable table(3);
  Request request;
  std::set<uint64_t> tags;
  for (int i = 0; i < 3000; ++i) {
    const uint64_t tag = table.Take(&request);
    EXPECT_LT(tag, SlotTable::kTagEnd);
    EXPECT_TRUE(tags.insert(tag).second);
    EXPECT_EQ(table.Release(tag), &request);
  }
}

}  // namespace
}  // namespace treering::io
