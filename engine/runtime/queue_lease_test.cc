#include "engine/runtime/queue_lease.h"

#include <gtest/gtest.h>

#include <atomic>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "engine/base/thread.h"
#include "engine/io/drivers.h"
#include "engine/io/sim_disk.h"
#include "engine/io/sim_testing.h"

namespace treering::runtime {
namespace {

void OnThread(const std::function<void()>& body) {
  base::Thread thread;
  ASSERT_TRUE(base::Thread::Start("leaser", body, &thread).ok());
  thread.Join();
}

class QueueLeaseTest : public testing::Test {
 protected:
  std::unique_ptr<QueueLeases> Make(uint32_t own_max, uint32_t shared_kept = 4) {
    return std::make_unique<QueueLeases>(
        QueueLeases::Options{.own_max = own_max, .queue_depth = 8, .shared_kept = shared_kept},
        disk_.get(), nullptr);
  }
  std::unique_ptr<io::Disk> disk_ = io::OpenPosixDisk({.arena_bytes_max = 4u << 20});
};

TEST_F(QueueLeaseTest, AThreadKeepsItsQueue) {
  auto leases = Make(4);
  io::Queue* first = nullptr;
  {
    QueueLease lease = std::move(leases->Lease()).value();
    first = lease.queue();
  }
  QueueLease lease = std::move(leases->Lease()).value();
  EXPECT_EQ(lease.queue(), first);
  EXPECT_EQ(leases->Stats().own_alive, 1u);
  EXPECT_EQ(leases->Stats().shared_leases, 0u);
}

TEST_F(QueueLeaseTest, ANestedLeaseIsAnotherQueue) {
  auto leases = Make(4);
  QueueLease outer = std::move(leases->Lease()).value();
  QueueLease inner = std::move(leases->Lease()).value();
  EXPECT_NE(outer.queue(), inner.queue());
  EXPECT_EQ(leases->Stats().shared_leases, 1u);
}

TEST_F(QueueLeaseTest, AQueueEndsWithItsThread) {
  auto leases = Make(4);
  OnThread([&] {
    QueueLease lease = std::move(leases->Lease()).value();
    EXPECT_EQ(leases->Stats().own_alive, 1u);
  });
  EXPECT_EQ(leases->Stats().own_alive, 0u);
}

TEST_F(QueueLeaseTest, AQueueEndsWithTheRuntimeBeforeItsThread) {
  auto leases = Make(4);
  OnThread([&] {
    (void)std::move(leases->Lease()).value();
    leases.reset();
    disk_.reset();
    disk_ = io::OpenPosixDisk({.arena_bytes_max = 4u << 20});
    leases = Make(4);
    (void)std::move(leases->Lease()).value();
    EXPECT_EQ(leases->Stats().own_alive, 1u);
  });
  EXPECT_EQ(leases->Stats().own_alive, 0u);
}

TEST_F(QueueLeaseTest, BeyondTheBoundThreadsShare) {
  auto leases = Make(1, 1);
  QueueLease own = std::move(leases->Lease()).value();
  io::Queue* shared = nullptr;
  OnThread([&] {
    QueueLease first = std::move(leases->Lease()).value();
    QueueLease second = std::move(leases->Lease()).value();
    shared = first.queue();
    EXPECT_NE(first.queue(), second.queue());
    EXPECT_EQ(leases->Stats().own_alive, 1u);
    EXPECT_EQ(leases->Stats().shared_alive, 2u);
    second = QueueLease();
  });
  EXPECT_EQ(leases->Stats().shared_alive, 1u) << "one idle queue is kept";
  EXPECT_EQ(leases->Stats().shared_leases, 2u);
}

TEST_F(QueueLeaseTest, ASharedLeaseMovesBetweenThreads) {
  auto leases = Make(4);
  QueueLease lease = std::move(leases->LeaseShared()).value();
  OnThread([moved = std::make_shared<QueueLease>(std::move(lease))] {
    EXPECT_EQ((*moved)->in_flight(), 0u);
  });
  EXPECT_EQ(leases->Stats().shared_alive, 1u);
}

// Gives a limited number of queues that belong to threads.
class Stingy final : public io::Disk {
 public:
  explicit Stingy(io::Disk* disk) : disk_(disk) {}
  Result<std::unique_ptr<io::Queue>> NewQueue(uint32_t depth) override {
    ++asked;
    if (refuse) return Status::OutOfMemory("RLIMIT_MEMLOCK");
    return disk_->NewQueue(depth);
  }
  Result<std::unique_ptr<io::Queue>> NewMovableQueue(uint32_t depth) override {
    return disk_->NewMovableQueue(depth);
  }
  Result<std::unique_ptr<io::Directory>> OpenDirectory(const std::string& path,
                                                       bool create) override {
    return disk_->OpenDirectory(path, create);
  }
  Status RemoveDirectory(const std::string& path) override { return disk_->RemoveDirectory(path); }
  io::BufferArena* arena() override { return disk_->arena(); }
  io::DiskFacts Facts() override { return disk_->Facts(); }

  std::atomic<int> asked{0};
  std::atomic<bool> refuse{false};

