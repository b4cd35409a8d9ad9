#include "engine/compaction/compaction_job.h"

#include <gtest/gtest.h>

#include <map>
#include <set>

#include "engine/compaction/job_testing.h"

namespace treering::compaction {
namespace {

using manifest::TableRef;

class CompactionJobTest : public ::testing::Test {
 protected:
  Result<CompactionOutput> Run() {
    std::vector<TableRef> all = plan_.inputs;
    all.insert(all.end(), plan_.output_inputs.begin(), plan_.output_inputs.end());
    all.insert(all.end(), deeper_.begin(), deeper_.end());
    plan_.input_bytes = 0;
    for (const TableRef& table : all) plan_.input_bytes += table->meta.bytes;
    CompactionInput input;
    input.plan = &plan_;
    input.version = world_.MakeVersion(all);
    input.snapshots = snapshots_;
    input.table_bytes = table_bytes_;
    input.grandparent_bytes_max = grandparent_bytes_max_;
    input.open_table = [this](const TableRef& table, io::Queue*) {
      ++opened_[table->meta.number];
      return world_.Open(table->meta);
    };
    input.stop = &stop_;
    return RunCompaction(*world_.env(), world_.queue(), input);
  }
  std::string Text() {
    const auto output = Run();
    return output.ok() ? world_.Text(output->tables) : output.status().ToString();
  }
  void FromLevel0(const std::vector<std::string>& newest_first) {
    plan_.input_level = 0;
    plan_.output_level = 1;
    for (const std::string& text : newest_first) {
      plan_.inputs.push_back(world_.MakeTable(0, text));
    }
  }
  // Two tables of about a MiB side by side at level 1, and one below both.
  void LargeInputs() {
    plan_.input_level = 1;
    plan_.output_level = 2;
    plan_.inputs = {world_.MakeTable(1, JobWorld::Many(0, 1000, 2, 1000, 9)),
                    world_.MakeTable(1, JobWorld::Many(2000, 1000, 2, 1000, 9))};
    plan_.output_inputs = {world_.MakeTable(2, JobWorld::Many(1, 2000, 2, 500, 5))};
    table_bytes_ = 256 << 10;
  }

