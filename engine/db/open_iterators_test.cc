#include "engine/db/open_iterators.h"

#include <gtest/gtest.h>

#include <optional>

namespace treering::db {
namespace {

TEST(OpenIterators, TheOldestThatLivesCounts) {
  OpenIterators all;
  EXPECT_EQ(all.Now(100).count, 0u);
  EXPECT_EQ(all.Now(100).oldest_nanos, 0u);
  std::optional<OpenIterators::Entry> first(std::in_place, &all, 100);
  std::optional<OpenIterators::Entry> twin(std::in_place, &all, 100);
  std::optional<OpenIterators::Entry> later(std::in_place, &all, 150);
  EXPECT_EQ(all.Now(200).count, 3u);
  EXPECT_EQ(all.Now(200).oldest_nanos, 100u);
  first.reset();
  EXPECT_EQ(all.Now(200).oldest_nanos, 100u);
  twin.reset();
  EXPECT_EQ(all.Now(200).oldest_nanos, 50u);
  EXPECT_EQ(all.Now(120).oldest_nanos, 0u) << "the clock of another core is behind";
  later.reset();
  EXPECT_EQ(all.Now(200).count, 0u);
}

}  // namespace
}  // namespace treering::db
