// Tables on a disk that fails: an error is an error, never a shorter table or other bytes.
#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <string>

#include "engine/io/sim_disk.h"
#include "engine/io/sim_storage.h"
#include "engine/io/sim_testing.h"
#include "engine/table/table_iterator.h"
#include "engine/table/table_scan.h"
#include "engine/table/table_testing.h"
#include "engine/table/table_verify.h"

namespace treering::table {
namespace {

using io::Action;
using io::SimFaultEffect;

Entries SomeEntries(int count) {
  Entries entries;
  for (int i = 0; i < count; ++i) {
    entries.emplace_back(InternalKey("key" + std::to_string(1'000'000 + i), 1 + i),
                         std::string(100, static_cast<char>('a' + i % 26)));
  }
  return entries;
}

// How far an iterator came, and why it stopped.
struct Walk {
  size_t right = 0;
  bool wrong = false;
  Status status;
};

Walk WalkAll(key::InternalIterator* it, const Entries& entries) {
  Walk walk;
  for (it->SeekToFirst(); it->Valid(); it->Next()) {
    const bool right = walk.right < entries.size() &&
                       it->key() == Slice(entries[walk.right].first) &&
                       it->value() == Slice(entries[walk.right].second);
    walk.wrong |= !right;
    ++walk.right;
  }
  walk.status = it->status();
  walk.wrong |= walk.status.ok() && walk.right != entries.size();
  return walk;
}

class TableFaultsTest : public ::testing::Test {
 protected:
  std::unique_ptr<TableWorld> NewWorld() {
    return std::make_unique<TableWorld>(std::make_unique<io::SimDisk>(&storage_), "/db");
  }
  // Flushes of 700 KiB: several extents, grown once.
  static TableBuilderOptions Options() {
    TableBuilderOptions options = TableWorld::DefaultOptions();
    options.expected_bytes = 300'000;
    return options;
  }

