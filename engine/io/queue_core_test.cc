#include "engine/io/queue_core.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cerrno>
#include <deque>
#include <memory>
#include <utility>
#include <vector>

#include "engine/io/file.h"

namespace treering::io {
namespace {

class FakeFile final : public File {
 public:
  explicit FakeFile(bool direct, bool writable = true) : File("/d/f", direct, writable) {}
  Status Size(uint64_t* bytes) override {
    *bytes = 0;
    return Status::Ok();
  }
};

// Answers each attempt from a script and writes down what it was asked.
class ScriptedDriver final : public QueueDriver {
 public:
  struct Script {
    std::deque<int64_t> results;                       // empty: all of it
    std::vector<std::pair<uint64_t, uint64_t>> asked;  // offset, length
    size_t held_max = 0;
    const char* break_with = nullptr;
  };
  explicit ScriptedDriver(Script* script) : script_(script) {}

  void Start(const Attempt& attempt) override {
    script_->asked.emplace_back(attempt.offset, attempt.length);
    held_.push_back(attempt);
    script_->held_max = std::max(script_->held_max, held_.size());
  }
  void Collect(size_t min_count, uint64_t, AttemptSink* sink) override {
    if (script_->break_with != nullptr) sink->OnBroken(std::exchange(script_->break_with, nullptr));
    ASSERT_FALSE(held_.empty() && min_count > 0) << "would wait for ever";
    // One at a time, newest first: order is not promised.
    if (held_.empty()) return;
    const Attempt attempt = held_.back();
    held_.pop_back();
    int64_t result = attempt.op == Op::kSync ? 0 : static_cast<int64_t>(attempt.length);
    if (!script_->results.empty()) {
      result = script_->results.front();
      script_->results.pop_front();
    }
    sink->OnResult(attempt.request, result);
  }
  void Interrupt() override {}

 private:
  Script* const script_;
  std::vector<Attempt> held_;
};

using Asked = std::vector<std::pair<uint64_t, uint64_t>>;

class QueueCoreTest : public testing::Test {
 protected:
  QueueCoreTest() : queue_(std::make_unique<ScriptedDriver>(&script_), 4) {}

  int RunRead(File* file, uint64_t offset, size_t length, std::deque<int64_t> results) {
    return RunOne(Request::Read(file, offset, {bytes_, length}), std::move(results));
  }
  int RunWrite(File* file, uint64_t offset, size_t length, std::deque<int64_t> results) {
    return RunOne(Request::Write(file, offset, {bytes_, length}), std::move(results));
  }
  int RunOne(Request request, std::deque<int64_t> results) {
    script_.asked.clear();
    script_.results = std::move(results);
    last_ = request;
    const Status status = queue_.Run(&last_);
    EXPECT_EQ(status.ok(), last_.error == 0);
    EXPECT_EQ(last_.file->in_flight(), 0);
    return last_.error;
  }

