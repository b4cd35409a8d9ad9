#include "engine/wal/zero_fill.h"

#include <gtest/gtest.h>

#include "engine/base/budget_unlimited.h"
#include "engine/io/sim_disk.h"

namespace treering::wal {
namespace {

class ZeroFillTest : public ::testing::Test {
 protected:
  ZeroFillTest() : disk_(&storage_), buffers_(disk_.arena(), &budget_) {
    queue_ = std::move(disk_.NewQueue(8).value());
    directory_ = std::move(disk_.OpenDirectory("/", false).value());
    file_ = std::move(directory_->Open("f", {.mode = io::OpenMode::kCreate}).value());
  }

  io::SimStorage storage_;
  io::SimDisk disk_;
  base::UnlimitedBudget budget_;
  io::BufferPool buffers_;
  std::unique_ptr<io::Queue> queue_;
  std::unique_ptr<io::Directory> directory_;
  std::unique_ptr<io::File> file_;
};

TEST_F(ZeroFillTest, LeavesZerosThatAreDurable) {
  const uint64_t bytes = (9u << 20) + 4096;
  ASSERT_TRUE(ZeroFill(queue_.get(), file_.get(), &buffers_, bytes).ok());
  ASSERT_TRUE(directory_->Sync().ok());
  EXPECT_EQ(storage_.ReadFile("/f"), std::string(bytes, '\0'));
  EXPECT_TRUE(storage_.DurableNow("/f"));
}

TEST_F(ZeroFillTest, WorksWhereNothingCanBeAllocatedAhead) {
  storage_.faults()->Add({.action = io::Action::kAllocate, .error = EOPNOTSUPP});
  ASSERT_TRUE(ZeroFill(queue_.get(), file_.get(), &buffers_, 8192).ok());
  EXPECT_EQ(storage_.ReadFile("/f").size(), 8192u);
}

TEST_F(ZeroFillTest, TheFirstErrorComesBackWithNothingInFlight) {
  for (const io::Action action : {io::Action::kAllocate, io::Action::kWrite, io::Action::kSync}) {
    storage_.faults()->Clear();
    storage_.faults()->Add({.action = action, .error = ENOSPC});
    const Status status = ZeroFill(queue_.get(), file_.get(), &buffers_, 8u << 20);
    EXPECT_EQ(status.code(), Status::Code::kNoSpace) << status.ToString();
    EXPECT_EQ(queue_->in_flight(), 0u);
  }
}

}  // namespace
}  // namespace treering::wal
