#include "engine/wal/segment.h"

#include <gtest/gtest.h>

#include "engine/base/budget_unlimited.h"
#include "engine/io/sim_disk.h"

namespace treering::wal {
namespace {

class SegmentTest : public ::testing::Test {
 protected:
  SegmentTest() : disk_(&storage_), buffers_(disk_.arena(), &budget_) {
    queue_ = std::move(disk_.NewQueue(8).value());
    directory_ = std::move(disk_.OpenDirectory("/db", true).value());
  }
  Result<std::shared_ptr<Segment>> Create(uint64_t number) {
    return CreateSegment(directory_.get(), queue_.get(), &buffers_, number, 1 << 20);
  }
  Result<std::shared_ptr<Segment>> Open(const SegmentInfo& info) {
    return OpenSegment(directory_.get(), base::SystemClock(), info, 2'000'000);
  }

  io::SimStorage storage_;
  io::SimDisk disk_;
  base::UnlimitedBudget budget_;
  io::BufferPool buffers_;
  std::unique_ptr<io::Queue> queue_;
  std::unique_ptr<io::Directory> directory_;
};

TEST_F(SegmentTest, IsDurableZerosUnderItsName) {
  const Result<std::shared_ptr<Segment>> segment = Create(7);
  ASSERT_TRUE(segment.ok());
  EXPECT_EQ((*segment)->info, (SegmentInfo{7, 256}));
  EXPECT_EQ(storage_.ReadFile("/db/000007.wal"), std::string(1 << 20, '\0'));
  EXPECT_TRUE(storage_.DurableNow("/db/000007.wal"));
}

TEST_F(SegmentTest, IsLockedWhileItLives) {
  {
    const Result<std::shared_ptr<Segment>> segment = Create(7);
    ASSERT_TRUE(segment.ok());
    EXPECT_TRUE(Open({7, 256}).status().IsBusy());
  }
  EXPECT_TRUE(Open({7, 256}).ok());
}

TEST_F(SegmentTest, WhatCannotBeFinishedIsRemovedAgain) {
  for (const io::Action action :
       {io::Action::kAllocate, io::Action::kWrite, io::Action::kSync, io::Action::kSyncDirectory}) {
    storage_.faults()->Clear();
    storage_.faults()->Add({.action = action, .error = EIO});
    EXPECT_FALSE(Create(7).ok());
    EXPECT_FALSE(storage_.Exists("/db/000007.wal"));
    EXPECT_EQ(queue_->in_flight(), 0u);
  }
}

TEST_F(SegmentTest, AFullDiskIsNoSpace) {
  storage_.SetQuota(512 << 10);
  EXPECT_EQ(Create(7).status().code(), Status::Code::kNoSpace);
  EXPECT_FALSE(storage_.Exists("/db/000007.wal"));
}

TEST_F(SegmentTest, AUsedNumberIsRefused) {
  ASSERT_TRUE(Create(7).ok());
  EXPECT_FALSE(Create(7).ok());
  EXPECT_TRUE(storage_.Exists("/db/000007.wal"));
}

TEST_F(SegmentTest, AMissingOrShortOneIsCorruptionByName) {
  Status status = Open({8, 256}).status();
  EXPECT_TRUE(status.IsCorruption());
  EXPECT_NE(status.message().find("/db/000008.wal"), std::string::npos);
  ASSERT_TRUE(Create(7).ok());
  status = Open({7, 257}).status();
  EXPECT_TRUE(status.IsCorruption());
  EXPECT_NE(status.message().find("expected 257 blocks, found 1048576 bytes"), std::string::npos);
}

}  // namespace
}  // namespace treering::wal
