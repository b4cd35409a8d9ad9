#include "engine/compaction/flush_job.h"

#include <gtest/gtest.h>

#include "engine/compaction/job_testing.h"

namespace treering::compaction {
namespace {

class FlushJobTest : public ::testing::Test {
 protected:
  // Runs newest first.
  Result<std::vector<manifest::TableMeta>> Flush(const std::vector<std::string>& runs,
                                                 std::vector<key::Sequence> snapshots = {}) {
    FlushInput input;
    for (const std::string& run : runs) {
      input.runs.push_back(NewEntriesIterator(JobWorld::Parse(run)));
    }
    input.snapshots = std::move(snapshots);
    return RunFlush(*world_.env(), world_.queue(), std::move(input));
  }
  std::string Text(Result<std::vector<manifest::TableMeta>> tables) {
    return tables.ok() ? world_.Text(*tables) : tables.status().ToString();
  }

  JobWorld world_;
};

TEST_F(FlushJobTest, TheNewestOfEachKeyIsWritten) {
  EXPECT_EQ(Text(Flush({"a@9=3 c@8=3", "a@5=2 b@6-", "a@1=1 b@2=1"})), "a@9=3 b@6- c@8=3");
}

TEST_F(FlushJobTest, WhatASnapshotSeesIsWrittenToo) {
  EXPECT_EQ(Text(Flush({"a@9=4 a@7=3 a@5=2 a@1=1"}, {1, 7})), "a@9=4 a@7=3 a@1=1");
  EXPECT_EQ(Text(Flush({"a@9-", "a@5=2 a@3=1"}, {4})), "a@9- a@3=1");
}

// Older tables may hold what a deletion hides.
TEST_F(FlushJobTest, DeletionsStay) { EXPECT_EQ(Text(Flush({"a@9- b@8-"})), "a@9- b@8-"); }

TEST_F(FlushJobTest, NothingMakesNoTable) {
  EXPECT_EQ(Text(Flush({})), "");
  EXPECT_EQ(Text(Flush({"", ""})), "");
  EXPECT_EQ(world_.FileCount(), 0u);
}

TEST_F(FlushJobTest, ARunThatFailsEndsItAndLeavesNothingBehind) {
  FlushInput input;
  input.runs.push_back(NewEntriesIterator(JobWorld::Parse("a@9=1 b@9=1 c@9=1"), 1));
  input.runs.push_back(NewEntriesIterator(JobWorld::Parse("d@1=1")));
  const auto tables = RunFlush(*world_.env(), world_.queue(), std::move(input));
  EXPECT_TRUE(tables.status().IsCorruption());
  EXPECT_EQ(world_.FileCount(), 0u);
}

// Content, size and name: whoever takes the table into the manifest need not sync anything of it.
TEST_F(FlushJobTest, TheTableIsDurableWhenItIsReturned) {
  ASSERT_EQ(Text(Flush({"a@1=1 b@2=2"})), "a@1=1 b@2=2");
  size_t tables = 0;
  for (const std::string& path : world_.storage.ListFiles()) {
    if (!path.ends_with(".sst")) continue;
    EXPECT_TRUE(world_.storage.DurableNow(path)) << path;
    ++tables;
  }
  EXPECT_EQ(tables, 1u);
}

TEST_F(FlushJobTest, ADiskThatFailsLeavesNothingBehind) {
  world_.storage.faults()->Add({.action = io::Action::kSync, .sticky = true});
  EXPECT_TRUE(Flush({"a@1=1"}).status().IsIoError());
  EXPECT_EQ(world_.FileCount(), 0u);
}

}  // namespace
}  // namespace treering::compaction
