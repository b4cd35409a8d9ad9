// Read-only views on the simulated disk: beside a writer that flushes and compacts, and of a
// database of which some tables are damaged or gone.
#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "engine/base/budget_unlimited.h"
#include "engine/base/thread.h"
#include "engine/io/sim_testing.h"
#include "engine/manifest/manifest_store.h"
#include "tests/support/sim_db.h"

namespace treering::testing {
namespace {

Options ViewOptions() {
  Options options = SimDb::SmallOptions();
  options.create_if_missing = false;
  options.read_only = true;
  return options;
}

std::string Get(SimDb* db, const std::string& key) {
  PinnedValue value;
  const Status status = (*db)->Get(key, &value);
  return status.ok() ? value.ToString() : std::string(StatusCodeName(status.code()));
}

// Each round of the writer sets all keys to its number, in one batch.
constexpr int kKeys = 5;
constexpr int kRounds = 60;

void WriteRounds(SimDb* writer) {
  for (int round = 1; round <= kRounds; ++round) {
    WriteBatch batch;
    for (int i = 0; i < kKeys; ++i) batch.Put("key" + std::to_string(i), std::to_string(round));
    ASSERT_TRUE((*writer)->Write(batch).ok());
    if (round % 2 == 0) {
      ASSERT_TRUE((*writer)->Flush().ok());
    }
    if (round % 4 == 0) {
      ASSERT_TRUE((*writer)->CompactRange(nullptr, nullptr).ok());
    }
  }
}

// A table that was compacted away while the view was opened is no damage.
TEST(ViewBesideAWriter, IsARoundOrTooOldButNeverCorrupt) {
  int opened_total = 0;
  for (uint64_t seed = 1; seed <= 12; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    io::RunSim(seed, [&opened_total] {
      io::SimStorage storage;
      SimDb writer;
      ASSERT_TRUE(writer.Open(&storage, SimDb::SmallOptions()).ok());
      std::atomic<bool> done{false};
      base::Thread thread;
      ASSERT_TRUE(base::Thread::Start(
                      "writer",
                      [&] {
                        WriteRounds(&writer);
                        done = true;
                      },
                      &thread)
                      .ok());
      int last_round = 0;
      while (!done) {
        SimDb view;
        const Status opened = view.Open(&storage, ViewOptions());
        EXPECT_TRUE(opened.ok() || opened.IsAborted()) << opened.ToString();
        if (!opened.ok()) continue;
        ++opened_total;
        Content content;
        const Status read = ReadAll(view.db.get(), &content);
        EXPECT_TRUE(read.ok()) << read.ToString();
        if (content.empty()) continue;
        EXPECT_EQ(content.size(), static_cast<size_t>(kKeys));
        const std::string round = content.begin()->second;
        for (const auto& [key, value] : content) EXPECT_EQ(value, round);
        EXPECT_GE(std::stoi(round), last_round);
        last_round = std::stoi(round);
      }
      thread.Join();
      ASSERT_TRUE(writer.Close().ok());
    });
    if (::testing::Test::HasFailure()) return;
  }
  EXPECT_GT(opened_total, 50);
}

// Four tables of one key each: "a" to "d".
class DamagedTablesTest : public ::testing::Test {
 protected:
  DamagedTablesTest() {
    SimDb db;
    Options options = SimDb::SmallOptions();
    options.disable_auto_compactions = true;
    EXPECT_TRUE(db.Open(&storage_, options).ok());
    for (const char* key : {"a", "b", "c", "d"}) {
      EXPECT_TRUE(db->Put(key, std::string("of ") + key).ok());
      EXPECT_TRUE(db->Flush().ok());
    }
    EXPECT_TRUE(db.Close().ok());
    for (const std::string& path : storage_.ListFiles()) {
      if (path.ends_with(".sst")) tables_.push_back(path);  // by number, so by key
    }
    EXPECT_EQ(tables_.size(), 4u);
  }

