#include "engine/wal/log_reader.h"

#include <gtest/gtest.h>

#include "engine/base/budget_unlimited.h"
#include "engine/io/sim_disk.h"

namespace treering::wal {
namespace {

// Segments whose blocks hold their own LSN in their first byte.
class LogReaderTest : public ::testing::Test {
 protected:
  LogReaderTest() : disk_(&storage_), buffers_(disk_.arena(), &budget_) {
    Put(4, 3, 10);
    Put(5, 200, 13);
    Put(6, 1, 213);
    queue_ = std::move(disk_.NewQueue(8).value());
    directory_ = std::move(disk_.OpenDirectory("/db", false).value());
    options_.lock_wait_nanos = 2'000'000;
    options_.buffers = &buffers_;
    options_.clock = base::SystemClock();
  }
  void Put(uint64_t number, uint64_t blocks, uint64_t first_lsn) {
    std::string content;
    for (uint64_t i = 0; i < blocks; ++i) {
      content += std::string(4096, static_cast<char>(first_lsn + i));
    }
    storage_.PutFile("/db/00000" + std::to_string(number) + ".wal", content);
    segments_.push_back({number, blocks});
  }
  Result<std::unique_ptr<LogReader>> Open(const ReplayStart& start = {10, 0, 0, 4, 0}) {
    return LogReader::Open(directory_.get(), segments_, start, options_);
  }
  // Reads from `lsn`; the LSNs seen must be those that the bytes say.
  Status Read(LogReader* reader, uint64_t lsn, uint64_t* count) {
    *count = 0;
    return reader->Read(queue_.get(), lsn, [&](const LogReader::Block& block) {
      EXPECT_EQ(block.lsn, lsn + *count);
      EXPECT_EQ(block.bytes[4095], static_cast<std::byte>(block.lsn));
      ++*count;
      return Status::Ok();
    });
  }

  io::SimStorage storage_;
  io::SimDisk disk_;
  base::UnlimitedBudget budget_;
  io::BufferPool buffers_;
  std::unique_ptr<io::Queue> queue_;
  std::unique_ptr<io::Directory> directory_;
  std::vector<SegmentInfo> segments_;
  LogReader::Options options_;
};

TEST_F(LogReaderTest, ReadsAllSegmentsInARow) {
  const Result<std::unique_ptr<LogReader>> reader = Open();
  ASSERT_TRUE(reader.ok());
  EXPECT_EQ((*reader)->end_lsn(), 214u);
  uint64_t count = 0;
  for (const uint64_t lsn : {10, 11, 13, 77, 213, 214}) {
    ASSERT_TRUE(Read(reader->get(), lsn, &count).ok());
    EXPECT_EQ(count, 214 - lsn);
  }
}

TEST_F(LogReaderTest, BeginsInTheSegmentOfTheStart) {
  storage_.RemoveFile("/db/000004.wal");
  EXPECT_TRUE(Open({15, 0, 0, 5, 2}).ok());
  // At the end of a segment, which the next one follows.
  EXPECT_TRUE(Open({213, 0, 0, 5, 200}).ok());
  // Segment 0 is the first one there is: the one that is missing.
  EXPECT_TRUE(Open({10, 0, 0, 0, 0}).status().IsCorruption());
}

TEST_F(LogReaderTest, ABadStartIsCorruption) {
  EXPECT_TRUE(Open({10, 0, 0, 9, 0}).status().IsCorruption());
  EXPECT_TRUE(Open({10, 0, 0, 4, 4}).status().IsCorruption());
  EXPECT_TRUE(Open({1, 0, 0, 4, 2}).status().IsCorruption());
  EXPECT_TRUE(Open({UINT64_MAX, 0, 0, 4, 0}).status().IsCorruption());
  segments_.clear();
  EXPECT_TRUE(Open({10, 0, 0, 4, 0}).status().IsCorruption());
  EXPECT_TRUE(Open({10, 0, 0, 0, 0}).ok());
  EXPECT_TRUE(Open({10, 0, 0, 0, 11}).status().IsCorruption());
  EXPECT_TRUE(Open({UINT64_MAX, 0, 0, 0, 0}).status().IsCorruption());
}

TEST_F(LogReaderTest, ImpossibleLengthsAreRefused) {
  segments_[2].blocks = 0;
  EXPECT_TRUE(Open().status().IsCorruption());
  segments_[2].blocks = UINT64_MAX;
  EXPECT_TRUE(Open().status().IsCorruption());
}

TEST_F(LogReaderTest, MissingAndShortSegmentsAreNamed) {
  storage_.ResizeFile("/db/000005.wal", 199 * 4096 + 4095);
  EXPECT_EQ(Open().status().ToString(),
            "Corruption: /db/000005.wal: log segment is truncated: expected 819200 bytes, found "
            "819199");
  storage_.RemoveFile("/db/000005.wal");
  EXPECT_EQ(Open().status().ToString(),
            "Corruption: /db/000005.wal: the manifest names this log segment (blocks 13 to 213), "
            "and it is missing");
  options_.read_only = true;
  EXPECT_TRUE(Open().status().IsAborted());
}

TEST_F(LogReaderTest, WaitsForLocksUnlessReadOnly) {
  const Result<std::unique_ptr<LogReader>> holder = Open();
  ASSERT_TRUE(holder.ok());
  EXPECT_TRUE(Open().status().IsBusy());
  options_.read_only = true;
  EXPECT_TRUE(Open().ok());
}

TEST_F(LogReaderTest, AReadErrorIsAnErrorAndLeavesNothingInFlight) {
  const Result<std::unique_ptr<LogReader>> reader = Open();
  ASSERT_TRUE(reader.ok());
  uint64_t count = 0;
  storage_.faults()->Add(
      {.action = io::Action::kRead, .name = "000005.wal", .nth = 2, .sticky = true, .error = EIO});
  EXPECT_TRUE(Read(reader->get(), 10, &count).IsIoError());
  EXPECT_EQ(count, 3u + 64);
  EXPECT_EQ(queue_->in_flight(), 0u);
}

TEST_F(LogReaderTest, TheConsumersErrorStops) {
  const Result<std::unique_ptr<LogReader>> reader = Open();
  ASSERT_TRUE(reader.ok());
  int calls = 0;
  EXPECT_TRUE((*reader)
                  ->Read(queue_.get(), 10,
                         [&](const LogReader::Block&) {
                           return ++calls == 5 ? Status::OutOfMemory("") : Status::Ok();
                         })
                  .IsOutOfMemory());
  EXPECT_EQ(calls, 5);
  EXPECT_EQ(queue_->in_flight(), 0u);
}

}  // namespace
}  // namespace treering::wal
