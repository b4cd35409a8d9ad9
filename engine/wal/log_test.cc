#include "engine/wal/log.h"

#include <gtest/gtest.h>

#include <deque>

#include "engine/base/thread.h"
#include "engine/io/sim_disk.h"
#include "engine/io/sim_testing.h"
#include "engine/wal/log_testing.h"

namespace treering::wal {
namespace {

constexpr auto kMemory = Durability::kMemory;
constexpr auto kProcess = Durability::kProcess;
constexpr auto kDisk = Durability::kDisk;

class LogTest : public ::testing::Test {
 protected:
  void Create(const LogBenchOptions& options = {}) {
    bench_ = std::make_unique<LogBench>(&disk_, &manifest_, &history_, options);
    const Status status = bench_->Create();
    ASSERT_TRUE(status.ok()) << status.ToString();
  }
  void Commit(uint64_t bytes, Durability durability) {
    const Status status = bench_->Commit(bytes, durability);
    ASSERT_TRUE(status.ok()) << status.ToString();
  }
  // The process ends and another one looks.
  Recovered Recover() {
    bench_ = std::make_unique<LogBench>(&disk_, &manifest_, &history_);
    Result<Recovered> found = bench_->Recover();
    EXPECT_TRUE(found.ok()) << found.status().ToString();
    return found.ok() ? std::move(*found) : Recovered();
  }
  // Appends one group of its own, beside the bench's commits.
  AppendOutcome Append(key::Sequence sequence, const std::string& payload, Durability durability) {
    pieces_.push_back(payload);
    const Slice piece(pieces_.back());
    const Result<Log::Appended> appended =
        bench_->log()->Append({sequence, 1, {&piece, 1}, durability});
    EXPECT_TRUE(appended.ok()) << appended.status().ToString();
    return appended->outcome;
  }
  Log* log() { return bench_->log(); }
  io::Queue* queue() { return bench_->queue(); }