  Options Reading(bool read_only) {
    Options options = read_only ? ViewOptions() : SimDb::SmallOptions();
    options.disable_auto_compactions = true;
    return options;
  }
  // Footer of "a" and head of "b" damaged, "c" gone.
  void Damage() {
    storage_.FlipBit(tables_[0], storage_.ReadFile(tables_[0]).size() * 8 - 1000);
    storage_.FlipBit(tables_[1], 400);
    storage_.RemoveFile(tables_[2]);
  }

  io::SimStorage storage_;
  std::vector<std::string> tables_;
};

TEST_F(DamagedTablesTest, TheOthersAreServedAndEachIsNamed) {
  Damage();
  {
    SimDb db;
    const Status opened = db.Open(&storage_, Reading(/*read_only=*/true));
    ASSERT_TRUE(opened.ok()) << opened.ToString();
    EXPECT_EQ(Get(&db, "a"), "Corruption");
    EXPECT_EQ(Get(&db, "b"), "Corruption");
    EXPECT_EQ(Get(&db, "c"), "Corruption");
    EXPECT_EQ(Get(&db, "d"), "of d");
    EXPECT_EQ(Get(&db, "e"), "NotFound");
    PinnedValue value;
    for (int i = 0; i < 3; ++i) {
      const Status status = db->Get(std::string(1, static_cast<char>('a' + i)), &value);
      EXPECT_NE(status.message().find(tables_[i]), std::string_view::npos) << status.ToString();
    }
    const Slice from("d");
    ReadOptions bounded;
    bounded.lower_bound = &from;
    const auto it = db->NewIterator(bounded);
    it->SeekToFirst();
    ASSERT_TRUE(it->Valid()) << it->status().ToString();
    EXPECT_EQ(it->value().ToString(), "of d");
    Content content;
    EXPECT_TRUE(ReadAll(db.db.get(), &content).IsCorruption());

    const auto report = db->Verify();
    ASSERT_TRUE(report.ok()) << report.status().ToString();
    EXPECT_EQ(report->files, 4u);
    for (int i = 0; i < 4; ++i) {
      const auto names = [&](const Status& problem) {
        return problem.message().find(tables_[i]) != std::string_view::npos;
      };
      const bool named = std::any_of(report->problems.begin(), report->problems.end(), names);
      EXPECT_EQ(named, i < 3) << tables_[i];
    }
  }
  // A writer would delete what the manifest does not name, so it does not start without a table.
  SimDb db;
  const Status refused = db.Open(&storage_, Reading(/*read_only=*/false));
  EXPECT_TRUE(refused.IsCorruption()) << refused.ToString();
  EXPECT_NE(refused.message().find(tables_[2]), std::string_view::npos) << refused.ToString();
}

// The writer has unlinked what the view holds open: that is no damage.
TEST_F(DamagedTablesTest, AViewVerifiesWhatItHolds) {
  SimDb view;
  ASSERT_TRUE(view.Open(&storage_, Reading(true)).ok());
  {
    SimDb writer;
    ASSERT_TRUE(writer.Open(&storage_, Reading(false)).ok());
    ASSERT_TRUE(writer->CompactRange(nullptr, nullptr).ok());
    ASSERT_TRUE(writer.Close().ok());
    ASSERT_TRUE(writer.Open(&storage_, Reading(false)).ok());  // what is left over is removed
  }
  for (const std::string& path : tables_) ASSERT_FALSE(storage_.Exists(path));
  const auto report = view->Verify();
  ASSERT_TRUE(report.ok());
  EXPECT_EQ(report->files, 4u);
  EXPECT_TRUE(report->problems.empty()) << report->problems.front().ToString();
  EXPECT_EQ(Get(&view, "a"), "of a");
}

// Found by hostile_fuzz: verification compared neither keys nor sequences with the manifest, and
// found nothing wrong with a table that every read refused.
TEST_F(DamagedTablesTest, ATableOfOtherKeysThanTheManifestSaysIsNamed) {
  using manifest::ManifestStore;
  {
    io::SimDisk disk(&storage_);
    base::UnlimitedBudget budget;
    io::BufferPool buffers(disk.arena(), &budget);
    const auto directory = disk.OpenDirectory(SimDb::kPath, false);
    const auto queue = disk.NewQueue(16);
    ASSERT_TRUE(directory.ok() && queue.ok());
    const ManifestStore::Options options(key::KeyOrder(BytewiseComparator()), &buffers);
    const auto store = ManifestStore::Open(directory->get(), queue->get(), options,
                                           ManifestStore::Access::kReadWrite);
    ASSERT_TRUE(store.ok()) << store.status().ToString();
    manifest::VersionEdit edit;
    edit.generation = (*store)->state().generation + 1;
    const auto version = (*store)->current();
    for (const manifest::TableRef& table : version->tables(0)) {
      manifest::TableMeta meta = table->meta;
      edit.removed_tables.push_back({meta.level, meta.number});
      if (meta.smallest_user_key() == Slice("b")) meta.largest.insert(0, "b");
      if (meta.smallest_user_key() == Slice("c")) meta.smallest_sequence = 0;
      edit.added_tables.push_back(meta);
    }
    const Status changed = (*store)->BeginGeneration(queue->get(), edit);
    ASSERT_TRUE(changed.ok()) << changed.ToString();
  }
  SimDb view;
  ASSERT_TRUE(view.Open(&storage_, Reading(true)).ok());
  const auto report = view->Verify();
  ASSERT_TRUE(report.ok());
  EXPECT_EQ(report->problems.size(), 2u);
  for (int i = 0; i < 4; ++i) {
    const bool wrong = i == 1 || i == 2;
    const std::string key(1, static_cast<char>('a' + i));
    EXPECT_EQ(Get(&view, key), wrong ? "Corruption" : "of " + key);
    const auto names = [&](const Status& problem) {
      return problem.message().find(tables_[i]) != std::string_view::npos;
    };
    EXPECT_EQ(std::any_of(report->problems.begin(), report->problems.end(), names), wrong);
  }
}

TEST_F(DamagedTablesTest, TablesThatChangedPlacesAreEachNamed) {
  const std::string first = storage_.ReadFile(tables_[0]);
  storage_.PutFile(tables_[0], storage_.ReadFile(tables_[1]));
  storage_.PutFile(tables_[1], first);
  SimDb view;
  ASSERT_TRUE(view.Open(&storage_, Reading(true)).ok());
  EXPECT_EQ(Get(&view, "a"), "Corruption");
  EXPECT_EQ(Get(&view, "b"), "Corruption");
  EXPECT_EQ(Get(&view, "c"), "of c");
  const auto report = view->Verify();
  ASSERT_TRUE(report.ok());
  ASSERT_EQ(report->problems.size(), 2u);
  for (int i = 0; i < 2; ++i) {
    const std::string_view text = report->problems[i].message();
    EXPECT_NE(text.find("another table"), std::string_view::npos) << text;
    EXPECT_NE(text.find(".sst"), std::string_view::npos) << text;
  }
}

// An error that is not this table's own is the open's.
TEST_F(DamagedTablesTest, AFileThatCannotBeOpenedIsNoDamage) {
  storage_.faults()->Add(
      {.action = io::Action::kOpen, .name = "*.sst", .sticky = true, .error = EMFILE});
  SimDb view;
  const Status refused = view.Open(&storage_, Reading(true));
  EXPECT_TRUE(refused.IsIoError()) << refused.ToString();
  EXPECT_NE(refused.message().find("ulimit -n"), std::string_view::npos) << refused.ToString();
}

// A footer on a bad sector is.
TEST_F(DamagedTablesTest, ATableThatCannotBeReadIsLeftOut) {
  const std::string name = tables_[1].substr(tables_[1].rfind('/') + 1);
  storage_.faults()->Add({.action = io::Action::kRead, .name = name, .sticky = true});
  SimDb view;
  const Status opened = view.Open(&storage_, Reading(true));
  ASSERT_TRUE(opened.ok()) << opened.ToString();
  EXPECT_EQ(Get(&view, "a"), "of a");
  EXPECT_EQ(Get(&view, "b"), "IO error");
}

}  // namespace
}  // namespace treering::testing
