// On the real driver: what the cache misses is read into memory that the kernel knows.
#include <gtest/gtest.h>

#include <cstring>
#include <memory>
#include <vector>

#include "engine/base/budget_unlimited.h"
#include "engine/base/epoch.h"
#include "engine/cache/block_fetcher.h"
#include "engine/io/fresh_path.h"
#include "engine/io/uring_disk.h"

namespace treering::cache {
namespace {

constexpr size_t kPage = 4096;
constexpr uint64_t kFilePages = 2048;
constexpr uint64_t kMiB = 1u << 20;

class RegisteredReadsTest : public testing::Test {
 protected:
  RegisteredReadsTest() {
    directory_ = disk_->OpenDirectory(io::FreshPath("registered"), true).value();
    file_ = directory_->Open("f", {.mode = io::OpenMode::kCreate}).value();
    io::Buffer page = buffers_.Allocate(kFilePages / 8 * kPage);
    for (uint64_t part = 0; part < 8; ++part) {
      for (uint64_t i = 0; i < kFilePages / 8; ++i) {
        const uint64_t number = part * kFilePages / 8 + i;
        std::memcpy(page.data() + i * kPage, &number, sizeof number);
      }
      io::Request write = io::Request::Write(file_.get(), part * page.size(), page.span());
      EXPECT_TRUE(queue_->Run(&write).ok());
    }
    EXPECT_TRUE(file_->direct());
    written_ = queue_->stats();
  }

  BlockRequest Block(uint64_t page, uint32_t pages) {
    BlockRequest request;
    request.id = {file_id_, page};
    request.file = file_.get();
    request.pages = pages;
    return request;
  }
  static uint64_t NumberIn(const BlockRef& block) {
    uint64_t number = 0;
    std::memcpy(&number, block.data(), sizeof number);
    return number;
  }
  uint64_t RegisteredReads() const {
    return queue_->stats().registered_ops - written_.registered_ops;
  }

  base::UnlimitedBudget budget_;
  std::unique_ptr<io::Disk> disk_ =
      io::UringDisk::Open({.backend = IoBackend::kUring, .arena_bytes_max = 64 * kMiB}).value();
  base::EpochDomain epochs_;
  io::BufferPool buffers_{disk_->arena(), &budget_};
  PageCache cache_{{.bytes_max = 16 * kMiB}, disk_->arena(), &budget_, &epochs_};
  BlockFetcher fetcher_{&cache_, &buffers_};
  std::unique_ptr<io::Queue> queue_ = disk_->NewQueue(64).value();
  std::unique_ptr<io::Directory> directory_;
  std::unique_ptr<io::File> file_;
  uint64_t file_id_ = cache_.NewFileId();
  io::QueueStats written_;
};

// This fails, and is not skipped, where buffers cannot be registered.
TEST_F(RegisteredReadsTest, EveryMissIsOneRegisteredRead) {
  uint64_t page = 0;
  for (int round = 0; round < 40; ++round) {
    for (const uint32_t pages : {1u, 2u, 3u, 16u, 20u}) {  // the last one goes to a buffer
      const Result<BlockRef> block = fetcher_.ReadOne(queue_.get(), Block(page, pages));
      ASSERT_TRUE(block.ok()) << block.status().ToString();
      EXPECT_EQ(NumberIn(*block), page);
      page += pages;
    }
    EXPECT_EQ(RegisteredReads(), fetcher_.Stats().reads);
  }
  EXPECT_EQ(fetcher_.Stats().reads, 200u);
  EXPECT_TRUE(fetcher_.ReadOne(queue_.get(), Block(0, 1)).ok());  // a hit
  EXPECT_EQ(RegisteredReads(), 200u);
  EXPECT_EQ(queue_->stats().unregistered_ops, 0u);
  const io::DiskFacts facts = disk_->Facts();
  EXPECT_TRUE(facts.registered_buffers) << facts.registered_reason;
}

TEST_F(RegisteredReadsTest, SoIsEveryReadOfABatchWhileTheArenaGrows) {
  std::vector<std::unique_ptr<PendingBlock>> pending;
  for (uint64_t page = 0; page < kFilePages; ++page) {
    pending.push_back(std::make_unique<PendingBlock>());
    ASSERT_TRUE(fetcher_.Start(queue_.get(), Block(page, 1), pending.back().get()).ok());
  }
  io::Request* completed[64];
  for (uint64_t done = 0; done < kFilePages;) {
    const size_t count = queue_->Wait(completed, 1, io::kNoTimeout);
    for (size_t i = 0; i < count; ++i, ++done) {
      PendingBlock* const block = PendingBlock::Of(completed[i]);
      ASSERT_EQ(fetcher_.Complete(queue_.get(), block), BlockFetcher::Step::kDone);
      EXPECT_EQ(NumberIn(block->TakeBlock()), block->block().id.page);
    }
  }
  EXPECT_GE(disk_->arena()->chunk_count(), 3);
  EXPECT_EQ(RegisteredReads(), kFilePages);
  EXPECT_EQ(queue_->stats().unregistered_ops, 0u);
}

}  // namespace
}  // namespace treering::cache