  io::SimStorage storage_;
  io::SimDisk disk_{&storage_};
  TestManifest manifest_;
  TestHistory history_;
  std::deque<std::string> pieces_;
  std::unique_ptr<LogBench> bench_;
};

TEST_F(LogTest, EveryDurabilityComesBackFromTheTail) {
  Create();
  Commit(100, kMemory);
  Commit(200, kProcess);
  Commit(300, kDisk);
  Commit(400, kProcess);
  Commit(500, kMemory);
  const Recovered found = Recover();
  EXPECT_EQ(found.result.last_sequence, history_.issued);
  EXPECT_EQ(found.result.groups_from_log, 3u);
  EXPECT_EQ(found.result.groups_from_tail, 2u);
}

TEST_F(LogTest, AProcessCommitMakesNoIo) {
  Create();
  const uint64_t before = storage_.io_count();
  Commit(100, kProcess);
  Commit(100, kMemory);
  EXPECT_EQ(storage_.io_count(), before);
}

TEST_F(LogTest, ADiskCommitIsOneWriteAndOneSyncAndCoversWhatWasBefore) {
  Create();
  Commit(100, kDisk);
  Commit(100, kProcess);
  const uint64_t before = storage_.io_count();
  Commit(100, kDisk);
  EXPECT_EQ(storage_.io_count(), before + 2);
  EXPECT_EQ(log()->DurableThrough(), history_.issued);
}

TEST_F(LogTest, WriteModeWritesEachGroup) {
  Create({.tail_capacity = 0});
  Commit(100, kProcess);
  const uint64_t before = storage_.io_count();
  Commit(100, kProcess);
  EXPECT_EQ(storage_.io_count(), before + 1);
  EXPECT_EQ(log()->WrittenThrough(), history_.issued);
  // kMemory goes out with the next that is written.
  Commit(100, kMemory);
  EXPECT_EQ(storage_.io_count(), before + 1);
  Commit(100, kProcess);
  EXPECT_EQ(storage_.io_count(), before + 2);
  EXPECT_EQ(Recover().groups.size(), 4u);
}

TEST_F(LogTest, WriteModeKeepsOnlySoMuchOfMemoryCommits) {
  Create({.tail_capacity = 0, .segment_bytes = 4 << 20});
  EXPECT_EQ(Append(1, std::string(900'000, 'x'), kMemory), AppendOutcome::kStored);
  EXPECT_EQ(Append(2, std::string(900'000, 'x'), kMemory), AppendOutcome::kBorrowed);
  ASSERT_TRUE(log()->SpillAll(queue(), kProcess).ok());
}

TEST_F(LogTest, ALargeGroupGoesPastTheTailOverSeveralSegments) {
  Create();
  Commit(100, kProcess);
  Commit(300'000, kProcess);
  Commit(100, kProcess);
  EXPECT_GT(manifest_.segments.size(), 4u);
  const Recovered found = Recover();
  EXPECT_EQ(found.result.last_sequence, history_.issued);
  EXPECT_EQ(found.result.groups_from_log, 2u);
}

TEST_F(LogTest, AFullTailIsSpilledByItsWriter) {
  Create();
  for (int i = 0; i < 100; ++i) Commit(5000, kProcess);
  EXPECT_EQ(Recover().groups.size(), 100u);
}

TEST_F(LogTest, SaysWhenTheTailShouldBeSpilled) {
  Create();
  const uint64_t now = base::SystemClock()->NowNanos();
  EXPECT_EQ(log()->SpillDueNanos(), Log::kNever);
  const std::string payload(8000, 'x');
  const Slice piece(payload);
  Result<Log::Appended> appended = log()->Append({1, 1, {&piece, 1}, kProcess});
  ASSERT_TRUE(appended.ok());
  // By its age, one second after the first.
  EXPECT_GE(appended->spill_at_nanos, now + 1'000'000'000);
  EXPECT_EQ(log()->SpillDueNanos(), appended->spill_at_nanos);
  EXPECT_EQ(log()->Append({2, 1, {&piece, 1}, kProcess})->spill_at_nanos, Log::kNever);
  // By its size, at a quarter of the tail.
  EXPECT_EQ(log()->Append({3, 1, {&piece, 1}, kProcess})->spill_at_nanos, 0u);
  EXPECT_EQ(log()->SpillDueNanos(), 0u);
  ASSERT_TRUE(log()->SpillAll(queue(), kMemory).ok());
  EXPECT_EQ(log()->SpillDueNanos(), Log::kNever);
  EXPECT_EQ(log()->WrittenThrough(), 3u);
}

TEST_F(LogTest, SpillsMayEndInAnyOrderAndCountInTheirs) {
  Create();
  std::vector<std::unique_ptr<Spill>> spills;
  for (key::Sequence sequence = 1; sequence <= 4; ++sequence) {
    Append(sequence, "payload", kProcess);
    spills.push_back(std::move(log()->BuildSpill().value()));
    ASSERT_NE(spills.back(), nullptr);
  }
  Append(5, "payload", kProcess);
  EXPECT_EQ(log()->BuildSpill(/*wait=*/false).value(), nullptr);
  const key::Sequence expected[] = {0, 2, 2, 4};
  int step = 0;
  for (const int i : {1, 0, 3, 2}) {
    ASSERT_TRUE(log()->Finish(queue(), std::move(spills[i]), 0, kMemory).ok());
    EXPECT_EQ(log()->WrittenThrough(), expected[step++]);
  }
  EXPECT_EQ(log()->DurableThrough(), 0u);
  std::unique_ptr<Spill> last = std::move(log()->BuildSpill().value());
  EXPECT_EQ(last->range().first_sequence, 5u);
  ASSERT_TRUE(log()->Finish(queue(), std::move(last), 5, kDisk).ok());
  EXPECT_EQ(log()->DurableThrough(), 5u);
}

TEST_F(LogTest, PromisesWhatIsDurableOnce) {
  Create();
  Commit(100, kProcess);
  ASSERT_TRUE(log()->SpillAll(queue(), kProcess).ok());
  EXPECT_EQ(log()->DurableThrough(), 0u);
  ASSERT_TRUE(log()->WritePromise(queue()).ok());
  EXPECT_EQ(log()->DurableThrough(), history_.issued);
  const uint64_t before = storage_.io_count();
  ASSERT_TRUE(log()->WritePromise(queue()).ok());
  EXPECT_EQ(storage_.io_count(), before);
  const Recovered found = Recover();
  EXPECT_EQ(found.result.promise, manifest_.start.lsn + 1);
  EXPECT_FALSE(found.result.clean_close);
}

TEST_F(LogTest, ACleanCloseIsTold) {
  Create();
  Commit(100, kProcess);
  ASSERT_TRUE(bench_->Close().ok());
  const Recovered found = Recover();
  EXPECT_TRUE(found.result.clean_close);
  EXPECT_EQ(found.result.last_sequence, history_.issued);
  EXPECT_EQ(found.result.bytes_cut, 0u);
}

TEST_F(LogTest, APromiseNeedsABlockThatNoGroupNeeds) {
  Create({.segment_bytes = 8192});
  // One segment of two blocks, and both go to the group.
  EXPECT_EQ(Append(1, std::string(5000, 'x'), kProcess), AppendOutcome::kStored);
  ASSERT_TRUE(log()->SpillAll(queue(), kProcess).ok());
  const auto promised = log()->WritePromise(queue());
  ASSERT_TRUE(promised.ok()) << promised.status().ToString();
  EXPECT_EQ(*promised, PromiseOutcome::kNoBlock);
  EXPECT_EQ(log()->SegmentsUsedUp(), 1u);
  EXPECT_TRUE(log()->error().ok());
}

TEST_F(LogTest, AsksForSegmentsAndTakesNothingWithoutRoom) {
  Create({.segment_bytes = 8192});
  EXPECT_EQ(log()->SegmentWanted(), 0u);
  EXPECT_EQ(Append(1, std::string(9000, 'x'), kProcess), AppendOutcome::kSegmentWanted);
  EXPECT_EQ(log()->SegmentWanted(), kSegmentBytesMin);
  // Nothing was taken: the same sequence comes again.
  EXPECT_EQ(Append(1, std::string(100, 'x'), kProcess), AppendOutcome::kStored);
  ASSERT_TRUE(log()->SpillAll(queue(), kProcess).ok());
  // The last segment is in use: one should be kept ahead.
  EXPECT_EQ(log()->SegmentWanted(), kSegmentBytesMin);
}

TEST_F(LogTest, RefusesEmptyGroups) {
  Create();
  const Slice piece("x");
  EXPECT_EQ(log()->Append({1, 1, {}, kProcess}).status().code(), Status::Code::kInvalidArgument);
  EXPECT_EQ(log()->Append({1, 1, {&piece, 1}, kProcess}).status().code(),
            Status::Code::kInvalidArgument);
}

TEST_F(LogTest, ForgetsWhatIsInTables) {
  Create();
  for (int i = 0; i < 40; ++i) Commit(6000, i % 2 == 0 ? kDisk : kProcess);
  const key::Sequence flushed = log()->WrittenThrough() - 10;
  const size_t before = manifest_.segments.size();
  ASSERT_TRUE(bench_->Forget(flushed).ok());
  EXPECT_LT(manifest_.segments.size(), before);
  EXPECT_FALSE(storage_.Exists("/db/000001.wal"));
  Commit(100, kDisk);
  const Recovered found = Recover();
  EXPECT_EQ(found.result.last_sequence, history_.issued);
  EXPECT_GT(found.groups.front().last_sequence(), flushed);
}

TEST_F(LogTest, ACutAtTheEndKeepsWhatIsStillInTheTail) {
  Create();
  Commit(100, kDisk);
  const key::Sequence flushed = history_.issued;
  Commit(100, kProcess);
  ASSERT_TRUE(bench_->Forget(flushed).ok());
  const Recovered found = Recover();
  EXPECT_EQ(found.result.groups_from_log, 0u);
  EXPECT_EQ(found.result.groups_from_tail, 1u);
  EXPECT_EQ(found.result.last_sequence, history_.issued);
}

TEST_F(LogTest, AReleasedSegmentServesAgainUnderItsName) {
  Create({.segment_bytes = 16384});
  for (int round = 0; round < 30; ++round) {
    for (int i = 0; i < 3; ++i) Commit(3000, kDisk);
    const ReplayStart start = log()->Cut(history_.issued - 1);
    const std::vector<uint64_t> gone = log()->SegmentsBefore(start);
    manifest_.start = start;
    for (std::shared_ptr<Segment>& segment : log()->Release(gone)) {
      std::erase(manifest_.segments, segment->info);
      manifest_.segments.push_back(segment->info);
      log()->AddPrepared(std::move(segment));
    }
  }
  EXPECT_LT(manifest_.last_number, 10u);
  const Recovered found = Recover();
  EXPECT_EQ(found.result.last_sequence, history_.issued);
}

TEST_F(LogTest, GenerationsFollowEachOther) {
  Create();
  for (int generation = 1; generation <= 4; ++generation) {
    for (int i = 0; i < 20; ++i) Commit(3000, i % 3 == 0 ? kDisk : kProcess);
    bench_ = std::make_unique<LogBench>(&disk_, &manifest_, &history_);
    const Result<Recovered> found = bench_->Reopen();
    ASSERT_TRUE(found.ok()) << found.status().ToString();
    EXPECT_EQ(found->result.last_sequence, history_.issued);
    EXPECT_EQ(found->groups.size(), 20u);
  }
}

// Threads that commit at once, each with a queue of its own.
void CommitTogether(LogBench* bench, io::Disk* disk, int thread_count, int commits,
                    uint64_t* syncs) {
  std::vector<base::Thread> threads(thread_count);
  std::vector<uint64_t> syncs_by(thread_count);
  for (int t = 0; t < thread_count; ++t) {
    const auto body = [=, &syncs_by] {
      const std::unique_ptr<io::Queue> queue = std::move(disk->NewQueue(8).value());
      for (int i = 0; i < commits; ++i) {
        const uint64_t bytes = (t + i) % 7 == 0 ? 20'000 : 100 + 37 * i;
        const Durability durability = (t + i) % 3 == 0 ? kProcess : kDisk;
        const Status status = bench->Commit(queue.get(), bytes, durability);
        ASSERT_TRUE(status.ok()) << status.ToString();
      }
      syncs_by[t] = queue->stats().syncs;
    };
    ASSERT_TRUE(base::Thread::Start("committer", body, &threads[t]).ok());
  }
  for (base::Thread& thread : threads) thread.Join();
  *syncs = 0;
  for (const uint64_t count : syncs_by) *syncs += count;
}

TEST(LogThreads, CommitTogetherInSimulation) {
  for (uint64_t seed = 1; seed <= 20; ++seed) {
    io::SimStorage storage({.seed = seed});
    TestManifest manifest;
    TestHistory history;
    io::RunSim(seed, [&] {
      io::SimDisk disk(&storage);
      const LogBenchOptions options = {.tail_capacity = seed % 2 == 0 ? 64u << 10 : 0u};
      uint64_t syncs = 0;
      {
        LogBench bench(&disk, &manifest, &history, options);
        ASSERT_TRUE(bench.Create().ok());
        CommitTogether(&bench, &disk, 6, 20, &syncs);
        EXPECT_GE(bench.log()->DurableThrough(), history.acked_disk);
      }
      LogBench bench(&disk, &manifest, &history, options);
      const Result<Recovered> found = bench.Recover();
      ASSERT_TRUE(found.ok()) << "seed " << seed << ": " << found.status().ToString();
      EXPECT_EQ(found->result.last_sequence, history.issued);
      EXPECT_EQ(found->groups.size(), 120u);
    });
    if (::testing::Test::HasFailure()) FAIL() << "seed " << seed;
  }
}

TEST(LogThreads, ShareTheirSyncs) {
  io::SimStorage storage({.seed = 1});
  TestManifest manifest;
  TestHistory history;
  io::RunSim(1, [&] {
    io::SimDisk disk(&storage);
    LogBench bench(&disk, &manifest, &history, {.segment_bytes = 4 << 20});
    ASSERT_TRUE(bench.Create().ok());
    uint64_t syncs = 0;
    CommitTogether(&bench, &disk, 8, 30, &syncs);
    EXPECT_LT(syncs, 160u - 20);  // of 160 kDisk commits
    EXPECT_GT(syncs, 10u);
  });
}

TEST(LogThreads, CommitTogetherOnOrdinaryThreads) {
  io::SimStorage storage;
  TestManifest manifest;
  TestHistory history;
  io::SimDisk disk(&storage);
  {
    LogBench bench(&disk, &manifest, &history);
    ASSERT_TRUE(bench.Create().ok());
    uint64_t syncs = 0;
    CommitTogether(&bench, &disk, 4, 50, &syncs);
  }
  LogBench bench(&disk, &manifest, &history);
  const Result<Recovered> found = bench.Recover();
  ASSERT_TRUE(found.ok()) << found.status().ToString();
  EXPECT_EQ(found->groups.size(), 200u);
}

// Borrowed bytes may go when Finish returned, with an error too: sanitizers watch.
TEST(LogThreads, AnErrorEndsEveryCommitAndReadsNoFreedBytes) {
  for (uint64_t nth = 1; nth <= 12; ++nth) {
    io::SimStorage storage({.seed = nth});
    TestManifest manifest;
    TestHistory history;
    io::SimDisk disk(&storage);
    {
      LogBench bench(&disk, &manifest, &history, {.tail_capacity = 0, .segment_bytes = 8 << 20});
      ASSERT_TRUE(bench.Create().ok());
      storage.faults()->Add(
          {.action = io::Action::kWrite, .name = "000001.wal", .nth = nth, .error = EIO});
      std::vector<base::Thread> threads(4);
      for (base::Thread& thread : threads) {
        const auto body = [&bench, &disk] {
          const std::unique_ptr<io::Queue> queue = std::move(disk.NewQueue(8).value());
          Status status;
          for (int i = 0; i < 40 && status.ok(); ++i) {
            status = bench.Commit(queue.get(), 30'000, kProcess);
          }
          EXPECT_EQ(status.ToString(), bench.log()->error().ToString());
          EXPECT_TRUE(status.IsIoError());
        };
        ASSERT_TRUE(base::Thread::Start("committer", body, &thread).ok());
      }
      for (base::Thread& thread : threads) thread.Join();
    }
    LogBench bench(&disk, &manifest, &history);
    const Result<Recovered> found = bench.Recover();
    ASSERT_TRUE(found.ok()) << found.status().ToString();
    EXPECT_GE(found->result.last_sequence, history.acked_process);
  }
}

}  // namespace
}  // namespace treering::wal
