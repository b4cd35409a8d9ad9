#include "engine/wal/pending_groups.h"

#include <gtest/gtest.h>

namespace treering::wal {
namespace {

PendingGroup Group(key::Sequence first, uint32_t count, const std::string& owned) {
  PendingGroup group;
  group.header = {static_cast<uint32_t>(owned.size()), first, count};
  group.source = PendingGroup::Source::kOwned;
  group.owned = owned;
  return group;
}

TEST(PendingGroups, AreTakenAllAtOnceInOrder) {
  PendingGroups pending(4);
  EXPECT_TRUE(pending.empty());
  pending.Add(Group(5, 2, "abcd"), 100);
  pending.Add(Group(7, 1, "ef"), 200);
  EXPECT_EQ(pending.stream_bytes(), 2 * kGroupHeaderBytes + 6);
  EXPECT_EQ(pending.owned_bytes(), 6u);
  EXPECT_EQ(pending.since_nanos(), 100u);
  const TakenGroups taken = pending.Take();
  ASSERT_EQ(taken.groups.size(), 2u);
  EXPECT_EQ(taken.groups[1].owned, "ef");
  EXPECT_EQ(taken.stream_bytes, 2 * kGroupHeaderBytes + 6);
  EXPECT_TRUE(pending.empty());
  EXPECT_EQ(pending.stream_bytes(), 0u);
  EXPECT_EQ(pending.owned_bytes(), 0u);
  EXPECT_EQ(pending.last_sequence(), 7u);
  pending.Add(Group(8, 1, "gh"), 300);
  EXPECT_EQ(pending.since_nanos(), 300u);
}

}  // namespace
}  // namespace treering::wal
