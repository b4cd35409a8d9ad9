#include "engine/manifest/manifest_store.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "engine/base/thread.h"
#include "engine/io/sim_testing.h"
#include "engine/manifest/current_format.h"
#include "engine/manifest/manifest_testing.h"
#include "engine/manifest/store_testing.h"

namespace treering::manifest {
namespace {

using Access = ManifestStore::Access;

std::string Path(const std::string& name) { return std::string(kTestDirectory) + "/" + name; }

VersionEdit SequenceEdit(uint64_t sequence) {
  VersionEdit edit;
  edit.last_sequence = sequence;
  return edit;
}

class ManifestStoreTest : public testing::Test {
 protected:
  void SetUp() override { ASSERT_TRUE(process_->Create().ok()); }

  ManifestStore* store() { return process_->store(); }
  Status Commit(const VersionEdit& edit) { return process_->Commit(edit); }
  // The process ends and another one opens the database.
  Status Reopen(Access access = Access::kReadWrite) {
    process_.reset();
    process_ = std::make_unique<StoreProcess>(&storage_);
    return process_->Open(access);
  }
  // Names in the directory that begin with `prefix`.
  std::string Files(const std::string& prefix) {
    std::string text;
    for (const std::string& path : storage_.ListFiles()) {
      const std::string name = path.substr(path.rfind('/') + 1);
      if (name.starts_with(prefix)) text += (text.empty() ? "" : " ") + name;
    }
    return text;
  }

