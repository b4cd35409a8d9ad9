#include "engine/db/commit_queue.h"

#include <gtest/gtest.h>

#include "engine/base/sim_scheduler.h"

namespace treering::db {
namespace {

WriteBatch BatchOf(size_t bytes) {
  WriteBatch batch;
  batch.Put("k", std::string(bytes, 'v'));
  return batch;
}

TEST(CommitQueue, WritersJoinTheOpenGroup) {
  CommitQueue queue;
  const WriteBatch batch = BatchOf(10);
  bool leads = false;
  const auto first = queue.Join(&batch, Durability::kProcess, &leads);
  EXPECT_TRUE(leads);
  const auto second = queue.Join(&batch, Durability::kDisk, &leads);
  EXPECT_FALSE(leads);
  EXPECT_EQ(first, second);
  EXPECT_EQ(first->batches.size(), 2u);
  EXPECT_EQ(first->durability, Durability::kDisk);
  EXPECT_TRUE(queue.IsFront(*first));
}

TEST(CommitQueue, AClosedOrFullGroupTakesNoWriter) {
  CommitQueue queue;
  const WriteBatch small = BatchOf(10);
  const WriteBatch large = BatchOf(CommitQueue::kGroupBytesMax);
  bool leads = false;
  const auto first = queue.Join(&small, Durability::kProcess, &leads);
  queue.Close(first.get());
  const auto second = queue.Join(&small, Durability::kProcess, &leads);
  EXPECT_TRUE(leads);
  EXPECT_NE(first, second);
  const auto third = queue.Join(&large, Durability::kProcess, &leads);
  EXPECT_TRUE(leads);
  EXPECT_FALSE(queue.IsFront(*third));
  queue.PassOn();
  EXPECT_EQ(second->turn.Load(), 1u);
  EXPECT_EQ(third->turn.Load(), 0u);
}

// Many writers; each must be in exactly one group, and be told that group's outcome.
TEST(CommitQueue, EveryWriterIsCommittedOnceUnderEverySchedule) {
  for (uint64_t seed = 1; seed <= 200; ++seed) {
    int committed = 0;
    const auto report = base::SimScheduler::Run(seed, [&] {
      base::Mutex mutex;
      CommitQueue queue;
      const WriteBatch batch = BatchOf(10);
      std::vector<base::Thread> threads(6);
      for (auto& thread : threads) {
        ASSERT_TRUE(base::Thread::Start(
                        "writer",
                        [&] {
                          mutex.Lock();
                          bool leads = false;
                          const auto group = queue.Join(&batch, Durability::kProcess, &leads);
                          if (!leads) {
                            mutex.Unlock();
                            group->done.WaitWhile(0);
                            EXPECT_TRUE(group->status.IsBusy());
                            return;
                          }
                          if (!queue.IsFront(*group)) {
                            mutex.Unlock();
                            group->turn.WaitWhile(0);
                            mutex.Lock();
                          }
                          queue.Close(group.get());
                          committed += static_cast<int>(group->batches.size());
                          queue.PassOn();
                          mutex.Unlock();
                          base::SchedPoint();
                          CommitQueue::Finish(group.get(), Status::Busy("told"));
                        },
                        &thread)
                        .ok());
      }
      for (auto& thread : threads) thread.Join();
      EXPECT_TRUE(queue.empty());
    });
    ASSERT_FALSE(report.deadlock) << "seed " << seed << "\n" << report.deadlock_text;
    EXPECT_EQ(committed, 6) << "seed " << seed;
  }
}

}  // namespace
}  // namespace treering::db
