// What a log does when the disk answers errors: every errno at every I/O of a row of commits.

#include <gtest/gtest.h>

#include <array>
#include <memory>

#include "engine/base/thread.h"
#include "engine/io/errors.h"
#include "engine/io/sim_disk.h"
#include "engine/io/sim_testing.h"
#include "engine/wal/log_testing.h"

namespace treering::wal {
namespace {

constexpr auto kProcess = Durability::kProcess;
constexpr auto kDisk = Durability::kDisk;

// A log on a disk of its own, whose commits meet a fault.
class FaultyLog {
 public:
  explicit FaultyLog(uint64_t tail_capacity) {
    bench_ = std::make_unique<LogBench>(
        &disk_, &manifest_, &history_,
        LogBenchOptions{tail_capacity, 256 << 10, [this](const Status& error) { told_ = error; }});
    EXPECT_TRUE(bench_->Create().ok());
    EXPECT_TRUE(bench_->Commit(100, kDisk).ok());
  }
  size_t Add(const io::SimFault& fault) { return storage.faults()->Add(fault); }
  // Commits until one fails; its error, or OK.
  Status CommitMany() {
    for (int i = 0; i < 6; ++i) {
      const Status status = bench_->Commit(i == 3 ? 40'000 : 500, i == 1 ? kProcess : kDisk);
      if (!status.ok()) return status;
    }
    return Status::Ok();
  }
  Log* log() { return bench_->log(); }
  LogBench* bench() { return bench_.get(); }
  // A new process after the fault is gone.
  Result<Recovered> Recover() {
    storage.faults()->Clear();
    bench_.reset();
    LogBench bench(&disk_, &manifest_, &history_);
    return bench.Recover();
  }
  // What the log's owner was told of.
  const Status& told() const { return told_; }
  std::unique_ptr<io::Queue> NewQueue() { return std::move(disk_.NewQueue(8).value()); }
  const TestHistory& history() const { return history_; }
  const TestManifest& manifest() const { return manifest_; }

  io::SimStorage storage;

 private:
  io::SimDisk disk_{&storage};
  TestManifest manifest_;
  TestHistory history_;
  Status told_;
  std::unique_ptr<LogBench> bench_;
};

void ExpectPoisoned(FaultyLog* log, const Status& first) {
  EXPECT_EQ(log->log()->error().ToString(), first.ToString());
  EXPECT_EQ(log->told().ToString(), first.ToString());
  const uint64_t io_count = log->storage.io_count();
  // Everything later gets the first error, without a try.
  for (const Durability durability : {Durability::kMemory, kProcess, kDisk}) {
    EXPECT_EQ(log->bench()->Commit(100, durability).ToString(), first.ToString());
  }
  EXPECT_EQ(log->log()->WritePromise(log->bench()->queue()).status().ToString(), first.ToString());
  EXPECT_EQ(log->storage.io_count(), io_count);
  EXPECT_EQ(log->log()->SpillDueNanos(), Log::kNever);
}

TEST(LogFaults, EveryErrnoAtAWriteOrSyncPoisonsForEver) {
  for (const uint64_t tail_capacity : {uint64_t{64} << 10, uint64_t{0}}) {
    for (const io::Action action : {io::Action::kWrite, io::Action::kSync}) {
      for (int error = 1; error <= 133; ++error) {
        SCOPED_TRACE(io::ErrorName(error) + " at " + std::string(io::ActionName(action)));
        FaultyLog log(tail_capacity);
        log.Add({.action = action, .name = "*.wal", .sticky = true, .error = error});
        const Status status = log.CommitMany();
        ASSERT_FALSE(status.ok());
        EXPECT_EQ(status.code(), io::VerdictFor(action, error).code);
        ExpectPoisoned(&log, status);
        const Result<Recovered> found = log.Recover();
        ASSERT_TRUE(found.ok()) << found.status().ToString();
        EXPECT_GE(found->result.last_sequence, log.history().acked_disk);
        EXPECT_GE(found->result.last_sequence, log.history().acked_process);
        EXPECT_LE(found->result.last_sequence, log.history().issued);
      }
    }
  }
}

TEST(LogFaults, AnErrorAtEachIoOfTheCommits) {
  for (const uint64_t tail_capacity : {uint64_t{64} << 10, uint64_t{0}}) {
    for (const io::Action action : {io::Action::kWrite, io::Action::kSync}) {
      uint64_t nth = 1;
      for (bool met = true; met; ++nth) {
        SCOPED_TRACE(std::string(io::ActionName(action)) + " " + std::to_string(nth));
        FaultyLog log(tail_capacity);
        const size_t fault = log.Add({.action = action, .name = "*.wal", .nth = nth, .error = EIO});
        const Status status = log.CommitMany();
        met = log.storage.faults()->Hits(fault) > 0;
        ASSERT_EQ(status.ok(), !met) << status.ToString();
        if (met) ExpectPoisoned(&log, status);
        const Result<Recovered> found = log.Recover();
        ASSERT_TRUE(found.ok()) << found.status().ToString();
        EXPECT_GE(found->result.last_sequence, log.history().acked_disk);
        EXPECT_LE(found->result.last_sequence, log.history().issued);
      }
      EXPECT_GT(nth, 5u);
    }
  }
}

TEST(LogFaults, InterruptionsAndShortWritesAreNoErrors) {
  for (const int error : {EINTR, EAGAIN}) {
    FaultyLog log(64 << 10);
    log.Add({.action = io::Action::kWrite, .name = "*.wal", .nth = 2, .error = error});
    EXPECT_TRUE(log.CommitMany().ok());
  }
  FaultyLog log(64 << 10);
  const size_t fault = log.Add({.action = io::Action::kWrite,
                                .name = "*.wal",
                                .sticky = true,
                                .effect = io::SimFaultEffect::kShort});
  EXPECT_TRUE(log.CommitMany().ok());
  EXPECT_GT(log.storage.faults()->Hits(fault), 0u);
  EXPECT_EQ(log.Recover()->result.last_sequence, log.history().issued);
}

// A failed sync may have lost its data, or not: the log must not care.
TEST(LogFaults, AFailedSyncLosesNoAcknowledgedGroupUnderPowerLoss) {
  for (const io::SimFaultEffect effect :
       {io::SimFaultEffect::kSyncLosesData, io::SimFaultEffect::kSyncKeepsData,
        io::SimFaultEffect::kSyncIsDurable}) {
    for (uint64_t nth = 1; nth <= 5; ++nth) {
      FaultyLog log(64 << 10);
      log.Add({.action = io::Action::kSync, .name = "*.wal", .nth = nth, .effect = effect});
      const Status status = log.CommitMany();
      ASSERT_FALSE(status.ok());
      ExpectPoisoned(&log, status);
      log.storage.faults()->Clear();
      log.storage.CrashNow();
      log.storage.Restart(io::CrashKind::kPowerLoss, {.policy = io::PowerPolicy::kDropAll}, nth);
      io::SimDisk disk(&log.storage);
      TestManifest manifest = log.manifest();
      TestHistory history = log.history();
      LogBench bench(&disk, &manifest, &history);
      const Result<Recovered> found = bench.Recover();
      ASSERT_TRUE(found.ok()) << found.status().ToString();
      EXPECT_GE(found->result.last_sequence, history.acked_disk);
      EXPECT_LE(found->result.last_sequence, history.issued);
    }
  }
}

// Two commits sync side by side; one sync fails when the other has made both durable. Both answer
// OK, and the log's owner hears of the error all the same.
TEST(LogFaults, AFailedSyncThatNobodyWaitsForIsToldOf) {
  int unnoticed = 0;
  for (uint64_t seed = 1; seed <= 200; ++seed) {
    SCOPED_TRACE(seed);
    io::RunSim(seed, [&] {
      FaultyLog log(64 << 10);
      const size_t fault = log.Add({.action = io::Action::kSync,
                                    .name = "*.wal",
                                    .effect = io::SimFaultEffect::kSyncKeepsData});
      std::array<Status, 2> committed;
      std::array<base::Thread, 2> threads;
      for (size_t i = 0; i < threads.size(); ++i) {
        const auto body = [&log, &status = committed[i]] {
          const auto queue = log.NewQueue();
          status = log.bench()->Commit(queue.get(), 500, kDisk);
        };
        ASSERT_TRUE(base::Thread::Start("commit", body, &threads[i]).ok());
      }
      for (base::Thread& thread : threads) thread.Join();
      ASSERT_EQ(log.storage.faults()->Hits(fault), 1u);
      EXPECT_FALSE(log.told().ok());
      EXPECT_EQ(log.told().ToString(), log.log()->error().ToString());
      if (committed[0].ok() && committed[1].ok()) ++unnoticed;
    });
  }
  EXPECT_GT(unnoticed, 0);
}

// The disk lies. Nothing can be promised but that it is noticed, or that the last group is gone.
TEST(LogFaults, LostAndMisplacedWritesNeverGiveWrongBytes) {
  int corruptions = 0;
  for (const io::SimFaultEffect effect :
       {io::SimFaultEffect::kPhantom, io::SimFaultEffect::kMisdirected}) {
    for (uint64_t nth = 1; nth <= 6; ++nth) {
      FaultyLog log(0);
      log.Add({.action = io::Action::kWrite, .name = "*.wal", .nth = nth, .effect = effect});
      ASSERT_TRUE(log.CommitMany().ok());
      const Result<Recovered> found = log.Recover();
      if (found.ok()) continue;
      ASSERT_TRUE(found.status().IsCorruption()) << found.status().ToString();
      ++corruptions;
    }
  }
  EXPECT_GE(corruptions, 6);
}

TEST(LogFaults, AFailedPreparationHurtsNobody) {
  FaultyLog log(64 << 10);
  log.storage.SetQuota(log.storage.used_bytes());
  Status status;
  for (int i = 0; i < 200 && status.ok(); ++i) status = log.bench()->Commit(5000, kProcess);
  EXPECT_EQ(status.code(), Status::Code::kNoSpace);
  EXPECT_TRUE(log.log()->error().ok());
  // What was taken before can still be made durable, and with room commits go on.
  EXPECT_TRUE(log.log()->SpillAll(log.bench()->queue(), kDisk).ok());
  log.storage.SetQuota(UINT64_MAX);
  EXPECT_TRUE(log.bench()->Commit(5000, kDisk).ok());
  EXPECT_EQ(log.Recover()->result.last_sequence, log.history().issued);
}

}  // namespace
}  // namespace treering::wal
