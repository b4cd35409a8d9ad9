#include "engine/runtime/worker_pool.h"

#include <gtest/gtest.h>

#include <atomic>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "engine/base/thread.h"
#include "engine/io/sim_disk.h"
#include "engine/io/sim_testing.h"

namespace treering::runtime {
namespace {

// Jobs wait in it until it is opened.
class Gate {
 public:
  void Open() {
    base::MutexLock lock(&mutex_);
    open_ = true;
    changed_.NotifyAll();
  }
  void Pass() {
    base::MutexLock lock(&mutex_);
    ++arrived_;
    changed_.NotifyAll();
    while (!open_) changed_.Wait(&mutex_);
  }
  void AwaitArrivals(int count) {
    base::MutexLock lock(&mutex_);
    while (arrived_ < count) changed_.Wait(&mutex_);
  }
  int arrived() {
    base::MutexLock lock(&mutex_);
    return arrived_;
  }

 private:
  base::Mutex mutex_;
  base::CondVar changed_;
  int arrived_ = 0;
  bool open_ = false;
};

struct World {
  explicit World(uint32_t threads) {
    pool = std::move(WorkerPool::Start({.threads = threads}, &disk, &totals)).value();
  }
  io::SimStorage storage;
  io::SimDisk disk{&storage};
  IoTotals totals;
  std::unique_ptr<WorkerPool> pool;
  int owner = 0;
};

TEST(WorkerPoolTest, JobsStartByPriorityThenByArrival) {
  io::RunSim(1, [] {
    World world(1);
    Gate gate;
    std::string order;
    world.pool->Schedule(JobPriority::kMaintenance, &world, [&](io::Queue*) { gate.Pass(); });
    gate.AwaitArrivals(1);
    const auto add = [&](JobPriority priority, char name) {
      world.pool->Schedule(priority, &world, [&order, name](io::Queue*) { order += name; });
    };
    add(JobPriority::kMaintenance, 'm');
    add(JobPriority::kDeeper, 'd');
    add(JobPriority::kDeeper, 'e');
    add(JobPriority::kLevel0, 'l');
    add(JobPriority::kFlush, 'f');
    add(JobPriority::kPrepare, 'p');
    EXPECT_EQ(world.pool->waiting(JobPriority::kDeeper), 2u);
    Gate last;
    last.Open();
    world.pool->Schedule(JobPriority::kMaintenance, &world, [&](io::Queue*) { last.Pass(); });
    gate.Open();
    last.AwaitArrivals(1);
    world.pool->Drain(&world);
    EXPECT_EQ(order, "pfldme");  // upkeep let two compactions pass
  });
}

TEST(WorkerPoolTest, UpkeepRunsAmongCompactionsWithoutEnd) {
  for (const uint32_t threads : {1u, 2u, 3u}) {
    io::RunSim(threads, [threads] {
      World world(threads);
      Gate upkeep;
      upkeep.Open();
      bool stop = false;  // the simulation runs one thread at a time
      uint64_t compactions = 0;
      std::function<void(io::Queue*)> compaction = [&](io::Queue*) {
        base::SleepNanos(1000);
        ++compactions;
        if (!stop) world.pool->Schedule(JobPriority::kLevel0, &world, compaction);
      };
      for (uint32_t i = 0; i < threads; ++i) {
        world.pool->Schedule(JobPriority::kLevel0, &world, compaction);
      }
      while (compactions < 10) base::SleepNanos(1000);
      const uint64_t before = compactions;
      world.pool->Schedule(JobPriority::kMaintenance, &world, [&](io::Queue*) { upkeep.Pass(); });
      for (int i = 0; i < 1000 && upkeep.arrived() == 0; ++i) base::SleepNanos(1000);
      EXPECT_EQ(upkeep.arrived(), 1) << threads << " threads";
      EXPECT_LE(compactions - before, WorkerPool::kUpkeepTurn + threads);
      stop = true;
      world.pool->Drain(&world);
    });
  }
}

TEST(WorkerPoolTest, OneThreadStaysFreeForFlushes) {
  for (uint64_t seed = 1; seed <= 10; ++seed) {
    io::RunSim(seed, [] {
      World world(3);
      Gate compactions;
      for (int i = 0; i < 5; ++i) {
        world.pool->Schedule(JobPriority::kDeeper, &world, [&](io::Queue*) { compactions.Pass(); });
      }
      compactions.AwaitArrivals(2);
      Gate flushed;
      flushed.Open();
      world.pool->Schedule(JobPriority::kFlush, &world, [&](io::Queue*) { flushed.Pass(); });
      flushed.AwaitArrivals(1);
      base::SleepNanos(1'000'000);
      EXPECT_EQ(compactions.arrived(), 2);
      EXPECT_EQ(world.pool->running(), 2u);
      compactions.Open();
      compactions.AwaitArrivals(5);
      world.pool->Drain(&world);
    });
  }
}

TEST(WorkerPoolTest, DrainCancelsWhatWaitsAndWaitsForWhatRuns) {
  for (uint64_t seed = 1; seed <= 10; ++seed) {
    io::RunSim(seed, [] {
      World world(2);
      Gate gate;
      bool ended = false;
      bool other_ran = false;
      int never_run = 0;
      auto captured = std::make_shared<int>(0);
      world.pool->Schedule(JobPriority::kLevel0, &world, [&, captured](io::Queue*) {
        gate.Pass();
        base::SleepNanos(50'000);
        // Comes while the owner is drained: dropped.
        world.pool->Schedule(JobPriority::kFlush, &world, [&](io::Queue*) { ++never_run; });
        ended = true;
      });
      gate.AwaitArrivals(1);
      for (int i = 0; i < 3; ++i) {
        world.pool->Schedule(JobPriority::kDeeper, &world,
                             [&never_run, captured](io::Queue*) { ++never_run; });
      }
      world.pool->Schedule(JobPriority::kFlush, &world.owner,
                           [&](io::Queue*) { other_ran = true; });
      gate.Open();
      EXPECT_EQ(world.pool->Drain(&world), 3u);
      EXPECT_TRUE(ended);
      EXPECT_EQ(captured.use_count(), 1);
      base::SleepNanos(1'000'000);
      EXPECT_EQ(never_run, 0);
      EXPECT_TRUE(other_ran);
      world.pool->Drain(&world.owner);
    });
  }
}

TEST(WorkerPoolTest, JobsDoTheirIoOnTheirThreadsQueue) {
  io::RunSim(2, [] {
    World world(2);
    world.storage.PutFile("/db/x", std::string(8192, 'x'));
    auto directory = std::move(world.disk.OpenDirectory("/db", false)).value();
    auto file = std::move(directory->Open("x", {})).value();
    Gate done;
    done.Open();
    alignas(4096) static std::byte buffers[4][4096];
    for (auto& buffer : buffers) {
      world.pool->Schedule(JobPriority::kFlush, &world, [&](io::Queue* queue) {
        io::Request read = io::Request::Read(file.get(), 4096, buffer);
        EXPECT_TRUE(queue->Run(&read).ok());
        EXPECT_EQ(buffer[0], std::byte{'x'});
        done.Pass();
      });
    }
    done.AwaitArrivals(4);
    world.pool->Drain(&world);
    EXPECT_EQ(world.totals.Read().requests, 4u);
    EXPECT_EQ(world.totals.Read().bytes_read, 4u * 4096);
  });
}

// Refuses the nth queue.
class NoMoreQueues final : public io::Disk {
 public:
  explicit NoMoreQueues(io::Disk* disk, int allowed) : disk_(disk), allowed_(allowed) {}
  Result<std::unique_ptr<io::Queue>> NewQueue(uint32_t depth) override {
    if (allowed_.fetch_sub(1) <= 0) return Status::OutOfMemory("no more queues");
    return disk_->NewQueue(depth);
  }
  Result<std::unique_ptr<io::Directory>> OpenDirectory(const std::string& path,
                                                       bool create) override {
    return disk_->OpenDirectory(path, create);
  }
  Status RemoveDirectory(const std::string& path) override { return disk_->RemoveDirectory(path); }
  io::BufferArena* arena() override { return disk_->arena(); }
  io::DiskFacts Facts() override { return disk_->Facts(); }

 private:
  io::Disk* const disk_;
  std::atomic<int> allowed_;
};

TEST(WorkerPoolTest, WithoutAQueueForEveryThreadTheStartFails) {
  io::RunSim(3, [] {
    io::SimStorage storage;
    io::SimDisk disk(&storage);
    NoMoreQueues poor(&disk, 2);
    EXPECT_TRUE(WorkerPool::Start({.threads = 3}, &poor, nullptr).status().IsOutOfMemory());
  });
}

TEST(WorkerPoolTest, RealThreadsScheduleAndDrain) {
  World world(2);
  std::atomic<int> ran{0};
  std::vector<base::Thread> threads(3);
  for (size_t t = 0; t < threads.size(); ++t) {
    ASSERT_TRUE(base::Thread::Start(
                    "client" + std::to_string(t),
                    [&world, &ran] {
                      for (int round = 0; round < 100; ++round) {
                        int owner = 0;
                        int plain = 0;  // written by jobs one at a time, read after the drain
                        base::Mutex mutex;
                        for (int i = 0; i < 5; ++i) {
                          world.pool->Schedule(static_cast<JobPriority>(i), &owner,
                                               [&](io::Queue*) {
                                                 base::MutexLock lock(&mutex);
                                                 ++plain;
                                                 ran.fetch_add(1);
                                               });
                        }
                        const auto ran_here = [&] {
                          base::MutexLock lock(&mutex);
                          return plain;
                        };
                        while (round % 2 == 0 && ran_here() < 2) base::SpinPause();
                        const size_t cancelled = world.pool->Drain(&owner);
                        ASSERT_EQ(plain + cancelled, 5u);
                      }
                    },
                    &threads[t])
                    .ok());
  }
  for (auto& thread : threads) thread.Join();
  EXPECT_GE(ran.load(), 3 * 50 * 2);
}

}  // namespace
}  // namespace treering::runtime
