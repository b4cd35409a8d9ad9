#include "engine/wal/lock_wait.h"

#include <gtest/gtest.h>

#include "engine/io/sim_disk.h"

namespace treering::wal {
namespace {

class OpenLockedTest : public ::testing::Test {
 protected:
  OpenLockedTest() : disk_(&storage_) {
    storage_.PutFile("/f", "content");
    directory_ = std::move(disk_.OpenDirectory("/", false).value());
  }
  Result<std::unique_ptr<io::File>> Open(uint64_t wait_nanos) {
    return OpenLocked(directory_.get(), base::SystemClock(), "f", false, wait_nanos);
  }

  io::SimStorage storage_;
  io::SimDisk disk_;
  std::unique_ptr<io::Directory> directory_;
};

TEST_F(OpenLockedTest, WaitsForADeadHoldersWrites) {
  storage_.HoldLock("/f", 3'000'000);
  EXPECT_TRUE(Open(5'000'000'000).ok());
}

TEST_F(OpenLockedTest, NamesTheFileWhenTheLockStays) {
  const Result<std::unique_ptr<io::File>> holder = Open(0);
  ASSERT_TRUE(holder.ok());
  const Status status = Open(3'000'000).status();
  EXPECT_TRUE(status.IsBusy());
  EXPECT_NE(status.message().find("/f"), std::string::npos) << status.ToString();
}

TEST_F(OpenLockedTest, OtherErrorsComeAtOnce) {
  storage_.RemoveFile("/f");
  EXPECT_TRUE(Open(5'000'000'000).status().IsNotFound());
}

}  // namespace
}  // namespace treering::wal
