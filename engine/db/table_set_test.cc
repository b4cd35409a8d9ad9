#include "engine/db/table_set.h"

#include <gtest/gtest.h>

#include "engine/compaction/job_testing.h"

namespace treering::db {
namespace {

using compaction::JobWorld;

class TableSetTest : public ::testing::Test {
 protected:
  JobWorld world_;
  TableSet set_{world_.directory(), world_.tables()->env()};
  manifest::TableRef table_ = world_.MakeTable(1, "a@1=x");
};

TEST_F(TableSetTest, ATableIsOpenedOnceAndHangsInItsSlot) {
  EXPECT_EQ(TableSet::Peek(*table_), nullptr);
  const auto first = set_.Open(*table_, world_.queue());
  ASSERT_TRUE(first.ok()) << first.status().ToString();
  EXPECT_EQ(TableSet::Peek(*table_), *first);
  world_.storage.RemoveFile(JobWorld::PathOf(1));  // nobody asks for the name again
  const auto again = set_.Open(*table_, world_.queue());
  ASSERT_TRUE(again.ok());
  EXPECT_EQ(*again, *first);
}

TEST_F(TableSetTest, ASharedTableKeepsItsSlot) {
  auto shared = set_.Share(table_, world_.queue());
  ASSERT_TRUE(shared.ok());
  const std::weak_ptr<const manifest::LiveTable> live = table_;
  table_.reset();
  EXPECT_FALSE(live.expired());
  EXPECT_EQ((*shared)->info().number, 1u);
  *shared = nullptr;
  EXPECT_TRUE(live.expired());
}

TEST_F(TableSetTest, AMissingTableIsCorruptionByName) {
  world_.storage.RemoveFile(JobWorld::PathOf(1));
  for (int i = 0; i < 2; ++i) {
    const Status status = set_.Open(*table_, world_.queue()).status();
    EXPECT_TRUE(status.IsCorruption());
    EXPECT_NE(status.message().find(JobWorld::PathOf(1) + " is missing"), std::string_view::npos)
        << status.ToString();
  }
  EXPECT_TRUE(set_.OpenFile(*table_).status().IsCorruption());
  EXPECT_EQ(TableSet::Peek(*table_), nullptr);
}

TEST_F(TableSetTest, ATableThatComesBackIsOpened) {
  const std::string content = world_.storage.ReadFile(JobWorld::PathOf(1));
  world_.storage.RemoveFile(JobWorld::PathOf(1));
  EXPECT_FALSE(set_.Open(*table_, world_.queue()).ok());
  world_.storage.PutFile(JobWorld::PathOf(1), content);
  EXPECT_TRUE(set_.Open(*table_, world_.queue()).ok());
}

TEST_F(TableSetTest, AnotherTableUnderItsNameIsCorruption) {
  const manifest::TableRef other = world_.MakeTable(1, "a@1=x");
  world_.storage.PutFile(JobWorld::PathOf(1), world_.storage.ReadFile(JobWorld::PathOf(2)));
  const Status status = set_.Open(*table_, world_.queue()).status();
  EXPECT_TRUE(status.IsCorruption());
  EXPECT_NE(status.message().find("another table"), std::string_view::npos) << status.ToString();
  EXPECT_TRUE(set_.OpenFile(*table_).ok());  // the file itself can be had, to look into
}

// A disk that refuses is no damage.
TEST_F(TableSetTest, OtherErrorsStayWhatTheyAre) {
  world_.storage.faults()->Add({.action = io::Action::kOpen, .name = "*.sst", .error = EMFILE});
  EXPECT_TRUE(set_.Open(*table_, world_.queue()).status().IsIoError());
  EXPECT_TRUE(set_.Open(*table_, world_.queue()).ok());
}

}  // namespace
}  // namespace treering::db
