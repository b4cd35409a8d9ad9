#include "engine/db/snapshot_list.h"

#include <gtest/gtest.h>

namespace treering::db {
namespace {

TEST(SnapshotList, HoldsASequenceUntilItsLastHolderLetsGo) {
  const auto list = std::make_shared<SnapshotList>();
  std::atomic<key::Sequence> visible{7};
  auto first = std::make_unique<SnapshotCore>(list, visible);
  auto again = std::make_unique<SnapshotCore>(list, visible);
  visible = 9;
  auto later = std::make_unique<SnapshotCore>(list, visible);
  EXPECT_EQ(first->sequence(), 7u);
  EXPECT_EQ(list->Sequences(), (std::vector<key::Sequence>{7, 9}));
  EXPECT_EQ(list->Count(), 3u);
  first.reset();
  EXPECT_EQ(list->Sequences(), (std::vector<key::Sequence>{7, 9}));
  again.reset();
  EXPECT_EQ(list->Sequences(), (std::vector<key::Sequence>{9}));
  later.reset();
  EXPECT_TRUE(list->Sequences().empty());
}

TEST(SnapshotList, ASnapshotKnowsItsOwnListAlone) {
  std::atomic<key::Sequence> visible{7};
  auto list = std::make_shared<SnapshotList>();
  const SnapshotCore snapshot(list, visible);
  EXPECT_TRUE(snapshot.IsOf(list.get()));
  list.reset();  // its database is gone; the next ones may not be taken for it
  for (int i = 0; i < 1000; ++i) {
    const auto next = std::make_shared<SnapshotList>();
    ASSERT_FALSE(snapshot.IsOf(next.get()));
  }
}

}  // namespace
}  // namespace treering::db