 private:
  io::Disk* const disk_;
};

TEST_F(QueueLeaseTest, WhatTheSystemRefusesIsNotAskedForAgainAndAgain) {
  Stingy stingy(disk_.get());
  QueueLeases leases({.own_max = 4}, &stingy, nullptr);
  (void)std::move(leases.Lease()).value();
  stingy.refuse = true;
  OnThread([&] {
    for (int i = 0; i < 5; ++i) EXPECT_TRUE(leases.Lease().ok());
  });
  EXPECT_EQ(stingy.asked.load(), 2);
  EXPECT_EQ(leases.Stats().shared_leases, 5u);
}

TEST_F(QueueLeaseTest, ARefusalIsNotForEver) {
  Stingy stingy(disk_.get());
  stingy.refuse = true;
  QueueLeases leases({.own_max = 4}, &stingy, nullptr);
  EXPECT_TRUE(leases.Lease().ok());  // the first of all is refused: none will ever end
  stingy.refuse = false;
  for (uint32_t i = 0; i < QueueLeases::kAskAgain; ++i) EXPECT_TRUE(leases.Lease().ok());
  EXPECT_EQ(stingy.asked.load(), 2);
  EXPECT_EQ(leases.Stats().own_alive, 1u);
  OnThread([&] {
    EXPECT_TRUE(leases.Lease().ok());
    EXPECT_EQ(leases.Stats().own_alive, 2u) << "nobody else has to wait again";
  });
}

// Rings and plain queues, counted.
class Counting final : public io::Disk {
 public:
  explicit Counting(io::Disk* disk) : disk_(disk) {}
  Result<std::unique_ptr<io::Queue>> NewQueue(uint32_t depth) override {
    return disk_->NewQueue(depth);
  }
  Result<std::unique_ptr<io::Queue>> NewMovableQueue(uint32_t depth) override {
    ++rings;
    return disk_->NewMovableQueue(depth);
  }
  Result<std::unique_ptr<io::Queue>> NewPlainQueue(uint32_t depth) override {
    ++plain;
    return disk_->NewPlainQueue(depth);
  }
  Result<std::unique_ptr<io::Directory>> OpenDirectory(const std::string& path,
                                                       bool create) override {
    return disk_->OpenDirectory(path, create);
  }
  Status RemoveDirectory(const std::string& path) override { return disk_->RemoveDirectory(path); }
  io::BufferArena* arena() override { return disk_->arena(); }
  io::DiskFacts Facts() override { return disk_->Facts(); }

  int rings = 0;
  int plain = 0;

 private:
  io::Disk* const disk_;
};

TEST_F(QueueLeaseTest, AThousandHoldersAreNotAThousandRings) {
  auto uring = io::OpenDisk({.arena_bytes_max = 4u << 20});
  ASSERT_TRUE(uring.ok());
  Counting disk(uring->get());
  QueueLeases leases({.own_max = 4, .shared_max = 8}, &disk, nullptr);
  std::vector<QueueLease> holders;
  for (int i = 0; i < 1000; ++i) {
    Result<QueueLease> lease = leases.LeaseShared();
    ASSERT_TRUE(lease.ok()) << lease.status().ToString();
    holders.push_back(*std::move(lease));
  }
  EXPECT_EQ(disk.rings, 8);
  EXPECT_EQ(leases.Stats().shared_alive, 8u);
  EXPECT_EQ(leases.Stats().plain_alive, 992u);
  EXPECT_EQ(leases.Stats().plain_leases, 992u);
  for (const QueueLease& lease : holders) {
    io::Request* out[1];
    EXPECT_EQ(lease->Poll(out), 0u);
  }
  holders.clear();
  EXPECT_EQ(leases.Stats().plain_alive, 0u);
  EXPECT_EQ(leases.Stats().shared_alive, 8u) << "kept for the next";
  EXPECT_TRUE(leases.LeaseShared().ok());
  EXPECT_EQ(disk.rings, 8);
  EXPECT_EQ(disk.plain, 992);
}

TEST_F(QueueLeaseTest, ThreadsAndRuntimesEndInAnyOrder) {
  std::vector<base::Thread> threads(4);
  std::vector<std::unique_ptr<QueueLeases>> runtimes;
  for (int i = 0; i < 6; ++i) runtimes.push_back(Make(3));
  std::atomic<int> through{0};
  std::atomic<bool> end{false};
  for (size_t t = 0; t < threads.size(); ++t) {
    ASSERT_TRUE(base::Thread::Start(
                    "leaser" + std::to_string(t),
                    [&, t] {
                      for (int round = 0; round < 30; ++round) {
                        for (auto& runtime : runtimes) ASSERT_TRUE(runtime->Lease().ok());
                      }
                      through.fetch_add(1);
                      // Half of the threads end while the Runtimes do.
                      while (t % 2 == 0 && !end.load()) base::SpinPause();
                    },
                    &threads[t])
                    .ok());
  }
  while (through.load() < 4) base::SpinPause();
  end.store(true);
  runtimes.clear();
  for (auto& thread : threads) thread.Join();
}

TEST(QueueLeaseSimTest, SimulatedThreadsShare) {
  io::RunSim(1, [] {
    io::SimStorage storage;
    io::SimDisk disk(&storage);
    QueueLeases leases({.own_max = 4}, &disk, nullptr);
    { EXPECT_TRUE(leases.Lease().ok()); }
    EXPECT_TRUE(leases.Lease().ok());
    EXPECT_EQ(leases.Stats().own_alive, 0u);
    EXPECT_EQ(leases.Stats().shared_alive, 1u);
  });
}

}  // namespace
}  // namespace treering::runtime