  alignas(4096) std::byte bytes_[32768] = {};
  FakeFile direct_{true};
  FakeFile plain_{false};
  ScriptedDriver::Script script_;
  QueueCore queue_;
  Request last_;
};

TEST_F(QueueCoreTest, ShortTransfersGoOnWhereTheyStopped) {
  EXPECT_EQ(RunRead(&plain_, 100, 1000, {300, 600, 100}), 0);
  EXPECT_EQ(script_.asked, (Asked{{100, 1000}, {400, 700}, {1000, 100}}));
  EXPECT_EQ(last_.transferred, 1000u);
  EXPECT_EQ(RunWrite(&plain_, 0, 1000, {999, 1}), 0);
  EXPECT_EQ(plain_.Completed().writes(), 1u);
  EXPECT_EQ(queue_.stats().resubmits, 3u);
}

TEST_F(QueueCoreTest, OnDirectFilesTheyGoOnAtAWholePage) {
  EXPECT_EQ(RunRead(&direct_, 8192, 16384, {4608, 12288}), 0);
  EXPECT_EQ(script_.asked, (Asked{{8192, 16384}, {12288, 12288}}));
  EXPECT_EQ(last_.transferred, 16384u);
}

TEST_F(QueueCoreTest, EndOfFileIsNotAskedForEver) {
  EXPECT_EQ(RunRead(&plain_, 0, 1000, {0}), 0);
  EXPECT_EQ(last_.transferred, 0u);
  EXPECT_EQ(RunRead(&plain_, 0, 1000, {400, 0}), 0);
  EXPECT_EQ(last_.transferred, 400u);
  // 5000 bytes in the file: the second page gives its 904 bytes twice, which is no progress.
  EXPECT_EQ(RunRead(&direct_, 0, 8192, {5000, 904}), 0);
  EXPECT_EQ(script_.asked, (Asked{{0, 8192}, {4096, 4096}}));
  EXPECT_EQ(last_.transferred, 5000u);
}

TEST_F(QueueCoreTest, AWriteOfNothingIsAnErrorAfterOneRetry) {
  EXPECT_EQ(RunWrite(&plain_, 0, 1000, {0, 1000}), 0);
  EXPECT_EQ(RunWrite(&plain_, 0, 1000, {0, 0}), EIO);
  EXPECT_EQ(script_.asked.size(), 2u);
  EXPECT_EQ(plain_.Completed().writes(), 1u);
}

TEST_F(QueueCoreTest, InterruptionsAreRetriedUpToACap) {
  EXPECT_EQ(RunRead(&plain_, 0, 1000, {-EINTR, -EAGAIN, 1000}), 0);
  EXPECT_EQ(RunRead(&plain_, 0, 1000, std::deque<int64_t>(100, -EAGAIN)), EAGAIN);
  EXPECT_EQ(script_.asked.size(), kRetriesMax + 1);
  EXPECT_EQ(RunRead(&plain_, 0, 1000, {-EIO}), EIO);
  EXPECT_EQ(script_.asked.size(), 1u);
}

TEST_F(QueueCoreTest, AFailedSyncIsNotRetried) {
  for (const int error : {EINTR, EAGAIN, EIO}) {
    EXPECT_EQ(RunOne(Request::Sync(&plain_, plain_.Completed()), {-error, 0}), error);
    EXPECT_EQ(script_.asked.size(), 1u);
  }
  EXPECT_EQ(queue_.stats().syncs, 0u);
}

TEST_F(QueueCoreTest, ProgressOfAByteAtATimeIsGivenUp) {
  EXPECT_EQ(RunRead(&plain_, 0, 32768, std::deque<int64_t>(32768, 1)), EIO);
  EXPECT_EQ(script_.asked.size(), kAttemptsMax);
}

TEST_F(QueueCoreTest, WhatCannotBeIsRefusedUnsent) {
  EXPECT_EQ(RunRead(&direct_, 512, 4096, {}), EINVAL);
  EXPECT_EQ(RunRead(&direct_, 0, 4095, {}), EINVAL);
  EXPECT_EQ(RunOne(Request::Read(&direct_, 0, {bytes_ + 512, 4096}), {}), EINVAL);
  EXPECT_EQ(RunRead(&plain_, INT64_MAX, 2, {}), EINVAL);
  EXPECT_EQ(RunRead(&plain_, UINT64_MAX, 2, {}), EINVAL);
  EXPECT_EQ(RunOne(Request::Truncate(&plain_, UINT64_MAX), {}), EINVAL);
  FakeFile read_only(false, /*writable=*/false);
  EXPECT_EQ(RunWrite(&read_only, 0, 1, {}), EBADF);
  EXPECT_EQ(RunOne(Request::Truncate(&read_only, 1), {}), EBADF);
  EXPECT_EQ(RunRead(&plain_, 7, 0, {}), 0);  // nothing to do
  EXPECT_TRUE(script_.asked.empty());
}

TEST_F(QueueCoreTest, TheDriverNeverHoldsMoreThanDepth) {
  std::vector<Request> requests(20, Request::Read(&plain_, 0, {bytes_, 100}));
  for (Request& request : requests) queue_.Submit(&request);
  EXPECT_EQ(queue_.in_flight(), 20u);
  EXPECT_EQ(plain_.in_flight(), 20);
  std::vector<Request*> out(32);
  size_t back = 0;
  while (back < 20) back += queue_.Wait(out, 1, kNoTimeout);
  EXPECT_EQ(script_.held_max, 4u);
  EXPECT_EQ(queue_.in_flight(), 0u);
  EXPECT_EQ(queue_.stats().bytes_read, 2000u);
  EXPECT_EQ(queue_.stats().depth_sum, 17u * 4 + 3 + 2 + 1);
}

TEST_F(QueueCoreTest, ReadsInFlightAreCountedApart) {
  std::vector<Request> requests(4, Request::Read(&plain_, 0, {bytes_, 100}));
  requests[1] = Request::Write(&plain_, 0, {bytes_, 100});
  for (Request& request : requests) queue_.Submit(&request);
  std::vector<Request*> out(4);
  for (size_t back = 0; back < 4;) back += queue_.Wait(out, 1, kNoTimeout);
  EXPECT_EQ(queue_.stats().depth_sum, 4u + 3 + 2 + 1);
  EXPECT_EQ(queue_.stats().reads, 3u);
  EXPECT_EQ(queue_.stats().read_depth_sum, 3u + 2 + 1);
  EXPECT_EQ(queue_.stats().read_depth_bytes_sum, 600u);
}

TEST_F(QueueCoreTest, RunKeepsTheOthersForTheNextPoll) {
  Request other = Request::Read(&direct_, 0, {bytes_, 4096});
  queue_.Submit(&other);
  EXPECT_EQ(RunRead(&plain_, 0, 100, {}), 0);
  Request* out[4];
  EXPECT_EQ(queue_.Poll(out), 1u);
  EXPECT_EQ(out[0], &other);
}

TEST_F(QueueCoreTest, DestructionWaitsForEverything) {
  std::vector<Request> requests(20, Request::Write(&plain_, 0, {bytes_, 100}));
  {
    QueueCore queue(std::make_unique<ScriptedDriver>(&script_), 4);
    for (Request& request : requests) queue.Submit(&request);
  }
  EXPECT_EQ(script_.asked.size(), 20u);
  EXPECT_EQ(plain_.in_flight(), 0);
}

TEST_F(QueueCoreTest, ABrokenDriverFailsEverythingAfterwards) {
  script_.break_with = "a completion nobody asked for";
  EXPECT_EQ(RunRead(&plain_, 0, 100, {}), ENOTRECOVERABLE);
  EXPECT_TRUE(last_.ToStatus().IsFailed());
  EXPECT_STREQ(queue_.stats().broken_cause, "a completion nobody asked for");
  EXPECT_EQ(RunRead(&plain_, 0, 100, {}), ENOTRECOVERABLE);
  EXPECT_TRUE(script_.asked.empty());  // the driver is not used any more
}

TEST_F(QueueCoreTest, MoreBytesThanAskedForIsABrokenDriver) {
  EXPECT_EQ(RunRead(&plain_, 0, 100, {101}), ENOTRECOVERABLE);
  EXPECT_NE(queue_.stats().broken_cause, nullptr);
}

TEST(QueueDepthTest, IsWithinItsBounds) {
  EXPECT_TRUE(CheckQueueDepth(0).IsInvalidArgument());
  EXPECT_TRUE(CheckQueueDepth(1).ok());
  EXPECT_TRUE(CheckQueueDepth(kQueueDepthMax).ok());
  EXPECT_TRUE(CheckQueueDepth(kQueueDepthMax + 1).IsInvalidArgument());
}

}  // namespace
}  // namespace treering::io