  io::SimStorage storage_;
  const Entries entries_ = SomeEntries(6000);
};

TEST_F(TableFaultsTest, AnErrorAtAnyStepOfBuildingIsAnswered) {
  const std::unique_ptr<TableWorld> world = NewWorld();
  uint64_t number = 1;
  for (const Action action :
       {Action::kWrite, Action::kSync, Action::kAllocate, Action::kTruncate}) {
    int struck = 0;
    for (uint64_t nth = 1;; ++nth) {
      const size_t fault = storage_.faults()->Add({.action = action, .name = "*.sst", .nth = nth});
      const Result<TableInfo> info = world->Build(number++, entries_, Options());
      const bool hit = storage_.faults()->Hits(fault) > 0;
      storage_.faults()->Clear();
      EXPECT_EQ(info.ok(), !hit) << io::ActionName(action) << " " << nth;
      if (!hit) break;
      EXPECT_TRUE(info.status().IsIoError()) << info.status().ToString();
      ++struck;
    }
    EXPECT_GT(struck, 0) << io::ActionName(action);
  }
}

TEST_F(TableFaultsTest, WithoutAllocationItStillWrites) {
  const std::unique_ptr<TableWorld> world = NewWorld();
  const size_t fault = storage_.faults()->Add(
      {.action = Action::kAllocate, .name = "*.sst", .sticky = true, .error = EOPNOTSUPP});
  const Result<TableInfo> info = world->Build(1, entries_, Options());
  ASSERT_TRUE(info.ok()) << info.status().ToString();
  EXPECT_EQ(storage_.faults()->Hits(fault), 1u);  // asked once
  EXPECT_EQ(storage_.ReadFile("/db/000001.sst").size(), info->bytes);
}

TEST_F(TableFaultsTest, AFullDiskIsNoSpace) {
  const std::unique_ptr<TableWorld> world = NewWorld();
  storage_.SetQuota(400'000);
  EXPECT_TRUE(world->Build(1, entries_, Options()).status().IsNoSpace());
}

TEST_F(TableFaultsTest, WhatWasFinishedSurvivesPowerLoss) {
  TableInfo info;
  {
    const std::unique_ptr<TableWorld> world = NewWorld();
    Result<TableInfo> built = world->Build(1, entries_, Options());
    ASSERT_TRUE(built.ok());
    info = *built;
    EXPECT_FALSE(storage_.DurableNow("/db/000001.sst"));  // its name is not
    ASSERT_TRUE(world->SyncDirectory().ok());
    EXPECT_TRUE(storage_.DurableNow("/db/000001.sst"));
  }
  storage_.Restart(io::CrashKind::kPowerLoss, {.policy = io::PowerPolicy::kDropAll}, 1);
  const std::unique_ptr<TableWorld> world = NewWorld();
  Result<std::shared_ptr<Table>> table = world->Open(info);
  ASSERT_TRUE(table.ok()) << table.status().ToString();
  const Walk walk = WalkAll(NewTableIterator(*table, world.get()).get(), entries_);
  EXPECT_FALSE(walk.wrong);
  EXPECT_TRUE(walk.status.ok());
}

// Writes that went astray: what reads find is what was written, or Corruption.
TEST_F(TableFaultsTest, LostAndMisdirectedWritesAreNoticed) {
  const std::unique_ptr<TableWorld> world = NewWorld();
  uint64_t number = 1;
  for (const SimFaultEffect effect : {SimFaultEffect::kPhantom, SimFaultEffect::kMisdirected}) {
    int struck = 0;
    for (uint64_t nth = 1;; ++nth) {
      const size_t fault = storage_.faults()->Add(
          {.action = Action::kWrite, .name = "*.sst", .nth = nth, .effect = effect});
      const Result<TableInfo> info = world->Build(number++, entries_, Options());
      const bool hit = storage_.faults()->Hits(fault) > 0;
      storage_.faults()->Clear();
      ASSERT_TRUE(info.ok()) << info.status().ToString();
      if (!hit) break;
      ++struck;
      Result<std::shared_ptr<Table>> table = world->Open(*info);
      if (!table.ok()) {
        EXPECT_TRUE(table.status().IsCorruption()) << table.status().ToString();
        continue;
      }
      const Walk walk =
          WalkAll(NewTableScan(*table, world->queue(), world->pool()).get(), entries_);
      EXPECT_FALSE(walk.wrong);
      EXPECT_TRUE(walk.status.IsCorruption()) << walk.status.ToString();
    }
    EXPECT_GT(struck, 2);
  }
}

struct ReadFault {
  const char* name;
  SimFaultEffect effect;
  bool sticky;
  bool hidden;  // by reading once more
};

class TableReadFaultsTest : public TableFaultsTest,
                            public ::testing::WithParamInterface<ReadFault> {};

INSTANTIATE_TEST_SUITE_P(
    Faults, TableReadFaultsTest,
    ::testing::Values(ReadFault{"ErrorOnce", SimFaultEffect::kError, false, true},
                      ReadFault{"ErrorForEver", SimFaultEffect::kError, true, false},
                      ReadFault{"FlipOnce", SimFaultEffect::kFlipBit, false, true},
                      ReadFault{"FlipForEver", SimFaultEffect::kFlipBit, true, false},
                      ReadFault{"ElsewhereOnce", SimFaultEffect::kMisdirected, false, true},
                      ReadFault{"ElsewhereForEver", SimFaultEffect::kMisdirected, true, false},
                      ReadFault{"ShortForEver", SimFaultEffect::kShort, true, true}),
    [](const auto& info) { return std::string(info.param.name); });

TEST_P(TableReadFaultsTest, AtEveryReadOfEveryWayOfReading) {
  const ReadFault& param = GetParam();
  const std::unique_ptr<TableWorld> world = NewWorld();
  const Result<TableInfo> info = world->Build(1, entries_, Options());
  ASSERT_TRUE(info.ok());
  for (const bool scan : {false, true}) {
    for (uint64_t nth = 1;; ++nth) {
      Result<std::shared_ptr<Table>> table = world->Open(*info);
      ASSERT_TRUE(table.ok());
      const size_t fault = storage_.faults()->Add({.action = Action::kRead,
                                                   .name = "*.sst",
                                                   .nth = nth,
                                                   .sticky = param.sticky,
                                                   .effect = param.effect});
      const std::unique_ptr<key::InternalIterator> it =
          scan ? NewTableScan(*table, world->queue(), world->pool())
               : NewTableIterator(*table, world.get());
      const Walk walk = WalkAll(it.get(), entries_);
      const bool hit = storage_.faults()->Hits(fault) > 0;
      storage_.faults()->Clear();
      ASSERT_FALSE(walk.wrong) << nth;
      if (!hit) {
        ASSERT_TRUE(walk.status.ok());
        ASSERT_GT(nth, 2u);
        break;
      }
      if (param.hidden) {
        ASSERT_TRUE(walk.status.ok()) << nth << ": " << walk.status.ToString();
      } else {
        const bool right_code = param.effect == SimFaultEffect::kError ? walk.status.IsIoError()
                                                                       : walk.status.IsCorruption();
        ASSERT_TRUE(right_code) << nth << ": " << walk.status.ToString();
      }
    }
  }
}

TEST_F(TableFaultsTest, GetsAnswerTheErrorAndTheFilterMayFail) {
  const std::unique_ptr<TableWorld> world = NewWorld();
  const Result<TableInfo> info = world->Build(1, entries_, Options());
  ASSERT_TRUE(info.ok());
  Result<std::shared_ptr<Table>> table = world->Open(*info);
  ASSERT_TRUE(table.ok());
  storage_.faults()->Add({.action = Action::kRead, .name = "*.sst", .sticky = true});
  EXPECT_TRUE(world->Get(table->get(), "key1000500", 100000).status().IsIoError());
  EXPECT_EQ((*table)->filter_failures(), 1u);
  storage_.faults()->Clear();
  // The filter page fails with its second try; index and data do not.
  for (const uint64_t nth : {1, 2}) {
    storage_.faults()->Add({.action = Action::kRead, .name = "*.sst", .nth = nth});
  }
  const Result<std::string> value = world->Get(table->get(), "key1000500", 100000);
  ASSERT_TRUE(value.ok()) << value.status().ToString();
  EXPECT_EQ(*value, entries_[500].second);
  EXPECT_EQ((*table)->filter_failures(), 2u);
}

// Completions late and in any order, several scans and a builder on one queue.
TEST(TableSimulation, ScansAndBuildersShareOneQueue) {
  const Entries entries = SomeEntries(20'000);
  for (uint64_t seed = 1; seed <= 5; ++seed) {
    io::SimStorage storage;
    io::RunSim(seed, [&] {
      TableWorld world(std::make_unique<io::SimDisk>(&storage), "/db");
      const Result<TableInfo> info = world.Build(1, entries);
      ASSERT_TRUE(info.ok()) << info.status().ToString();
      Result<std::shared_ptr<Table>> table = world.Open(*info);
      ASSERT_TRUE(table.ok());
      const std::unique_ptr<io::File> file = world.OpenFile(2, io::OpenMode::kCreate);
      TableBuilder builder(TableWorld::DefaultOptions(), file.get(), world.queue(), world.pool());
      const auto one = NewTableScan(*table, world.queue(), world.pool());
      const auto two = NewTableScan(*table, world.queue(), world.pool());
      const auto three = NewTableIterator(*table, &world);
      one->PrepareSeek(Slice());
      two->PrepareSeek(entries[0].first);
      three->PrepareSeek(entries[0].first);
      one->SeekToFirst();
      two->Seek(entries[0].first);
      three->Seek(entries[0].first);
      for (const auto& [key, value] : entries) {
        for (key::InternalIterator* it : {one.get(), two.get(), three.get()}) {
          ASSERT_TRUE(it->Valid()) << it->status().ToString();
          ASSERT_EQ(it->key(), Slice(key));
          ASSERT_EQ(it->value(), Slice(value));
        }
        ASSERT_TRUE(builder.Add(one->key(), one->value()).ok());
        one->Next();
        two->Next();
        three->Next();
      }
      const Result<TableInfo> copy = builder.Finish();
      ASSERT_TRUE(copy.ok());
      const Result<TableReport> report =
          VerifyTable(file.get(), world.order(), world.queue(), world.pool());
      ASSERT_TRUE(report.ok());
      EXPECT_TRUE(report->ToStatus().ok()) << report->ToStatus().ToString();
      EXPECT_EQ(report->info.entries, entries.size());
    });
  }
}

// A compaction's input keeps at least four reads of 128 KiB or more in flight, on the mean.
TEST(TableSimulation, AScanKeepsTheDiskBusy) {
  const Entries entries = SomeEntries(60'000);
  io::SimStorage storage;
  io::RunSim(7, [&] {
    TableWorld world(std::make_unique<io::SimDisk>(&storage), "/db");
    const Result<TableInfo> info = world.Build(1, entries);
    ASSERT_TRUE(info.ok());
    Result<std::shared_ptr<Table>> table = world.Open(*info);
    ASSERT_TRUE(table.ok());
    const io::QueueStats before = world.queue()->stats();
    const Walk walk = WalkAll(NewTableScan(*table, world.queue(), world.pool()).get(), entries);
    EXPECT_FALSE(walk.wrong);
    const io::QueueStats& after = world.queue()->stats();
    const double requests = static_cast<double>(after.requests - before.requests);
    const double depth = static_cast<double>(after.depth_sum - before.depth_sum) / requests;
    const double bytes = static_cast<double>(after.bytes_read - before.bytes_read) / requests;
    EXPECT_GE(depth, 4.0);
    EXPECT_GE(bytes, 128.0 * 1024);
  });
}

}  // namespace
}  // namespace treering::table
