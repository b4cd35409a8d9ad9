// What process death and power loss leave, operation by operation.
#include <gtest/gtest.h>

#include <set>
#include <string>

#include "engine/base/thread.h"
#include "engine/io/sim_disk.h"
#include "engine/io/sim_fixture_testing.h"
#include "engine/io/sim_storage.h"
#include "engine/io/sim_testing.h"

namespace treering::io {
namespace {

constexpr PowerLoss kDropAll{PowerPolicy::kDropAll};
const std::string kOld(kPageBytes, 'o');
const std::string kNew(kPageBytes, 'n');

std::span<const std::byte> BytesOf(const std::string& text) {
  return std::as_bytes(std::span(text));
}

class SimCrashTest : public testing::Test {
 protected:
  // A storage with a durable file of a page.
  SimCrashTest() { storage_.PutFile("/d/f", kOld); }

  SimStorage storage_;
};

TEST_F(SimCrashTest, UnsyncedWritesAreLostWithThePowerOnly) {
  SimProcess process(&storage_);
  ASSERT_TRUE(process.Reopen("f").ok());
  ASSERT_EQ(process.Write("f", 0, kNew), 0);
  const auto killed = storage_.Clone();
  killed->Restart(CrashKind::kProcessDeath, kDropAll, 1);
  EXPECT_EQ(killed->ReadFile("/d/f"), kNew);
  // It was volatile before the process died, and is so after.
  killed->Restart(CrashKind::kPowerLoss, kDropAll, 1);
  EXPECT_EQ(killed->ReadFile("/d/f"), kOld);
  storage_.Restart(CrashKind::kPowerLoss, kDropAll, 1);
  EXPECT_EQ(storage_.ReadFile("/d/f"), kOld);
}

TEST_F(SimCrashTest, SyncedWritesStay) {
  SimProcess process(&storage_);
  ASSERT_TRUE(process.Reopen("f").ok());
  ASSERT_EQ(process.Write("f", 0, kNew), 0);
  ASSERT_EQ(process.Sync("f"), 0);
  EXPECT_EQ(storage_.volatile_count(), 0u);
  storage_.Restart(CrashKind::kPowerLoss, kDropAll, 1);
  EXPECT_EQ(storage_.ReadFile("/d/f"), kNew);
}

TEST_F(SimCrashTest, ASyncCoversOnlyWhatCompletedBeforeIt) {
  // In the same batch: the sync may complete after the write and still not cover it.
  std::set<std::string> seen;
  for (uint64_t seed = 1; seed <= 30; ++seed) {
    SimStorage storage;
    storage.PutFile("/d/f", kOld);
    RunSim(seed, [&] {
      SimProcess process(&storage);
      ASSERT_TRUE(process.Reopen("f").ok());
      Request write = Request::Write(process.file("f"), 0, BytesOf(kNew));
      Request sync = Request::Sync(process.file("f"), process.file("f")->Completed());
      process.queue().Submit(&write);
      process.queue().Submit(&sync);
      std::vector<Request*> done(2);
      ASSERT_EQ(process.queue().Wait(done, 2, UINT64_MAX), 2u);
      EXPECT_EQ(write.error + sync.error, 0);
    });
    storage.Restart(CrashKind::kPowerLoss, kDropAll, seed);
    seen.insert(storage.ReadFile("/d/f"));
  }
  EXPECT_EQ(seen, std::set<std::string>{kOld});
}

TEST_F(SimCrashTest, NamesAreVolatileUntilTheDirectoryIsSynced) {
  storage_.PutFile("/d/gone", "gone");
  SimProcess process(&storage_);
  ASSERT_TRUE(process.Create("new").ok());
  ASSERT_EQ(process.Write("new", 0, kNew), 0);
  ASSERT_EQ(process.Sync("new"), 0);
  ASSERT_TRUE(process.directory().Rename("f", "moved").ok());
  ASSERT_TRUE(process.directory().Unlink("gone").ok());
  const auto synced = storage_.Clone();
  {
    SimProcess other(synced.get());
    ASSERT_TRUE(other.directory().Sync().ok());
  }
  synced->Restart(CrashKind::kPowerLoss, kDropAll, 1);
  EXPECT_EQ(synced->ListFiles(), (std::vector<std::string>{"/d/moved", "/d/new"}));
  EXPECT_EQ(synced->ReadFile("/d/new"), kNew);
  storage_.Restart(CrashKind::kPowerLoss, kDropAll, 1);
  EXPECT_EQ(storage_.ListFiles(), (std::vector<std::string>{"/d/f", "/d/gone"}));
  EXPECT_EQ(storage_.ReadFile("/d/gone"), "gone");
}

TEST_F(SimCrashTest, ANameMayComeWithoutItsContent) {
  SimProcess process(&storage_);
  ASSERT_TRUE(process.Create("new").ok());
  ASSERT_EQ(process.Write("new", 0, kNew), 0);
  ASSERT_TRUE(process.directory().Sync().ok());
  storage_.Restart(CrashKind::kPowerLoss, kDropAll, 1);
  EXPECT_TRUE(storage_.Exists("/d/new"));
  EXPECT_EQ(storage_.ReadFile("/d/new"), "");
}

TEST_F(SimCrashTest, LinksAndDirectoriesAreVolatileToo) {
  SimProcess process(&storage_);
  auto inner = process.disk().OpenDirectory("/d/inner", /*create=*/true);  // syncs its parent
  ASSERT_TRUE(inner.ok());
  ASSERT_TRUE(process.directory().Link("f", inner->get(), "copy").ok());
  const auto copy = storage_.Clone();
  copy->Restart(CrashKind::kPowerLoss, kDropAll, 1);
  EXPECT_TRUE(copy->Exists("/d/inner"));
  EXPECT_FALSE(copy->Exists("/d/inner/copy"));
  ASSERT_TRUE((*inner)->Sync().ok());
  storage_.Restart(CrashKind::kPowerLoss, kDropAll, 1);
  EXPECT_EQ(storage_.ReadFile("/d/inner/copy"), kOld);
}

TEST_F(SimCrashTest, AMadeDirectoryIsLostBeforeItsParentIsSynced) {
  storage_.CrashAt(storage_.io_count(), CrashSide::kAfter);
  SimDisk disk(&storage_);
  EXPECT_FALSE(disk.OpenDirectory("/d/inner", /*create=*/true).ok());
  const auto killed = storage_.Clone();
  killed->Restart(CrashKind::kProcessDeath, kDropAll, 1);
  EXPECT_TRUE(killed->Exists("/d/inner"));
  storage_.Restart(CrashKind::kPowerLoss, kDropAll, 1);
  EXPECT_FALSE(storage_.Exists("/d/inner"));
}

TEST_F(SimCrashTest, ADirectoryThatADeadProcessMadeIsDurableOnceItIsOpenedToBeCreated) {
  storage_.CrashAt(storage_.io_count(), CrashSide::kAfter);
  SimDisk disk(&storage_);
  EXPECT_FALSE(disk.OpenDirectory("/d/inner", /*create=*/true).ok());  // died before its sync
  storage_.Restart(CrashKind::kProcessDeath, kDropAll, 1);
  const auto looked_at = storage_.Clone();
  {
    SimDisk next(&storage_);
    EXPECT_TRUE(next.OpenDirectory("/d/inner", /*create=*/true).ok());  // it is there already
    SimDisk reader(looked_at.get());
    EXPECT_TRUE(reader.OpenDirectory("/d/inner", /*create=*/false).ok());
  }
  storage_.Restart(CrashKind::kPowerLoss, kDropAll, 1);
  EXPECT_TRUE(storage_.Exists("/d/inner"));
  looked_at->Restart(CrashKind::kPowerLoss, kDropAll, 1);
  EXPECT_FALSE(looked_at->Exists("/d/inner"));
}

TEST_F(SimCrashTest, AfterTheCrashNothingWorksForThatProcess) {
  SimProcess process(&storage_);
  ASSERT_TRUE(process.Reopen("f", /*lock=*/true).ok());
  storage_.CrashAt(storage_.io_count(), CrashSide::kAfter);
  EXPECT_EQ(process.Write("f", 0, kNew), ESHUTDOWN);
  EXPECT_TRUE(storage_.crashed());
  EXPECT_TRUE(process.disk().crashed());
  EXPECT_EQ(process.Read("f", 0, 1), "error " + std::to_string(ESHUTDOWN));
  EXPECT_FALSE(process.directory().List().ok());
  EXPECT_FALSE(process.directory().Sync().ok());
  uint64_t size = 0;
  EXPECT_FALSE(process.file("f")->Size(&size).ok());

  storage_.Restart(CrashKind::kProcessDeath, kDropAll, 1);
  EXPECT_FALSE(storage_.crashed());
  EXPECT_TRUE(process.disk().crashed());
  SimProcess next(&storage_);
  ASSERT_TRUE(next.Reopen("f", /*lock=*/true).ok());
  EXPECT_EQ(next.Read("f", 0, kPageBytes), kNew);
  // The dead process's handles take nothing with them.
  EXPECT_EQ(process.Write("f", 0, kOld), ESHUTDOWN);
  process.CloseFile("f");
  SimProcess third(&storage_);
  EXPECT_TRUE(third.Reopen("f", /*lock=*/true).IsBusy());
  EXPECT_EQ(storage_.ReadFile("/d/f"), kNew);
}

TEST_F(SimCrashTest, BeforeAnOperationItMayStillBeInFlight) {
  std::set<std::string> seen;
  for (uint64_t seed = 0; seed < 50; ++seed) {
    SimStorage storage;
    storage.PutFile("/d/f", kOld);
    SimProcess process(&storage);
    ASSERT_TRUE(process.Reopen("f").ok());
    storage.CrashAt(storage.io_count());
    EXPECT_EQ(process.Write("f", 0, kNew), ESHUTDOWN);
    storage.Restart(CrashKind::kProcessDeath, kDropAll, seed);
    seen.insert(storage.ReadFile("/d/f"));
  }
  EXPECT_EQ(seen, (std::set<std::string>{kOld, kNew}));
}

TEST_F(SimCrashTest, ALateRequestKeepsTheLockUntilItLands) {
  int landed_late = 0;
  for (uint64_t seed = 1; seed <= 40; ++seed) {
    SimStorage storage;
    storage.PutFile("/d/f", kOld);
    RunSim(seed, [&] {
      SimProcess process(&storage);
      ASSERT_TRUE(process.Reopen("f", /*lock=*/true).ok());
      storage.CrashAt(storage.io_count());
      EXPECT_EQ(process.Write("f", 0, kNew), ESHUTDOWN);
      storage.Restart(CrashKind::kProcessDeath, kDropAll, seed);
      const std::string at_restart = storage.ReadFile("/d/f");
      SimProcess next(&storage);
      bool busy = false;
      while (!next.Reopen("f", /*lock=*/true).ok()) {
        busy = true;
        base::SleepNanos(1'000'000);
      }
      const std::string at_lock = storage.ReadFile("/d/f");
      base::SleepNanos(10'000'000'000);
      // Nothing of the dead process lands once the lock has fallen.
      EXPECT_EQ(storage.ReadFile("/d/f"), at_lock) << seed;
      if (busy) {
        ++landed_late;
        EXPECT_EQ(at_restart, kOld);
        EXPECT_EQ(at_lock, kNew);
      }
    });
  }
  EXPECT_GT(landed_late, 0);
}

TEST_F(SimCrashTest, WithoutALockALateRequestLandsOnTheNextProcess) {
  int changed = 0;
  for (uint64_t seed = 1; seed <= 40; ++seed) {
    SimStorage storage;
    storage.PutFile("/d/f", kOld);
    SimProcess process(&storage);
    ASSERT_TRUE(process.Reopen("f").ok());
    storage.CrashAt(storage.io_count());
    EXPECT_EQ(process.Write("f", 0, kNew), ESHUTDOWN);
    storage.Restart(CrashKind::kProcessDeath, kDropAll, seed);
    SimProcess next(&storage);
    ASSERT_TRUE(next.Reopen("f").ok());
    const std::string first = next.Read("f", 0, kPageBytes);
    for (int i = 0; i < 1000; ++i) (void)next.Read("f", 0, 1);  // time passes
    if (next.Read("f", 0, kPageBytes) != first) ++changed;
  }
  EXPECT_GT(changed, 0);
}

TEST_F(SimCrashTest, RequestsInFlightAtAKillLandInAnyCombination) {
  std::set<std::string> seen;
  for (uint64_t seed = 1; seed <= 60; ++seed) {
    SimStorage storage;
    storage.PutFile("/d/f", kOld + kOld);
    RunSim(seed, [&] {
      SimProcess process(&storage);
      ASSERT_TRUE(process.Reopen("f").ok());
      Request first = Request::Write(process.file("f"), 0, BytesOf(kNew));
      Request second = Request::Write(process.file("f"), kPageBytes, BytesOf(kNew));
      process.queue().Submit(&first);
      process.queue().Submit(&second);
      std::vector<Request*> done(2);
      EXPECT_EQ(process.queue().Poll(done), 0u);
      storage.CrashNow();
      EXPECT_EQ(process.queue().Wait(done, 2, UINT64_MAX), 2u);
      EXPECT_EQ(first.error, ESHUTDOWN);
      EXPECT_EQ(second.error, ESHUTDOWN);
    });
    storage.Restart(CrashKind::kPowerLoss, {PowerPolicy::kRandom, 50}, seed);
    const std::string text = storage.ReadFile("/d/f");
    seen.insert({text[0] == 'n' ? 'n' : 'o', text[kPageBytes] == 'n' ? 'n' : 'o'});
  }
  EXPECT_EQ(seen.size(), 4u);
}

// --- Mapped files ---

class SimMappedCrashTest : public testing::Test {
 protected:
  SimMappedCrashTest() { storage_.PutFile("/d/tail", std::string(2 * kPageBytes, '\0')); }

  std::unique_ptr<MappedFile> Map(SimProcess* process) {
    auto map = process->directory().Map("tail", 2 * kPageBytes, /*lock=*/true);
    EXPECT_TRUE(map.ok()) << map.status().ToString();
    return std::move(*map);
  }

  SimStorage storage_;
};

TEST_F(SimMappedCrashTest, StoresSurviveTheProcess) {
  SimProcess process(&storage_);
  auto map = Map(&process);
  map->Store(0, BytesOf("12345678abcdefgh"));
  storage_.CrashNow();
  map->Store(0, BytesOf("XX"));  // too late
  EXPECT_EQ(map->data()[0], std::byte{'X'});
  storage_.Restart(CrashKind::kProcessDeath, kDropAll, 1);
  EXPECT_EQ(storage_.ReadFile("/d/tail").substr(0, 16), "12345678abcdefgh");
  SimProcess next(&storage_);
  EXPECT_EQ(Map(&next)->data()[15], std::byte{'h'});
}

TEST_F(SimMappedCrashTest, AStoreAtTheCrashIsTornAtWords) {
  std::set<std::string> seen;
  for (uint64_t seed = 0; seed < 200; ++seed) {
    SimStorage storage;
    storage.PutFile("/d/tail", std::string(2 * kPageBytes, 'o'));
    SimProcess process(&storage);
    auto map = process.directory().Map("tail", 2 * kPageBytes, /*lock=*/false);
    ASSERT_TRUE(map.ok());
    (*map)->Store(0, BytesOf("first"));
    storage.CrashAtStore(1);
    (*map)->Store(12, BytesOf(std::string(16, 'n')));  // in the words at 8, 16 and 24
    EXPECT_TRUE(storage.crashed());
    storage.Restart(CrashKind::kProcessDeath, kDropAll, seed);
    const std::string text = storage.ReadFile("/d/tail");
    EXPECT_EQ(text.substr(0, 6), "firsto");
    seen.insert(text.substr(12, 16));
  }
  std::set<std::string> expected;
  for (const char* const a : {"oooo", "nnnn"}) {
    for (const char* const b : {"oooooooo", "nnnnnnnn"}) {
      for (const char* const c : {"oooo", "nnnn"}) expected.insert(std::string(a) + b + c);
    }
  }
  EXPECT_EQ(seen, expected);
}

TEST_F(SimMappedCrashTest, PowerLossGivesAnyOlderVersionOfEachPage) {
  std::set<std::string> seen;
  for (uint64_t seed = 0; seed < 200; ++seed) {
    const auto copy = storage_.Clone();
    SimProcess process(copy.get());
    auto map = Map(&process);
    for (const char* const text : {"1", "2"}) {
      map->Store(0, BytesOf(text));
      map->Store(kPageBytes, BytesOf(text));
    }
    copy->Restart(CrashKind::kPowerLoss, {PowerPolicy::kRandom, 50}, seed);
    const std::string text = copy->ReadFile("/d/tail");
    seen.insert(
        {text[0] == '\0' ? '0' : text[0], text[kPageBytes] == '\0' ? '0' : text[kPageBytes]});
  }
  EXPECT_EQ(seen.size(), 9u);
}

}  // namespace
}  // namespace treering::io
