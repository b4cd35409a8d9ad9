// Errors at every I/O of a store's life: a change that was acknowledged is there after a reopen,
// one that failed is there or not, and a store that says it is well is.
#include <gtest/gtest.h>

#include <string>

#include "engine/io/sim_storage.h"
#include "engine/manifest/manifest_store.h"
#include "engine/manifest/manifest_testing.h"
#include "engine/manifest/store_testing.h"

namespace treering::manifest {
namespace {

using Access = ManifestStore::Access;

VersionEdit SequenceEdit(uint64_t sequence) {
  VersionEdit edit;
  edit.last_sequence = sequence;
  return edit;
}

// Commits 1, 2, 3, ... through rollovers, under one fault.
class FaultyLife {
 public:
  explicit FaultyLife(const io::SimFault& fault) {
    StoreProcess process(&storage_);
    EXPECT_TRUE(process.Create().ok());
    number_ = storage_.faults()->Add(fault);
    for (uint64_t sequence = 1; sequence <= 25; ++sequence) Commit(&process, sequence);
    alive_ = process.store()->status().ok();
    attempted_ = 1000;
    const Status last = process.Commit(SequenceEdit(1000));
    EXPECT_TRUE(alive_ || !last.ok()) << "a dead store took a change";
    if (last.ok()) acknowledged_ = 1000;
    (void)process.store()->PromiseLatest(process.queue());
    struck_ = storage_.faults()->Hits(number_) > 0;
    storage_.faults()->Clear();
  }

  // Opens without faults and checks what is there.
  void Check() {
    StoreProcess process(&storage_);
    const Status opened = process.Open();
    ASSERT_TRUE(opened.ok()) << opened.ToString();
    const uint64_t found = process.store()->state().last_sequence;
    ASSERT_GE(found, acknowledged_);
    ASSERT_LE(found, attempted_);
    ASSERT_TRUE(process.Begin().ok());
    process.Close();
    // What the open has shown is durable, whatever the failed sync has left in a cache.
    storage_.Restart(io::CrashKind::kPowerLoss, {.policy = io::PowerPolicy::kDropAll}, 1);
    StoreProcess again(&storage_);
    ASSERT_TRUE(again.Open().ok());
    ASSERT_EQ(again.store()->state().last_sequence, found) << "an outcome changed";
  }

  // The open that comes next crashes at each of its I/Os and loses what was not synced: the one
  // after it still opens. What a failed sync has left readable must not have been vouched for.
  void CheckCrashesOfTheReopen() {
    for (uint64_t io = 0;; ++io) {
      SCOPED_TRACE("crash at I/O " + std::to_string(io) + " of the reopen");
      const auto storage = storage_.Clone();
      storage->CrashAt(storage->io_count() + io);
      {
        StoreProcess process(storage.get());
        if (process.Open().ok()) (void)process.Begin();
        process.Close();
      }
      if (!storage->crashed()) return;
      storage->Restart(io::CrashKind::kPowerLoss, {.policy = io::PowerPolicy::kKeepAll}, 1);
      StoreProcess again(storage.get());
      const Status opened = again.Open();
      ASSERT_TRUE(opened.ok()) << opened.ToString();
      ASSERT_GE(again.store()->state().last_sequence, acknowledged_);
      ASSERT_LE(again.store()->state().last_sequence, attempted_);
    }
  }

  bool struck() const { return struck_; }
  bool alive() const { return alive_; }
  io::SimStorage* storage() { return &storage_; }

 private:
  void Commit(StoreProcess* process, uint64_t sequence) {
    const bool alive = process->store()->status().ok();
    const uint64_t before = process->store()->state().last_sequence;
    attempted_ = sequence;
    const Status status = process->Commit(SequenceEdit(sequence));
    if (status.ok()) {
      EXPECT_TRUE(alive);
      EXPECT_EQ(process->store()->state().last_sequence, sequence);
      acknowledged_ = sequence;
    } else {
      EXPECT_EQ(process->store()->state().last_sequence, before) << "memory ahead of the disk";
    }
  }

