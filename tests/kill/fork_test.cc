// A process that forks while a database is open: the child is refused, the parent is not disturbed.
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include "api/db.h"
#include "tests/support/temp_dir.h"

namespace treering::testing {
namespace {

class ForkTest : public ::testing::TestWithParam<IoBackend> {
 protected:
  ForkTest() {
    RuntimeOptions runtime;
    runtime.memory_budget = 32 << 20;
    runtime.io_backend = GetParam();
    auto made = Runtime::Create(runtime);
    EXPECT_TRUE(made.ok()) << made.status().ToString();
    options_.runtime = *std::move(made);
    options_.create_if_missing = true;
    Open();
  }
  void Open() {
    auto db = DB::Open(options_, dir_.File("db"));
    ASSERT_TRUE(db.ok()) << db.status().ToString();
    db_ = *std::move(db);
  }

  TempDir dir_;
  Options options_;
  std::unique_ptr<DB> db_;
};

// Which call the child got another answer from than Failed; 0 for none.
int AskInChild(DB* db) {
  PinnedValue value;
  if (!db->Put("b", "2").IsFailed()) return 1;
  if (!db->Get("a", &value).IsFailed()) return 2;
  if (!db->NewIterator()->status().IsFailed()) return 3;
  if (!db->Flush().IsFailed()) return 4;
  if (!db->CompactRange(nullptr, nullptr).IsFailed()) return 5;
  if (!db->WaitForCompaction().IsFailed()) return 6;
  std::string text;
  if (db->GetProperty("treering.stats", &text)) return 7;
  if (db->state() != DbState::kFailed) return 8;
  (void)db->GetSnapshot();
  if (!db->Write(WriteBatch(), WriteOptions{Durability::kDisk}).IsFailed()) return 9;
  if (!db->Close().IsFailed()) return 10;
  return 0;
}

TEST_P(ForkTest, AChildIsRefused) {
  ASSERT_TRUE(db_->Put("a", "1").ok());
  PinnedValue value;
  ASSERT_TRUE(db_->Get("a", &value).ok());
  const pid_t child = fork();
  if (child == 0) {
    const int wrong = AskInChild(db_.get());
    db_.reset();
    options_.runtime.reset();
    _exit(wrong);
  }
  int status = 0;
  waitpid(child, &status, 0);
  EXPECT_TRUE(WIFEXITED(status));
  EXPECT_EQ(WEXITSTATUS(status), 0);
  ASSERT_TRUE(db_->Put("c", "3").ok());
  ASSERT_TRUE(db_->Close().ok());
  Open();
  ASSERT_TRUE(db_->Get("c", &value).ok());
  EXPECT_TRUE(db_->Get("b", &value).IsNotFound());
}

// The child holds copies of all descriptors, and with them the locks.
TEST_P(ForkTest, AChildThatLivesOnDoesNotHoldTheLocks) {
  ASSERT_TRUE(db_->Put("a", "1").ok());
  int ends[2];
  ASSERT_EQ(pipe(ends), 0);
  const pid_t child = fork();
  if (child == 0) {
    close(ends[1]);
    char byte = 0;
    _exit(read(ends[0], &byte, 1) == 0 ? 0 : 1);  // until the parent lets go
  }
  close(ends[0]);
  ASSERT_TRUE(db_->Close().ok());
  auto again = DB::Open(options_, dir_.File("db"));
  EXPECT_TRUE(again.ok()) << again.status().ToString();
  close(ends[1]);
  int status = 0;
  waitpid(child, &status, 0);
  EXPECT_EQ(status, 0);
}

// What a child destroys is its copy: the parent's lock stays.
TEST_P(ForkTest, AChildThatEndsLeavesTheLock) {
  const pid_t child = fork();
  if (child == 0) {
    db_.reset();
    _exit(0);
  }
  int status = 0;
  waitpid(child, &status, 0);
  EXPECT_EQ(status, 0);
  const pid_t other = fork();
  if (other == 0) {
    Options options;
    RuntimeOptions runtime;
    runtime.memory_budget = 32 << 20;
    runtime.io_backend = GetParam();
    auto made = Runtime::Create(runtime);
    if (!made.ok()) _exit(2);
    options.runtime = *std::move(made);
    _exit(DB::Open(options, dir_.File("db")).status().IsBusy() ? 0 : 1);
  }
  waitpid(other, &status, 0);
  EXPECT_EQ(status, 0);
}

INSTANTIATE_TEST_SUITE_P(Drivers, ForkTest, ::testing::Values(IoBackend::kUring, IoBackend::kPosix),
                         [](const auto& info) {
                           return info.param == IoBackend::kUring ? "uring" : "posix";
                         });

}  // namespace
}  // namespace treering::testing