  io::SimStorage storage_;
  std::unique_ptr<StoreProcess> process_ = std::make_unique<StoreProcess>(&storage_);
};

TEST_F(ManifestStoreTest, ANewDatabaseIsEmptyAndOpens) {
  EXPECT_EQ(store()->state().generation, 1u);
  EXPECT_EQ(store()->current()->table_count(), 0u);
  EXPECT_EQ(Files("MANIFEST"), "MANIFEST-000001");
  ASSERT_TRUE(Reopen().ok());
  EXPECT_EQ(store()->state().comparator, "treering.bytewise");
  EXPECT_EQ(store()->state().database_id, (base::Id128{3, 4}));
  EXPECT_EQ(store()->bytes_cut(), 0u);
}

TEST_F(ManifestStoreTest, CreateRefusesADatabase) {
  StoreProcess other(&storage_);
  EXPECT_EQ(other.Create().ToString(), "InvalidArgument: /db already holds a database");
}

TEST_F(ManifestStoreTest, ACommitIsSeenAndSurvives) {
  VersionEdit edit = ParseTables("L0: 10[a-m]@1-9\n");
  edit.last_sequence = 9;
  edit.registered_segments = {{11, 256}};
  edit.replay_start = ReplayStart{7, 8, 9, 11, 3};
  std::shared_ptr<const Version> published;
  ASSERT_TRUE(store()
                  ->Commit(process_->queue(), edit,
                           [&](const std::shared_ptr<const Version>& v) { published = v; })
                  .ok());
  EXPECT_EQ(published, store()->current());
  const std::string before = Describe(store()->state());
  ASSERT_TRUE(Reopen().ok());
  EXPECT_EQ(Describe(store()->state()), before);
  EXPECT_EQ(store()->state().replay_start, (ReplayStart{7, 8, 9, 11, 3}));
  EXPECT_EQ(Numbers(store()->current()->tables(0)), "10");
}

TEST_F(ManifestStoreTest, AnEditThatDoesNotFitChangesNothing) {
  ASSERT_TRUE(Commit(ParseTables("L1: 10[a-m]\n")).ok());
  const uint64_t writes = storage_.io_count();
  EXPECT_TRUE(Commit(ParseTables("L1: 11[k-z]\n")).IsCorruption());
  VersionEdit bad = SequenceEdit(1);
  bad.registered_segments = {{5, 0}};
  EXPECT_TRUE(Commit(bad).IsInvalidArgument());
  EXPECT_EQ(storage_.io_count(), writes);
  EXPECT_TRUE(store()->status().ok());
  EXPECT_EQ(Numbers(store()->current()->tables(1)), "10");
}

TEST_F(ManifestStoreTest, FileNumbersAreNeverGivenTwice) {
  std::set<uint64_t> seen = {1};
  for (int open = 0; open < 4; ++open) {
    for (int i = 0; i < 150; ++i) {
      auto number = store()->NewFileNumber(process_->queue());
      ASSERT_TRUE(number.ok());
      ASSERT_TRUE(seen.insert(*number).second) << *number;
    }
    ASSERT_TRUE(Reopen().ok());
    ASSERT_TRUE(process_->Begin().ok());
    ASSERT_TRUE(seen.insert(store()->manifest_number()).second);
  }
}

TEST_F(ManifestStoreTest, NumbersSeenOnDiskAreSkipped) {
  storage_.PutFile(Path("000500.sst"), "late");
  ASSERT_TRUE(Reopen().ok());
  auto before = store()->NewFileNumber(process_->queue());
  ASSERT_TRUE(before.ok());
  EXPECT_EQ(*before, 501u);
  ASSERT_TRUE(process_->Begin().ok());
  EXPECT_EQ(store()->manifest_number(), 502u);
  EXPECT_GT(store()->state().next_file_number, 502u);
}

TEST_F(ManifestStoreTest, AFullManifestRollsOverAndOneOldOneStays) {
  for (uint64_t i = 1; i <= 50; ++i) ASSERT_TRUE(Commit(SequenceEdit(i)).ok());
  EXPECT_GT(store()->manifest_number(), 1u);
  const std::string files = Files("MANIFEST");
  EXPECT_EQ(std::count(files.begin(), files.end(), '-'), 2) << files;
  ASSERT_TRUE(Reopen(Access::kReadOnly).ok());
  EXPECT_EQ(store()->state().last_sequence, 50u);
}

TEST_F(ManifestStoreTest, GenerationsGoUp) {
  ASSERT_TRUE(Reopen().ok());
  VersionEdit same;
  same.generation = 1;
  EXPECT_TRUE(store()->BeginGeneration(process_->queue(), same).IsInvalidArgument());
  ASSERT_TRUE(process_->Begin(SequenceEdit(4)).ok());
  ASSERT_TRUE(Commit(SequenceEdit(5)).ok());
  ASSERT_TRUE(Reopen().ok());
  EXPECT_EQ(store()->state().generation, 2u);
  EXPECT_EQ(store()->state().last_sequence, 5u);
}

TEST_F(ManifestStoreTest, AnyBitOfEitherSlotMayRotAfterAMove) {
  ASSERT_TRUE(Commit(SequenceEdit(4)).ok());
  ASSERT_TRUE(Reopen().ok());
  ASSERT_TRUE(process_->Begin(SequenceEdit(5)).ok());
  ASSERT_TRUE(Commit(SequenceEdit(6)).ok());
  const std::string expected = Describe(store()->state());
  process_->Close();
  for (uint64_t slot = 0; slot < kSlotCount; ++slot) {
    for (uint64_t bit = 0; bit < kSlotUsedBytes * 8; ++bit) {
      storage_.FlipBit(Path("CURRENT"), slot * kSlotBytes * 8 + bit);
      ASSERT_TRUE(Reopen(Access::kReadOnly).ok()) << bit;
      ASSERT_EQ(Describe(store()->state()), expected) << bit;
      storage_.FlipBit(Path("CURRENT"), slot * kSlotBytes * 8 + bit);
    }
  }
}

TEST_F(ManifestStoreTest, ARottenSlotAndALostManifestAreCorruption) {
  ASSERT_TRUE(Reopen().ok());
  ASSERT_TRUE(process_->Begin().ok());
  const uint64_t newest = store()->manifest_number();
  process_->Close();
  storage_.FlipBit(Path("CURRENT"), kSlotBytes * 8 + 300);
  ASSERT_TRUE(Reopen().ok());
  EXPECT_EQ(store()->manifest_number(), newest);
  process_->Close();
  storage_.RemoveFile(Path("MANIFEST-000001"));
  const Status status = Reopen();
  EXPECT_TRUE(status.IsCorruption());
  EXPECT_EQ(status.message().substr(0, 44), "a file that CURRENT leads to is missing: ope");
}

TEST_F(ManifestStoreTest, WithoutCurrent) {
  process_->Close();
  storage_.RemoveFile(Path("CURRENT"));
  EXPECT_TRUE(Reopen().IsNotFound());
  storage_.PutFile(Path("000007.sst"), "data");
  EXPECT_EQ(Reopen().ToString(),
            "Corruption: /db: expected CURRENT beside the database's files, found none; if it was "
            "being destroyed, destroy it again");
  EXPECT_TRUE(process_->Create().IsInvalidArgument());
  storage_.RemoveFile(Path("000007.sst"));
  storage_.PutFile(Path("CURRENT.new"), "half");
  EXPECT_TRUE(Reopen().IsNotFound());
  EXPECT_TRUE(process_->Create().ok());
  EXPECT_EQ(Files("CURRENT"), "CURRENT");
}

TEST_F(ManifestStoreTest, ShortAndForeignFilesAreCorruption) {
  ASSERT_TRUE(Commit(SequenceEdit(4)).ok());
  ASSERT_TRUE(Commit(SequenceEdit(5)).ok());
  process_->Close();
  const std::string manifest = storage_.ReadFile(Path("MANIFEST-000001"));
  for (size_t bytes = 0; bytes < manifest.size(); bytes += 2048) {
    storage_.PutFile(Path("MANIFEST-000001"), manifest.substr(0, bytes));
    const Status status = Reopen();
    // The zeros of a last block that is half there are not missed.
    const bool whole = bytes + 4096 > manifest.size();
    EXPECT_EQ(status.IsCorruption(), !whole) << bytes << status.ToString();
  }
  storage_.PutFile(Path("MANIFEST-000001"), manifest);
  const std::string current = storage_.ReadFile(Path("CURRENT"));
  storage_.PutFile(Path("CURRENT"), current.substr(0, 4096));
  EXPECT_TRUE(Reopen().IsCorruption());
  storage_.PutFile(Path("CURRENT"), current + std::string(4096, '\0'));
  EXPECT_EQ(Reopen().ToString(),
            "Corruption: CURRENT: length in bytes: expected 8192, found 12288");
}

TEST_F(ManifestStoreTest, NothingIsReadBehindTheLengthThatTheFirstEditNames) {
  ASSERT_TRUE(Commit(SequenceEdit(4)).ok());
  process_->Close();
  storage_.ResizeFile(Path("MANIFEST-000001"), 64ull << 20);
  ASSERT_TRUE(Reopen().ok());
  EXPECT_EQ(store()->state().last_sequence, 4u);
  EXPECT_LT(process_->queue()->stats().bytes_read, 1u << 20);
}

TEST_F(ManifestStoreTest, AnotherComparatorIsRefused) {
  class Other : public Comparator {
   public:
    std::string_view Name() const override { return "test.other"; }
    int Compare(const Slice& a, const Slice& b) const override { return a.Compare(b); }
  };
  const Other other;
  ManifestStore::Options options = process_->options();
  process_->Close();
  options.order = key::KeyOrder(&other);
  const auto store =
      ManifestStore::Open(process_->directory(), process_->queue(), options, Access::kReadOnly);
  EXPECT_EQ(store.status().ToString(),
            "InvalidArgument: MANIFEST-000001, offset 0: the database's comparator is "
            "\"treering.bytewise\"; it was opened with \"test.other\"");
}

TEST_F(ManifestStoreTest, ReadOnlyTakesNoLockAndWritesNothing) {
  ASSERT_TRUE(Commit(SequenceEdit(4)).ok());
  StoreProcess reader(&storage_);  // makes sure of the directory, as the owner of a database does
  const uint64_t writes = storage_.io_count();
  ASSERT_TRUE(reader.Open(Access::kReadOnly).ok());
  EXPECT_EQ(reader.store()->state().last_sequence, 4u);
  EXPECT_TRUE(reader.Commit(SequenceEdit(5)).IsReadOnly());
  EXPECT_TRUE(reader.store()->NewFileNumber(reader.queue()).status().IsReadOnly());
  EXPECT_TRUE(reader.store()->Rollover(reader.queue()).IsReadOnly());
  EXPECT_TRUE(reader.store()->PromiseLatest(reader.queue()).IsReadOnly());
  EXPECT_TRUE(reader.Begin().IsReadOnly());
  EXPECT_EQ(storage_.io_count(), writes);
  // The writer goes on, the reader keeps its view.
  ASSERT_TRUE(Commit(SequenceEdit(5)).ok());
  EXPECT_EQ(reader.store()->state().last_sequence, 4u);
}

TEST_F(ManifestStoreTest, ASecondWriterIsRefused) {
  StoreProcess other(&storage_);
  ManifestStore::Options options = other.options();
  options.lock_wait_nanos = 3'000'000;
  const auto store =
      ManifestStore::Open(other.directory(), other.queue(), options, Access::kReadWrite);
  EXPECT_TRUE(store.status().IsBusy()) << store.status().ToString();
}

TEST_F(ManifestStoreTest, OpenWaitsForADeadProcessLock) {
  ASSERT_TRUE(Commit(SequenceEdit(4)).ok());
  process_->Close();
  storage_.HoldLock(Path("CURRENT"), 5'000'000);
  storage_.HoldLock(Path("MANIFEST-000001"), 8'000'000);
  EXPECT_TRUE(Reopen().ok());
}

TEST_F(ManifestStoreTest, RemovedTablesAreObsoleteWhenPromisedAndUnheld) {
  ASSERT_TRUE(Commit(ParseTables("L0: 10[a-m]@1-9 11[n-z]@1-9\n")).ok());
  std::shared_ptr<const Version> held = store()->current();
  VersionEdit edit = ParseTables("L1: 12[a-m] 11[n-z]\n");
  edit.added_tables[1] =
      held->tables(0)[0]->meta.number == 11 ? held->tables(0)[0]->meta : held->tables(0)[1]->meta;
  edit.added_tables[1].level = 1;
  edit.removed_tables = {{0, 10}, {0, 11}};
  ASSERT_TRUE(Commit(edit).ok());
  EXPECT_TRUE(store()->TakeObsoleteTables().empty());
  ASSERT_TRUE(store()->PromiseLatest(process_->queue()).ok());
  EXPECT_TRUE(store()->TakeObsoleteTables().empty()) << "a reader still holds it";
  held.reset();
  EXPECT_EQ(store()->TakeObsoleteTables(), std::vector<uint64_t>{10});
  EXPECT_TRUE(store()->TakeObsoleteTables().empty());
}

TEST_F(ManifestStoreTest, ALaterEditPromisesTheOneBefore) {
  ASSERT_TRUE(Commit(ParseTables("L0: 10[a-m]@1-9\n")).ok());
  VersionEdit edit;
  edit.removed_tables = {{0, 10}};
  ASSERT_TRUE(Commit(edit).ok());
  EXPECT_TRUE(store()->TakeObsoleteTables().empty());
  ASSERT_TRUE(Commit(SequenceEdit(4)).ok());
  const uint64_t writes = storage_.io_count();
  EXPECT_EQ(store()->TakeObsoleteTables(), std::vector<uint64_t>{10});
  ASSERT_TRUE(store()->PromiseLatest(process_->queue()).ok());
  ASSERT_TRUE(store()->PromiseLatest(process_->queue()).ok());
  EXPECT_EQ(storage_.io_count(), writes + 2) << "one block and its sync, once";
}

TEST_F(ManifestStoreTest, APromisedEditThatRotsIsCorruption) {
  ASSERT_TRUE(Commit(SequenceEdit(4)).ok());  // block 1
  ASSERT_TRUE(store()->PromiseLatest(process_->queue()).ok());
  process_->Close();
  storage_.FlipBit(Path("MANIFEST-000001"), (4096 + 70) * 8);
  const Status status = Reopen();
  EXPECT_EQ(status.ToString().substr(0, 42), "Corruption: MANIFEST-000001, offset 4096: ");
}

TEST_F(ManifestStoreTest, OrphansAreWhatNobodyNeeds) {
  VersionEdit edit = ParseTables("L0: 10[a-m]@1-9\n");
  edit.registered_segments = {{11, 256}};
  ASSERT_TRUE(Commit(edit).ok());
  const std::vector<std::string> old = {"000010.sst", "000011.wal", "000012.sst", "000013.wal"};
  for (const std::string& name : old) storage_.PutFile(Path(name), "x");
  storage_.PutFile(Path("CURRENT.new"), "x");
  storage_.PutFile(Path("notes.txt"), "x");
  ASSERT_TRUE(Reopen().ok());
  ASSERT_TRUE(process_->Begin().ok());
  const uint64_t fresh = *store()->NewFileNumber(process_->queue());
  std::vector<std::string> names = *process_->directory()->List();
  names.push_back("000" + std::to_string(fresh) + ".sst");
  names.push_back("MANIFEST-000000");
  EXPECT_EQ(
      store()->OrphanFiles(names),
      (std::vector<std::string>{"000012.sst", "000013.wal", "CURRENT.new", "MANIFEST-000000"}));
}

TEST_F(ManifestStoreTest, ALargeTreeTakesASnapshotInParts) {
  VersionEdit edit;
  for (uint64_t i = 0; i < 600; ++i) {
    const std::string key = std::to_string(1000 + i);
    edit.added_tables.push_back(MakeTable(3, 100 + i, key + "a", key + "b"));
  }
  ASSERT_TRUE(Commit(edit).ok());
  ASSERT_TRUE(store()->Rollover(process_->queue()).ok());
  const std::string expected = Describe(store()->state());
  ASSERT_TRUE(Reopen(Access::kReadOnly).ok());
  EXPECT_EQ(Describe(store()->state()), expected);
}

// Four threads commit and take numbers side by side, and every publication is seen in its turn.
void CommitFromManyThreads(io::SimStorage* storage) {
  StoreProcess process(storage);
  ASSERT_TRUE(process.Create().ok());
  base::Mutex mutex;
  std::set<uint64_t> numbers;
  std::vector<uint64_t> published;
  const auto commit_some = [&] {
    auto queue = process.disk()->NewQueue(8);
    ASSERT_TRUE(queue.ok());
    for (uint64_t i = 0; i < 40; ++i) {
      const auto number = process.store()->NewFileNumber(queue->get());
      ASSERT_TRUE(number.ok());
      VersionEdit edit;
      const std::string key = std::to_string(1000 + *number);
      edit.added_tables = {MakeTable(1, *number, key, key)};
      const Status status = process.store()->Commit(
          queue->get(), edit, [&](const std::shared_ptr<const Version>& version) {
            published.push_back(version->table_count());
          });
      ASSERT_TRUE(status.ok()) << status.ToString();
      ASSERT_GE(process.store()->current()->table_count(), i + 1);
      const base::MutexLock lock(&mutex);
      ASSERT_TRUE(numbers.insert(*number).second);
    }
  };
  std::vector<base::Thread> threads(4);
  for (base::Thread& thread : threads) {
    ASSERT_TRUE(base::Thread::Start("committer", commit_some, &thread).ok());
  }
  for (base::Thread& thread : threads) thread.Join();
  ASSERT_EQ(published.size(), 160u);
  for (size_t i = 0; i < published.size(); ++i) ASSERT_EQ(published[i], i + 1);
  const std::string expected = Describe(process.store()->state());
  process.Close();
  StoreProcess reader(storage);
  ASSERT_TRUE(reader.Open(Access::kReadOnly).ok());
  ASSERT_EQ(Describe(reader.store()->state()), expected);
}

TEST(ManifestStoreThreadsTest, ManyThreadsTakeTurns) {
  io::SimStorage storage;
  CommitFromManyThreads(&storage);
}

TEST(ManifestStoreThreadsTest, ManyThreadsTakeTurnsInAnyOrder) {
  for (uint64_t seed = 1; seed <= 20; ++seed) {
    io::SimStorage storage;
    const auto report = io::RunSim(seed, [&storage] { CommitFromManyThreads(&storage); });
    ASSERT_FALSE(report.deadlock) << report.deadlock_text;
    ASSERT_FALSE(testing::Test::HasFailure()) << "seed " << seed;
  }
}

}  // namespace
}  // namespace treering::manifest
