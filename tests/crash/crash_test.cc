// Crash at every I/O: two small workloads, every crash point, every damage policy, invariants I1 to
// I7 of docs/durability.md after each.
#include <gtest/gtest.h>

#include <functional>
#include <iostream>
#include <string>

#include "engine/base/sanitizers.h"
#include "engine/io/sim_testing.h"
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

class CrashTest : public ::testing::Test {
 protected:
  // Writes unless something failed before; after a crash everything does.
  void Write(SimDb* db, SimStorage* storage, std::vector<Oracle::Change> changes,
             Durability durability) {
    if (!status_.ok()) return;
    status_ = WriteNoted(db->db.get(), &oracle_, storage, std::move(changes), durability);
  }
  void Do(const std::function<Status()>& step) {
    if (status_.ok()) status_ = step();
  }

  // Durable and other puts, enough to use up the first log segment.
  void DurablePuts(SimStorage* storage) {
    Begin();
    Options options = SimDb::SmallOptions();
    options.memtable_bytes = 4 << 20;
    SimDb db;
    Do([&] { return db.Open(storage, options); });
    for (int i = 0; i < 16; ++i) {
      const auto durability = static_cast<Durability>(i % 4 == 3 ? 0 : (i % 4 == 2 ? 1 : 2));
      const std::string value = std::to_string(i) + std::string(i % 8 == 5 ? 50'000 : 9'000, 'v');
      Write(&db, storage, {{"key" + std::to_string(i % 7), value}, {"count", std::to_string(i)}},
            durability);
    }
    Do([&] { return db.Close(); });
    EndOfWork(storage);
  }

  // Flushes and compactions of keys that come, change and go.
  void FlushAndCompact(SimStorage* storage) {
    Begin();
    SimDb db;
    Do([&] { return db.Open(storage, SimDb::SmallOptions()); });
    for (int round = 0; round < 3; ++round) {
      for (int i = 0; i < 12; ++i) {
        const std::string key = "key" + std::to_string((i * 7 + round) % 17);
        const std::string value =
            std::to_string(round) + "/" + std::to_string(i) + std::string(3'000, 'x');
        Write(&db, storage, {{key, i % 4 == 1 ? std::nullopt : std::optional(value)}},
              i % 6 == 5 ? Durability::kDisk : Durability::kProcess);
      }
      Do([&] { return db->Flush(); });
    }
    Do([&] { return db->CompactRange(nullptr, nullptr); });
    Write(&db, storage, {{"last", "one"}}, Durability::kDisk);
    Do([&] { return db.Close(); });
    EndOfWork(storage);
  }

  void Begin() {
    oracle_ = Oracle();
    status_ = Status::Ok();
  }
  void EndOfWork(SimStorage* storage) {
    EXPECT_TRUE(status_.ok() || storage->crashed()) << status_.ToString();
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

  // A world in which `work` died where `part` of its I/O was done.
  std::unique_ptr<SimStorage> DiedAt(double part, CrashKind kind,
                                     const std::function<void(SimStorage*)>& work) {
    SimStorage whole;
    io::RunSim(1, [&] { work(&whole); });
    auto storage = std::make_unique<SimStorage>();
    storage->CrashAt(static_cast<uint64_t>(static_cast<double>(whole.io_count()) * part));
    io::RunSim(1, [&] { work(storage.get()); });
    EXPECT_TRUE(storage->crashed());
    storage->Restart(kind, {.policy = io::PowerPolicy::kRandom}, 1);
    return storage;
  }

  // Crashes at every I/O of the recovery of such a world.
  void LoopRecovery(double part, CrashKind first, const std::function<void(SimStorage*)>& work) {
    const std::unique_ptr<SimStorage> died = DiedAt(part, first, work);
    if (HasFailure()) return;
    io::SimCrashLoop loop;
    loop.simulate = true;
    loop.point_step = kPointStep;
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

  void Loop(const std::function<void(SimStorage*)>& work) {
    io::SimCrashLoop loop;
    loop.simulate = true;
    loop.point_step = kPointStep;
    const uint64_t checked = io::ForEachCrash(
        loop, work, [&](SimStorage* storage, const SimCrash& crash) { Check(storage, crash); });
    RecordProperty("recoveries", std::to_string(checked));
    std::cout << checked << " recoveries checked\n";
    EXPECT_GT(checked, 500u / kPointStep);
  }

  Oracle oracle_;
  Status status_;
};

TEST_F(CrashTest, DurablePutsWithSegmentRotation) {
  Loop([this](SimStorage* storage) { DurablePuts(storage); });
}
TEST_F(CrashTest, RecoveriesOfALog) {
  for (const double part : {0.5, 0.95}) {
    for (const CrashKind kind : {CrashKind::kProcessDeath, CrashKind::kPowerLoss}) {
      LoopRecovery(part, kind, [this](SimStorage* storage) { DurablePuts(storage); });
    }
  }
}
TEST_F(CrashTest, RecoveriesOfATree) {
  for (const CrashKind kind : {CrashKind::kProcessDeath, CrashKind::kPowerLoss}) {
    LoopRecovery(0.7, kind, [this](SimStorage* storage) { FlushAndCompact(storage); });
  }
}

// A destruction that was cut short can be done again, and leaves the database or none.
TEST_F(CrashTest, Destruction) {
  SimStorage whole;
  io::RunSim(1, [&] { FlushAndCompact(&whole); });
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

TEST_F(CrashTest, FlushAndCompactionWithDeletes) {
  Loop([this](SimStorage* storage) { FlushAndCompact(storage); });
}

}  // namespace
}  // namespace treering::testing
