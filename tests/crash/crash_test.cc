// Crash at every I/O of small workloads: every crash point, every damage policy, invariants I1 to
// I7 of docs/durability.md after each. Two workloads in every run; with TREERING_ALL_WORKLOADS=1
// all eight, with every subset of few volatile operations.
#include <gtest/gtest.h>

#include <cstdlib>
#include <iostream>
#include <memory>
#include <string>

#include "engine/base/sanitizers.h"
#include "engine/io/sim_testing.h"
#include "tests/crash/workloads.h"
#include "tests/support/oracle.h"
#include "tests/support/sim_db.h"

namespace treering::testing {
namespace {

using io::CrashKind;
using io::SimCrash;
using io::SimStorage;

// Every crash point in an optimised build; under a sanitizer, several times slower, every ninth.
#if TREERING_UNDER_ASAN || TREERING_UNDER_TSAN
constexpr uint64_t kPointStep = 9;
#else
constexpr uint64_t kPointStep = 1;
#endif
// With all workloads: every subset of what is volatile at the crash, when it is no more than this.
constexpr uint32_t kSubsetsOf = 8;

bool AllWorkloads() { return std::getenv("TREERING_ALL_WORKLOADS") != nullptr; }

class CrashTest : public ::testing::Test {
 protected:
  // The life of `workload` on `storage`, noted in oracle_.
  void Live(const Workload& workload, SimStorage* storage) {
    oracle_ = Oracle();
    Life life(storage, &oracle_);
    workload.live(&life);
    EXPECT_TRUE(life.status().ok() || storage->crashed()) << life.status().ToString();
  }

  // Recovers, checks, dies at once and loses what was not synced, recovers, checks, writes on, and
  // recovers again.
  void Check(SimStorage* storage, const SimCrash& crash) {
    Oracle oracle = oracle_;
    const size_t required = crash.kind == CrashKind::kProcessDeath
                                ? oracle.RequiredAfterKill()
                                : oracle.RequiredAfterPowerLoss();
    SimDb db;
    Content content;
    for (int open = 0; open < 3; ++open) {
      const Status opened = db.Open(storage, SimDb::SmallOptions());
      ASSERT_TRUE(opened.ok()) << "open " << open << ": " << opened.ToString();
      const Status read = ReadAll(db.db.get(), &content);
      ASSERT_TRUE(read.ok()) << "open " << open << ": " << read.ToString();
      const std::string wrong =
          oracle.CheckAndSettle(content, open == 0 ? required : oracle.count());
      ASSERT_EQ(wrong, "") << "open " << open;
      if (open == 1) {
        const Status written =
            WriteNoted(db.db.get(), &oracle, storage, {{"after", "crash"}}, Durability::kDisk);
        ASSERT_TRUE(written.ok()) << written.ToString();
      }
      if (open == 0) {  // recovery ends durable
        storage->CrashNow();
        (void)db.Close();
        storage->Restart(CrashKind::kPowerLoss, {.policy = io::PowerPolicy::kDropAll}, 1);
        continue;
      }
      const Status closed = db.Close();
      ASSERT_TRUE(closed.ok()) << "open " << open << ": " << closed.ToString();
    }
  }

  // A world in which the workload died where `part` of its I/O was done.
  std::unique_ptr<SimStorage> DiedAt(double part, CrashKind kind, const Workload& workload) {
    SimStorage whole;
    io::RunSim(1, [&] { Live(workload, &whole); });
    auto storage = std::make_unique<SimStorage>();
    storage->CrashAt(static_cast<uint64_t>(static_cast<double>(whole.io_count()) * part));
    io::RunSim(1, [&] { Live(workload, storage.get()); });
    EXPECT_TRUE(storage->crashed());
    storage->Restart(kind, {.policy = io::PowerPolicy::kRandom}, 1);
    return storage;
  }

