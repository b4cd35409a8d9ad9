#include "engine/db/snapshot_list.h"

#include <gtest/gtest.h>

namespace treering::db {
namespace {

TEST(SnapshotList, HoldsASequenceUntilItsLastHolderLetsGo) {
  const auto list = std::make_shared<SnapshotList>();
  std::atomic<key::Sequence> visible{7};
  auto first = std::make_unique<SnapshotCore>(list, visible, nullptr);
  auto again = std::make_unique<SnapshotCore>(list, visible, nullptr);
  visible = 9;
  auto later = std::make_unique<SnapshotCore>(list, visible, nullptr);
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

}  // namespace
}  // namespace treering::db