  JobWorld world_;
  CompactionPlan plan_;
  std::vector<TableRef> deeper_;
  std::vector<key::Sequence> snapshots_;
  uint64_t table_bytes_ = 1 << 20;
  uint64_t grandparent_bytes_max_ = 1 << 30;
  std::map<uint64_t, int> opened_;
  std::atomic<bool> stop_{false};
};

TEST_F(CompactionJobTest, MergesAndDropsWhatNobodySees) {
  FromLevel0({"a@9=new c@8-", "a@5=old b@6=b"});
  plan_.output_inputs = {world_.MakeTable(1, "a@1=oldest c@2=gone d@3=d")};
  const auto output = Run();
  ASSERT_TRUE(output.ok()) << output.status().ToString();
  EXPECT_EQ(world_.Text(output->tables), "a@9=new b@6=b d@3=d");
  EXPECT_EQ(output->entries_read, 7u);
  EXPECT_EQ(output->entries_dropped, 4u);
  EXPECT_EQ(output->tables.front().level, 1u);
  EXPECT_EQ(output->bytes_written, output->tables.front().bytes);
  for (const auto& [number, times] : opened_) EXPECT_EQ(times, 1) << number;
}

TEST_F(CompactionJobTest, SnapshotsKeepTheirVersions) {
  FromLevel0({"a@9=3 b@9-", "a@5=2 b@4=1", "a@1=1"});
  snapshots_ = {1, 5};
  EXPECT_EQ(Text(), "a@9=3 a@5=2 a@1=1 b@9- b@4=1");
}

TEST_F(CompactionJobTest, ADeletionStaysWhereSomethingDeeperMayHoldItsKey) {
  FromLevel0({"a@9- b@9-"});
  deeper_ = {world_.MakeTable(2, "b@1=deep")};
  EXPECT_EQ(Text(), "b@9-");
}

TEST_F(CompactionJobTest, WhenNothingIsLeftThereIsNoTable) {
  FromLevel0({"a@9-", "a@5=x"});
  const size_t inputs = world_.FileCount();
  EXPECT_EQ(Text(), "");
  EXPECT_EQ(world_.FileCount(), inputs);
}

TEST_F(CompactionJobTest, CutsAtTheTableSizeAndNeverInsideAKey) {
  LargeInputs();
  const auto output = Run();
  ASSERT_TRUE(output.ok()) << output.status().ToString();
  EXPECT_GT(output->tables.size(), 8u);
  uint64_t entries = 0;
  std::string last;
  for (const manifest::TableMeta& table : output->tables) {
    EXPECT_LT(table.bytes, table_bytes_ * 5 / 4);
    EXPECT_GT(table.smallest_user_key().ToString(), last);
    last = table.largest_user_key().ToString();
    entries += table.entries;
  }
  EXPECT_EQ(entries, 4000u);
}

TEST_F(CompactionJobTest, VersionsOfOneKeyStayTogether) {
  std::string text;
  for (int i = 2000; i > 0; --i)
    text += "same@" + std::to_string(i) + "=" + std::string(200, 'v') + " ";
  for (int i = 1; i <= 2000; ++i) snapshots_.push_back(i);
  FromLevel0({text + "samf@1=x"});
  table_bytes_ = 64 << 10;
  const auto output = Run();
  ASSERT_TRUE(output.ok()) << output.status().ToString();
  ASSERT_EQ(output->tables.size(), 2u);
  EXPECT_EQ(output->tables[0].entries, 2000u);
  EXPECT_EQ(output->tables[1].entries, 1u);
}

TEST_F(CompactionJobTest, CutsWhereTooMuchOfTheGrandparentsIsOverlapped) {
  FromLevel0({"a@9=1 b@9=1 d@9=1 e@9=1 g@9=1 h@9=1"});
  plan_.grandparents = {world_.MakeTable(2, "a@1=x c@1=x"), world_.MakeTable(2, "d@1=x f@1=x"),
                        world_.MakeTable(2, "g@1=x i@1=x")};
  deeper_ = plan_.grandparents;
  EXPECT_EQ(Text(), "a@9=1 b@9=1 d@9=1 e@9=1 g@9=1 h@9=1");
  grandparent_bytes_max_ = plan_.grandparents[0]->meta.bytes;
  EXPECT_EQ(Text(), "a@9=1 b@9=1 d@9=1 e@9=1 | g@9=1 h@9=1");
  grandparent_bytes_max_ = 1;
  EXPECT_EQ(Text(), "a@9=1 b@9=1 | d@9=1 e@9=1 | g@9=1 h@9=1");
}

// Whichever input is damaged, and wherever: no output is left, and the inputs are as they were.
TEST_F(CompactionJobTest, DamageInTheMiddleOfAnInputEndsIt) {
  LargeInputs();
  const std::vector<std::string> inputs = world_.storage.ListFiles();
  for (const std::string& path : inputs) {
    const uint64_t bytes = world_.storage.ReadFile(path).size();
    for (const uint64_t at : {uint64_t{5'000}, bytes / 2, bytes - 100}) {
      SCOPED_TRACE(path + " at " + std::to_string(at));
      world_.storage.FlipBit(path, at * 8);
      const auto output = Run();
      EXPECT_TRUE(output.status().IsCorruption()) << output.status().ToString();
      EXPECT_NE(output.status().message().find(path.substr(path.rfind('/') + 1)),
                std::string_view::npos)
          << output.status().ToString();
      EXPECT_EQ(world_.storage.ListFiles(), inputs);
      world_.storage.FlipBit(path, at * 8);
    }
  }
  EXPECT_TRUE(Run().ok());
}

TEST_F(CompactionJobTest, AnInputThatCannotBeReadEndsIt) {
  LargeInputs();
  const std::vector<std::string> inputs = world_.storage.ListFiles();
  for (const uint64_t nth : {1, 4, 9, 13}) {
    SCOPED_TRACE("read " + std::to_string(nth));
    const size_t planted = world_.storage.faults()->Add(
        {.action = io::Action::kRead, .name = "*.sst", .nth = nth, .sticky = true});
    const auto output = Run();
    EXPECT_GT(world_.storage.faults()->Hits(planted), 0u);
    EXPECT_TRUE(output.status().IsIoError()) << output.status().ToString();
    EXPECT_EQ(world_.storage.ListFiles(), inputs);
    world_.storage.faults()->Remove(planted);
  }
}

TEST_F(CompactionJobTest, AMissingInputEndsIt) {
  LargeInputs();
  CompactionInput input;
  input.plan = &plan_;
  input.version = world_.MakeVersion(plan_.inputs);
  input.table_bytes = table_bytes_;
  input.grandparent_bytes_max = grandparent_bytes_max_;
  // The second table of a level is opened while the first is merged.
  const uint64_t missing = plan_.inputs[1]->meta.number;
  input.open_table = [&](const TableRef& table,
                         io::Queue*) -> Result<std::shared_ptr<table::Table>> {
    if (table->meta.number == missing) return Status::Corruption("it is missing");
    return world_.Open(table->meta);
  };
  input.stop = &stop_;
  const size_t files = world_.FileCount();
  const auto output = RunCompaction(*world_.env(), world_.queue(), input);
  EXPECT_TRUE(output.status().IsCorruption());
  EXPECT_EQ(world_.FileCount(), files);
}

TEST_F(CompactionJobTest, AFullDiskEndsItAndNothingIsLeft) {
  LargeInputs();
  const std::vector<std::string> inputs = world_.storage.ListFiles();
  world_.storage.SetQuota(world_.storage.used_bytes() + (600 << 10));
  EXPECT_TRUE(Run().status().IsNoSpace());
  EXPECT_EQ(world_.storage.ListFiles(), inputs);
}

TEST_F(CompactionJobTest, StopsWhenItIsToldTo) {
  plan_.input_level = 1;
  plan_.output_level = 2;
  plan_.inputs = {world_.MakeTable(1, JobWorld::Many(0, 10'000, 1, 50, 9))};
  stop_ = true;
  const auto output = Run();
  EXPECT_TRUE(output.status().IsAborted()) << output.status().ToString();
  EXPECT_EQ(world_.FileCount(), 1u);
  stop_ = false;
  EXPECT_TRUE(Run().ok());
}

}  // namespace
}  // namespace treering::compaction
