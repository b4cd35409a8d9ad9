// Crashes at every I/O of a store's life: what is recovered is the state before or after the change
// at hand, and nothing acknowledged is lost.
#include <gtest/gtest.h>

#include <memory>
#include <set>
#include <string>

#include "engine/io/sim_testing.h"
#include "engine/manifest/manifest_store.h"
#include "engine/manifest/store_testing.h"

namespace treering::manifest {
namespace {

// Opens what is left, checks it, goes on with it and opens it again.
void CheckSurvivor(io::SimStorage* storage, const StoreLife& life) {
  StoreProcess process(storage);
  const Status opened = process.Open();
  if (opened.IsNotFound()) {
    ASSERT_FALSE(life.created()) << opened.ToString();
    const Status created = process.Create();
    ASSERT_TRUE(created.ok()) << created.ToString();
    return;
  }
  ASSERT_TRUE(opened.ok()) << opened.ToString();
  const ManifestState recovered = process.store()->state();
  life.CheckRecovered(recovered);
  ASSERT_FALSE(testing::Test::HasFatalFailure());

  const Status begun = process.Begin();
  ASSERT_TRUE(begun.ok()) << begun.ToString();
  VersionEdit edit;
  edit.last_sequence = recovered.last_sequence + 1000;
  ASSERT_TRUE(process.Commit(edit).ok());
  const std::string expected = Describe(process.store()->state());
  process.Close();
  StoreProcess again(storage);
  const Status reopened = again.Open(ManifestStore::Access::kReadOnly);
  ASSERT_TRUE(reopened.ok()) << reopened.ToString();
  ASSERT_EQ(Describe(again.store()->state()), expected);
  ASSERT_EQ(again.store()->state().generation, recovered.generation + 1);
}

std::map<key::Sequence, std::string> StatesOfAWholeLife() {
  io::SimStorage storage;
  StoreLife life;
  life.Live(&storage);
  return life.states();
}

TEST(ManifestCrashTest, CrashAtEveryIo) {
  StoreLife life;
  const auto states = StatesOfAWholeLife();
  io::SimCrashLoop loop;
  loop.simulate = true;
  const uint64_t recoveries = io::ForEachCrash(
      loop,
      [&](io::SimStorage* storage) {
        life.Live(storage);
        life.set_states(states);
      },
      [&](io::SimStorage* storage, const io::SimCrash& crash) {
        SCOPED_TRACE(crash.ToString());
        CheckSurvivor(storage, life);
      });
  EXPECT_GT(recoveries, 1000u);
}

// A life that ends in a crash, and then a crash at every I/O of its recovery.
TEST(ManifestCrashTest, CrashAtEveryIoOfARecovery) {
  const auto states = StatesOfAWholeLife();
  uint64_t recoveries = 0;
  for (const uint64_t crash_at : {10ull, 14ull, 21ull, 33ull, 47ull, 60ull}) {
    io::SimStorage storage;
    storage.CrashAt(crash_at, io::CrashSide::kAfter);
    StoreLife life;
    life.Live(&storage);
    life.set_states(states);
    storage.Restart(io::CrashKind::kPowerLoss, {io::PowerPolicy::kRandom, 50, 0}, crash_at);
    io::SimCrashLoop loop;
    loop.start = &storage;
    loop.simulate = true;
    recoveries += io::ForEachCrash(
        loop,
        [](io::SimStorage* survivor) {
          StoreProcess process(survivor);
          if (process.Open().ok()) (void)process.Begin();
        },
        [&](io::SimStorage* survivor, const io::SimCrash& crash) {
          SCOPED_TRACE("first at " + std::to_string(crash_at) + ", then " + crash.ToString());
          StoreProcess process(survivor);
          const Status opened = process.Open();
          if (opened.IsNotFound() && !life.created()) return;
          ASSERT_TRUE(opened.ok()) << opened.ToString();
          life.CheckRecovered(process.store()->state());
        });
    if (HasFailure()) return;
  }
  EXPECT_GT(recoveries, 200u);
}

// The order of durability, as the disk sees it: whenever CURRENT is written, the manifest it
// will name is durable.
TEST(ManifestCrashTest, AManifestIsDurableBeforeCurrentNamesIt) {
  const uint64_t count = [] {
    io::SimStorage storage;
    StoreLife().Live(&storage);
    return storage.io_count();
  }();
  std::set<uint64_t> named;
  for (uint64_t at = 0; at < count; ++at) {
    io::SimStorage storage;
    storage.CrashAt(at, io::CrashSide::kAfter);
    StoreLife().Live(&storage);
    // CURRENT as it is if every write survives, beside everything else as it is if none does.
    const std::unique_ptr<io::SimStorage> kept = storage.Clone();
    kept->Restart(io::CrashKind::kPowerLoss, {io::PowerPolicy::kKeepAll, 0, 0}, 1);
    const std::string path = std::string(kTestDirectory) + "/CURRENT";
    if (!kept->Exists(path)) continue;
    storage.Restart(io::CrashKind::kPowerLoss, {io::PowerPolicy::kDropAll, 0, 0}, 1);
    storage.PutFile(path, kept->ReadFile(path));
    StoreProcess process(&storage);
    const Status opened = process.Open();
    ASSERT_TRUE(opened.ok()) << "I/O " << at << ": " << opened.ToString();
    named.insert(process.store()->manifest_number());
  }
  EXPECT_GE(named.size(), 5u);
}

}  // namespace
}  // namespace treering::manifest