  io::SimStorage storage_;
  size_t number_ = 0;
  uint64_t acknowledged_ = 0;
  uint64_t attempted_ = 0;
  bool struck_ = false;
  bool alive_ = false;
};

void EveryOperation(io::Action action, io::SimFaultEffect effect, int error, bool sticky) {
  for (uint64_t nth = 1;; ++nth) {
    io::SimFault fault;
    fault.action = action;
    fault.nth = nth;
    fault.sticky = sticky;
    fault.effect = effect;
    fault.error = error;
    SCOPED_TRACE("operation " + std::to_string(nth) + " error " + std::to_string(error));
    FaultyLife life(fault);
    if (!life.struck()) {
      EXPECT_GT(nth, 1u);
      return;
    }
    if (action == io::Action::kSync) life.CheckCrashesOfTheReopen();
    life.Check();
    if (testing::Test::HasFailure()) return;
  }
}

TEST(ManifestFaultTest, WritesFail) {
  for (const int error : {EIO, ENOSPC, EROFS}) {
    for (const bool sticky : {false, true}) {
      EveryOperation(io::Action::kWrite, io::SimFaultEffect::kError, error, sticky);
    }
  }
}

TEST(ManifestFaultTest, SyncsFailInEveryWay) {
  for (const io::SimFaultEffect effect :
       {io::SimFaultEffect::kSyncLosesData, io::SimFaultEffect::kSyncKeepsData,
        io::SimFaultEffect::kSyncIsDurable}) {
    for (const bool sticky : {false, true}) {
      EveryOperation(io::Action::kSync, effect, EIO, sticky);
    }
  }
}

TEST(ManifestFaultTest, FilesCannotBeMade) {
  for (const bool sticky : {false, true}) {
    EveryOperation(io::Action::kCreate, io::SimFaultEffect::kError, EMFILE, sticky);
    EveryOperation(io::Action::kAllocate, io::SimFaultEffect::kError, ENOSPC, sticky);
    EveryOperation(io::Action::kSyncDirectory, io::SimFaultEffect::kError, EIO, sticky);
  }
}

TEST(ManifestFaultTest, OldManifestsCannotBeDeleted) {
  for (const bool sticky : {false, true}) {
    io::SimFault fault;
    fault.action = io::Action::kUnlink;
    fault.sticky = sticky;
    fault.error = EPERM;
    FaultyLife life(fault);
    EXPECT_TRUE(life.struck());
    EXPECT_TRUE(life.alive()) << "a file that stays is no reason to stop";
  }
}

TEST(ManifestFaultTest, ShortWritesAreFinished) {
  EveryOperation(io::Action::kWrite, io::SimFaultEffect::kShort, 0, false);
}

// The last edit of an earlier life that nothing vouches for may be lost to power after it was read:
// no way leads over it. Here it is lost, and either slot of CURRENT with it.
TEST(ManifestFaultTest, NoWayLeadsOverAnEditWithoutAPromise) {
  io::SimStorage storage;
  uint64_t blocks = 0;
  {
    StoreProcess process(&storage);
    ASSERT_TRUE(process.Create().ok());
    ASSERT_TRUE(process.Commit(SequenceEdit(1)).ok());
    ASSERT_TRUE(process.Commit(SequenceEdit(2)).ok());
  }
  const std::string old = std::string(kTestDirectory) + "/MANIFEST-000001";
  const std::string bytes = storage.ReadFile(old);
  while (bytes.find_first_not_of('\0', blocks * 4096) != std::string::npos) ++blocks;
  {
    StoreProcess process(&storage);
    ASSERT_TRUE(process.Open().ok());
    ASSERT_TRUE(process.Begin().ok());
    ASSERT_TRUE(process.Commit(SequenceEdit(3)).ok());
  }
  if (storage.Exists(old)) {
    std::string lost = storage.ReadFile(old);
    lost.replace((blocks - 1) * 4096, 4096, 4096, '\0');
    storage.PutFile(old, lost);
  }
  for (uint64_t slot = 0; slot < 2; ++slot) {
    SCOPED_TRACE("slot " + std::to_string(slot));
    const std::string path = std::string(kTestDirectory) + "/CURRENT";
    storage.FlipBit(path, slot * 4096 * 8 + 200);
    StoreProcess reader(&storage);
    ASSERT_TRUE(reader.Open(Access::kReadOnly).ok());
    EXPECT_EQ(reader.store()->state().last_sequence, 3u);
    storage.FlipBit(path, slot * 4096 * 8 + 200);
  }
}

// One failed append: the store goes on in a fresh manifest, and nothing leads back to the old one.
TEST(ManifestFaultTest, AFailedAppendMovesOn) {
  io::SimStorage storage;
  StoreProcess process(&storage);
  ASSERT_TRUE(process.Create().ok());
  ASSERT_TRUE(process.Commit(SequenceEdit(1)).ok());
  const uint64_t before = process.store()->manifest_number();
  io::SimFault fault;
  fault.action = io::Action::kSync;
  fault.name = "MANIFEST-*";
  fault.effect = io::SimFaultEffect::kSyncLosesData;
  storage.faults()->Add(fault);
  ASSERT_TRUE(process.Commit(SequenceEdit(2)).ok());
  EXPECT_NE(process.store()->manifest_number(), before);
  EXPECT_TRUE(process.store()->status().ok());
  ASSERT_TRUE(process.Commit(SequenceEdit(3)).ok());
  process.Close();
  for (uint64_t slot = 0; slot < 2; ++slot) {
    const std::string path = std::string(kTestDirectory) + "/CURRENT";
    storage.FlipBit(path, slot * 4096 * 8 + 200);
    StoreProcess reader(&storage);
    ASSERT_TRUE(reader.Open(Access::kReadOnly).ok());
    EXPECT_EQ(reader.store()->state().last_sequence, 3u);
    storage.FlipBit(path, slot * 4096 * 8 + 200);
  }
}

TEST(ManifestFaultTest, WithoutRoomNothingChangesUntilThereIsSome) {
  io::SimStorage storage;
  StoreProcess process(&storage);
  ASSERT_TRUE(process.Create().ok());
  storage.SetQuota(storage.used_bytes());
  uint64_t sequence = 0;
  Status status;
  while (status.ok()) status = process.Commit(SequenceEdit(++sequence));
  EXPECT_TRUE(status.IsNoSpace()) << status.ToString();
  EXPECT_TRUE(process.store()->status().ok());
  EXPECT_EQ(process.store()->state().last_sequence, sequence - 1);
  EXPECT_TRUE(process.Commit(SequenceEdit(sequence)).IsNoSpace());
  storage.SetQuota(UINT64_MAX);
  EXPECT_TRUE(process.Commit(SequenceEdit(sequence)).ok());
  EXPECT_EQ(process.store()->state().last_sequence, sequence);
}

// The edit is durable, the answer is an error: it must not be one that says that nothing happened.
TEST(ManifestFaultTest, AnEditOfUnknownOutcomeIsNotNoSpace) {
  io::SimStorage storage;
  StoreProcess process(&storage);
  ASSERT_TRUE(process.Create().ok());
  io::SimFault sync;
  sync.action = io::Action::kSync;
  sync.name = "MANIFEST-*";
  sync.effect = io::SimFaultEffect::kSyncIsDurable;
  sync.error = ENOSPC;
  storage.faults()->Add(sync);
  storage.SetQuota(storage.used_bytes());  // no room for a fresh manifest
  const Status status = process.Commit(SequenceEdit(1));
  EXPECT_TRUE(status.IsIoError()) << status.ToString();
  EXPECT_NE(status.message().find("ENOSPC"), std::string_view::npos) << status.ToString();
  EXPECT_FALSE(process.store()->status().ok());
  storage.SetQuota(UINT64_MAX);
  EXPECT_TRUE(process.Commit(SequenceEdit(2)).IsIoError());
  process.Close();
  ASSERT_TRUE(process.Open().ok());
  EXPECT_EQ(process.store()->state().last_sequence, 1u);
}

TEST(ManifestFaultTest, ACurrentThatCannotBeWrittenIsNotNoSpace) {
  io::SimStorage storage;
  StoreProcess process(&storage);
  ASSERT_TRUE(process.Create().ok());
  io::SimFault fault;
  fault.action = io::Action::kWrite;
  fault.name = "CURRENT*";
  fault.error = ENOSPC;
  storage.faults()->Add(fault);
  EXPECT_TRUE(process.store()->Rollover(process.queue()).IsIoError());
  EXPECT_FALSE(process.store()->status().ok());
  process.Close();
  ASSERT_TRUE(process.Open().ok());
}

// Read errors are errors, not an end of the manifest.
TEST(ManifestFaultTest, ReadErrorsFailTheOpen) {
  io::SimStorage storage;
  {
    StoreProcess process(&storage);
    ASSERT_TRUE(process.Create().ok());
    ASSERT_TRUE(process.Commit(SequenceEdit(1)).ok());
  }
  for (const char* name : {"CURRENT", "MANIFEST-*"}) {
    for (const Access access : {Access::kReadOnly, Access::kReadWrite}) {
      io::SimFault fault;
      fault.action = io::Action::kRead;
      fault.name = name;
      fault.sticky = true;
      storage.faults()->Add(fault);
      StoreProcess process(&storage);
      EXPECT_TRUE(process.Open(access).IsIoError());
      storage.faults()->Clear();
    }
  }
  StoreProcess process(&storage);
  ASSERT_TRUE(process.Open().ok());
  EXPECT_EQ(process.store()->state().last_sequence, 1u);
}

}  // namespace
}  // namespace treering::manifest
