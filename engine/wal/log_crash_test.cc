// Crashes at every I/O and every store of a log's life: what is found again is a prefix (I1), by
// whole groups (I2), with everything acknowledged (I3, I7), and the same one later on (I4).

#include <gtest/gtest.h>

#include "engine/base/prng.h"
#include "engine/base/thread.h"
#include "engine/io/sim_disk.h"
#include "engine/io/sim_testing.h"
#include "engine/wal/log_testing.h"

namespace treering::wal {
namespace {

constexpr auto kMemory = Durability::kMemory;
constexpr auto kProcess = Durability::kProcess;
constexpr auto kDisk = Durability::kDisk;

class CrashedLog {
 public:
  explicit CrashedLog(const LogBenchOptions& options) : options_(options) {}

  // Appends, spills, rotations, a large group, a flush, promises.
  void Work(io::SimStorage* storage) {
    manifest_ = {};
    history_ = {};
    io::SimDisk disk(storage);
    LogBench bench(&disk, &manifest_, &history_, options_);
    if (!bench.Create().ok()) return;
    created_ = true;
    const struct {
      uint64_t bytes;
      Durability durability;
    } commits[] = {{100, kDisk},      {200, kProcess}, {300, kMemory},  {9000, kProcess},
                   {400, kDisk},      {30000, kDisk},  {500, kProcess}, {12000, kProcess},
                   {12000, kProcess}, {600, kDisk},    {700, kDisk},    {800, kProcess}};
    int i = 0;
    for (const auto& commit : commits) {
      if (!bench.Commit(commit.bytes, commit.durability).ok()) return;
      if (++i == 7 && !bench.Forget(history_.acked_disk - 2).ok()) return;
      if (i == 9 && !bench.log()->WritePromise(bench.queue()).ok()) return;
    }
    (void)bench.Close();
  }

  // Several threads at once, so that writes are in flight together.
  void WorkTogether(io::SimStorage* storage) {
    manifest_ = {};
    history_ = {};
    io::SimDisk disk(storage);
    LogBench bench(&disk, &manifest_, &history_, options_);
    if (!bench.Create().ok()) return;
    std::vector<base::Thread> threads(3);
    for (size_t t = 0; t < threads.size(); ++t) {
      const Status started = base::Thread::Start(
          "committer",
          [&, t] {
            Result<std::unique_ptr<io::Queue>> queue = disk.NewQueue(8);
            if (!queue.ok()) return;
            for (int i = 0; i < 6; ++i) {
              const Durability durability = (t + i) % 3 == 0 ? kProcess : kDisk;
              if (!bench.Commit(queue->get(), 3000 * t + 500 * i + 2, durability).ok()) return;
            }
          },
          &threads[t]);
      if (!started.ok()) break;
    }
    for (base::Thread& thread : threads) {
      if (thread.joinable()) thread.Join();
    }
  }

  void Check(io::SimStorage* storage, const io::SimCrash& crash) const {
    SCOPED_TRACE(crash.ToString());
    TestManifest manifest = manifest_;
    TestHistory history = history_;
    if (manifest.generation == 0) return;  // nothing was promised yet
    const key::Sequence required = crash.kind == io::CrashKind::kProcessDeath
                                       ? std::max(history.acked_process, history.acked_disk)
                                       : history.acked_disk;
    {
      io::SimDisk disk(storage);
      LogBench bench(&disk, &manifest, &history, options_);
      const Result<Recovered> found = bench.Recover();
      ASSERT_TRUE(found.ok()) << found.status().ToString();
      EXPECT_GE(found->result.last_sequence, required);
      EXPECT_LE(found->result.last_sequence, history.issued);
      // The next generation begins there, and a power loss takes nothing back.
      const Result<Recovered> again = bench.Reopen();
      ASSERT_TRUE(again.ok()) << again.status().ToString();
      EXPECT_EQ(again->result.last_sequence, found->result.last_sequence);
      ASSERT_TRUE(bench.Commit(1000, kDisk).ok());
    }
    storage->CrashNow();
    storage->Restart(io::CrashKind::kPowerLoss, {.policy = io::PowerPolicy::kRandom}, crash.seed);
    io::SimDisk disk(storage);
    LogBench bench(&disk, &manifest, &history, options_);
    const Result<Recovered> later = bench.Recover();
    ASSERT_TRUE(later.ok()) << later.status().ToString();
    EXPECT_EQ(later->groups.size(), 1u);
    EXPECT_EQ(later->result.last_sequence, history.issued);
  }

  bool created() const { return created_; }

 private:
  const LogBenchOptions options_;
  TestManifest manifest_;
  TestHistory history_;
  bool created_ = false;
};

uint64_t CrashEverywhere(const LogBenchOptions& options, const io::SimCrashLoop& loop = {}) {
  CrashedLog log(options);
  const uint64_t checked = io::ForEachCrash(
      loop, [&](io::SimStorage* storage) { log.Work(storage); },
      [&](io::SimStorage* storage, const io::SimCrash& crash) { log.Check(storage, crash); });
  EXPECT_TRUE(log.created());
  return checked;
}

TEST(LogCrash, EveryIoAndStoreWithTheTail) { EXPECT_GT(CrashEverywhere({}), 500u); }

TEST(LogCrash, EveryIoInWriteMode) { EXPECT_GT(CrashEverywhere({.tail_capacity = 0}), 500u); }

TEST(LogCrash, EveryIoWithTinySegments) {
  // Every group crosses segments; stores were crashed in above.
  EXPECT_GT(CrashEverywhere({.segment_bytes = 12288}, {.stores = false, .point_step = 2}), 500u);
}

TEST(LogCrash, WritesInFlightTogether) {
  for (uint64_t seed = 1; seed <= 2; ++seed) {
    CrashedLog log({.tail_capacity = seed % 2 == 0 ? 0u : 64u << 10});
    const uint64_t checked = io::ForEachCrash(
        {.point_step = 3, .simulate = true, .seed = seed},
        [&](io::SimStorage* storage) { log.WorkTogether(storage); },
        [&](io::SimStorage* storage, const io::SimCrash& crash) { log.Check(storage, crash); });
    EXPECT_GT(checked, 200u);
  }
}

}  // namespace
}  // namespace treering::wal
