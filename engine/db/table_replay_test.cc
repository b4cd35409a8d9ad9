#include "engine/db/table_replay.h"

#include <gtest/gtest.h>

#include <string>

#include "api/write_batch.h"
#include "engine/io/sim_testing.h"

namespace treering::db {
namespace {

using manifest::TableMeta;

constexpr uint64_t kMiB = 1u << 20;

// A Runtime of 16 MiB with a directory to write tables into, on a simulated disk.
class World {
 public:
  World() {
    RuntimeOptions options;
    options.memory_budget = 16 * kMiB;
    runtime = std::move(runtime::RuntimeCore::CreateOn(&disk_, options)).value();
    directory = std::move(disk_.OpenDirectory("/db", true)).value();
    job_.directory = directory.get();
    job_.buffers = runtime->buffers();
    job_.database_id = {1, 2};
    job_.new_file_number = [this](io::Queue*) -> Result<uint64_t> { return next_number_++; };
    lease_ = std::move(runtime->LeaseSharedQueue()).value();
  }

  std::unique_ptr<TableReplay> NewReplay(uint64_t table_bytes) {
    return std::make_unique<TableReplay>(runtime.get(), &job_, table_bytes, lease_.queue());
  }
  // A group of `count` puts of 1,000 bytes each.
  Status Add(TableReplay* replay, uint32_t count) {
    WriteBatch batch;
    for (uint32_t i = 0; i < count; ++i) {
      batch.Put("key" + std::to_string((next_sequence_ + i) * 7919 % 100'003),
                std::string(1000, 'v'));
    }
    wal::GroupHeader header;
    header.first_sequence = next_sequence_;
    header.count = count;
    next_sequence_ += count;
    return replay->Add(header, batch.rep());
  }
  size_t FileCount() { return directory->List()->size(); }

  io::SimStorage storage;

 private:
  io::SimDisk disk_{&storage};

 public:
  std::shared_ptr<runtime::RuntimeCore> runtime;
  std::unique_ptr<io::Directory> directory;

 private:
  runtime::QueueLease lease_;
  compaction::JobEnv job_;
  uint64_t next_number_ = 1;
  key::Sequence next_sequence_ = 1;
};

TEST(TableReplayTest, GroupsEndUpInTablesInTheirOrder) {
  for (uint64_t seed = 1; seed <= 20; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    io::RunSim(seed, [] {
      World world;
      auto replay = world.NewReplay(kMiB);
      for (int group = 0; group < 500; ++group) ASSERT_TRUE(world.Add(replay.get(), 10).ok());
      auto tables = replay->Finish();
      ASSERT_TRUE(tables.ok()) << tables.status().ToString();
      EXPECT_EQ(tables->size(), 5u);  // 5,000 records of about 1,020 bytes
      uint64_t entries = 0;
      key::Sequence last = 0;
      for (const TableMeta& table : *tables) {
        EXPECT_EQ(table.level, 0u);
        EXPECT_EQ(table.smallest_sequence, last + 1);
        last = table.largest_sequence;
        entries += table.entries;
      }
      EXPECT_EQ(entries, 5000u);
      EXPECT_EQ(last, 5000u);
      EXPECT_EQ(world.FileCount(), tables->size());
    });
  }
}

TEST(TableReplayTest, NothingToReplayMakesNoTable) {
  io::RunSim(1, [] {
    World world;
    auto tables = world.NewReplay(kMiB)->Finish();
    ASSERT_TRUE(tables.ok());
    EXPECT_TRUE(tables->empty());
    EXPECT_EQ(world.FileCount(), 0u);
  });
}

TEST(TableReplayTest, ATableThatCannotBeWrittenEndsIt) {
  io::RunSim(1, [] {
    World world;
    world.storage.faults()->Add({.action = io::Action::kWrite, .name = "*.sst", .sticky = true});
    auto replay = world.NewReplay(kMiB);
    Status status;
    for (int group = 0; group < 500 && status.ok(); ++group) status = world.Add(replay.get(), 10);
    if (status.ok()) status = replay->Finish().status();
    EXPECT_TRUE(status.IsIoError()) << status.ToString();
    replay.reset();
    EXPECT_EQ(world.FileCount(), 0u);
  });
}

TEST(TableReplayTest, TheErrorOfOneOfTwoTablesIsTheReplays) {
  for (uint64_t seed = 1; seed <= 20; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    io::RunSim(seed, [] {
      World world;
      const size_t fault = world.storage.faults()->Add(
          {.action = io::Action::kWrite, .name = "000002.sst", .sticky = true});
      auto replay = world.NewReplay(kMiB);
      Status status;
      for (int group = 0; group < 300 && status.ok(); ++group) status = world.Add(replay.get(), 10);
      if (status.ok()) status = replay->Finish().status();
      EXPECT_GT(world.storage.faults()->Hits(fault), 0u);
      EXPECT_TRUE(status.IsIoError()) << status.ToString();
      EXPECT_NE(status.message().find("000002.sst"), std::string_view::npos) << status.ToString();
      EXPECT_TRUE(replay->Finish().status().IsIoError()) << "it stays";
    });
  }
}

TEST(TableReplayTest, EndsWithTwoTablesUnderWay) {
  for (uint64_t seed = 1; seed <= 20; ++seed) {
    io::RunSim(seed, [] {
      World world;
      auto replay = world.NewReplay(kMiB);
      // The third is full: two are being written, or were.
      for (int group = 0; group < 300; ++group) ASSERT_TRUE(world.Add(replay.get(), 10).ok());
      EXPECT_GT(world.runtime->budget()->used(base::MemoryClass::kMemtable), kMiB);
      replay.reset();
      EXPECT_EQ(world.runtime->budget()->used(base::MemoryClass::kMemtable), 0u);
    });
  }
}

TEST(TableReplayTest, AnotherNumberOfRecordsIsCorruption) {
  io::RunSim(1, [] {
    World world;
    auto replay = world.NewReplay(kMiB);
    WriteBatch batch;
    batch.Put("a", "1");
    batch.Put("b", "2");
    wal::GroupHeader header;
    header.first_sequence = 7;
    for (const uint32_t count : {1u, 3u}) {
      header.count = count;
      const Status status = replay->Add(header, batch.rep());
      EXPECT_TRUE(status.IsCorruption());
      EXPECT_NE(status.message().find("group of sequence 7"), std::string::npos);
    }
  });
}

// Others hold the budget: it makes do with what is left, table by table, and says when that is
// nothing.
TEST(TableReplayTest, WithLittleMemoryTablesAreSmaller) {
  io::RunSim(1, [] {
    World world;
    base::Budget* const budget = world.runtime->budget();
    const uint64_t used = world.runtime->Memory().used_bytes;
    const uint64_t taken = 16 * kMiB - used - 5 * kMiB;
    ASSERT_TRUE(budget->TryCharge(base::MemoryClass::kOther, taken));
    auto replay = world.NewReplay(64 * kMiB);
    for (int group = 0; group < 1500; ++group) {
      const Status status = world.Add(replay.get(), 10);
      ASSERT_TRUE(status.ok()) << status.ToString();
    }
    auto tables = replay->Finish();
    ASSERT_TRUE(tables.ok()) << tables.status().ToString();
    uint64_t entries = 0;
    for (const TableMeta& table : *tables) entries += table.entries;
    EXPECT_EQ(entries, 15000u);
    EXPECT_GT(tables->size(), 2u);
    replay.reset();
    budget->Release(base::MemoryClass::kOther, taken);

    const uint64_t all = 16 * kMiB - world.runtime->Memory().used_bytes;
    ASSERT_TRUE(budget->TryCharge(base::MemoryClass::kOther, all));
    replay = world.NewReplay(64 * kMiB);
    const Status refused = world.Add(replay.get(), 1);
    EXPECT_TRUE(refused.IsOutOfMemory()) << refused.ToString();
    replay.reset();
    budget->Release(base::MemoryClass::kOther, all);
  });
}

}  // namespace
}  // namespace treering::db