  // Crashes at every I/O of the recovery of such a world.
  void LoopRecovery(double part, CrashKind first, const Workload& workload) {
    const std::unique_ptr<SimStorage> died = DiedAt(part, first, workload);
    if (HasFailure()) return;
    io::SimCrashLoop loop = NewLoop();
    loop.start = died.get();
    const auto recover = [](SimStorage* storage) {
      SimDb db;
      (void)db.Open(storage, SimDb::SmallOptions());
      (void)db.Close();
    };
    const uint64_t checked =
        io::ForEachCrash(loop, recover, [&](SimStorage* storage, SimCrash crash) {
          if (first == CrashKind::kPowerLoss) crash.kind = first;  // what it took stays lost
          Check(storage, crash);
        });
    std::cout << checked << " recoveries checked\n";
    EXPECT_GT(checked, 100u / kPointStep);
  }

  void Loop(const Workload& workload) {
    const uint64_t checked = io::ForEachCrash(
        NewLoop(), [&](SimStorage* storage) { Live(workload, storage); },
        [&](SimStorage* storage, const SimCrash& crash) { Check(storage, crash); });
    RecordProperty("recoveries", std::to_string(checked));
    std::cout << checked << " recoveries checked\n";
    EXPECT_GT(checked, 300u / kPointStep);
  }

  static io::SimCrashLoop NewLoop() {
    io::SimCrashLoop loop;
    loop.simulate = true;
    loop.point_step = kPointStep;
    loop.subsets_of = AllWorkloads() ? kSubsetsOf : 0;
    return loop;
  }

  Oracle oracle_;
};

class EveryIo : public CrashTest, public ::testing::WithParamInterface<size_t> {};

TEST_P(EveryIo, IsSurvived) {
  const Workload& workload = Workloads()[GetParam()];
  if (!workload.in_every_run && !AllWorkloads())
    GTEST_SKIP() << "TREERING_ALL_WORKLOADS is not set";
  Loop(workload);
}

INSTANTIATE_TEST_SUITE_P(Workloads, EveryIo, ::testing::Range<size_t>(0, Workloads().size()),
                         [](const auto& info) { return Workloads()[info.param].name; });

TEST_F(CrashTest, RecoveriesOfALog) {
  for (const double part : {0.5, 0.95}) {
    for (const CrashKind kind : {CrashKind::kProcessDeath, CrashKind::kPowerLoss}) {
      LoopRecovery(part, kind, WorkloadOf("MixedPutsWithRotation"));
    }
  }
}
TEST_F(CrashTest, RecoveriesOfATree) {
  for (const CrashKind kind : {CrashKind::kProcessDeath, CrashKind::kPowerLoss}) {
    LoopRecovery(0.7, kind, WorkloadOf("CompactionWithDeletes"));
  }
}

// A destruction that was cut short can be done again, and leaves the database or none.
TEST_F(CrashTest, Destruction) {
  SimStorage whole;
  io::RunSim(1, [&] { Live(WorkloadOf("CompactionWithDeletes"), &whole); });
  ASSERT_FALSE(HasFailure());
  const Content all = oracle_.Expected();
  io::SimCrashLoop loop;
  loop.simulate = true;
  loop.start = &whole;
  const auto destroy = [](SimStorage* storage) {
    const Status status = SimDb().Destroy(storage);
    EXPECT_TRUE(status.ok() || storage->crashed()) << status.ToString();
  };
  const uint64_t checked =
      io::ForEachCrash(loop, destroy, [&](SimStorage* storage, const SimCrash&) {
        SimDb db;
        Content content;
        const Status opened = db.Open(storage, SimDb::SmallOptions());
        ASSERT_TRUE(opened.ok() || opened.IsCorruption()) << opened.ToString();
        if (opened.ok()) {
          ASSERT_TRUE(ReadAll(db.db.get(), &content).ok());
          ASSERT_TRUE(content.empty() || content == all);
        }
        const Status again = db.Destroy(storage);
        ASSERT_TRUE(again.ok()) << again.ToString();
        ASSERT_TRUE(storage->ListFiles().empty());
        const Status anew = db.Open(storage, SimDb::SmallOptions());
        ASSERT_TRUE(anew.ok()) << anew.ToString();
        ASSERT_TRUE(ReadAll(db.db.get(), &content).ok());
        ASSERT_TRUE(content.empty());
      });
  std::cout << checked << " recoveries checked\n";
  EXPECT_GT(checked, 100u);
}

}  // namespace
}  // namespace treering::testing
