#include "engine/compaction/output_writer.h"

#include <gtest/gtest.h>

#include "engine/compaction/job_testing.h"

namespace treering::compaction {
namespace {

class OutputWriterTest : public ::testing::Test {
 protected:
  Status AddAll(OutputWriter* out, const table::Entries& entries) {
    for (const auto& [key, value] : entries) {
      if (Status status = out->Add(key, value); !status.ok()) return status;
    }
    return Status::Ok();
  }

  JobWorld world_;
};

TEST_F(OutputWriterTest, WithoutEntriesThereIsNoTable) {
  OutputWriter out(*world_.env(), world_.queue(), 1, 0);
  ASSERT_TRUE(out.Cut().ok());
  const auto tables = out.Finish();
  ASSERT_TRUE(tables.ok());
  EXPECT_TRUE(tables->empty());
  EXPECT_EQ(world_.FileCount(), 0u);
}

TEST_F(OutputWriterTest, TablesAreDurableWithTheirNames) {
  OutputWriter out(*world_.env(), world_.queue(), 3, 0);
  ASSERT_TRUE(AddAll(&out, JobWorld::Parse("a@7=1 b@9-")).ok());
  EXPECT_GT(out.table_bytes(), 0u);
  ASSERT_TRUE(out.Cut().ok());
  EXPECT_EQ(out.table_bytes(), 0u);
  ASSERT_TRUE(out.Cut().ok());  // between two tables there is nothing to cut
  ASSERT_TRUE(AddAll(&out, JobWorld::Parse("c@8=3")).ok());
  const auto tables = out.Finish();
  ASSERT_TRUE(tables.ok());
  EXPECT_EQ(world_.Text(*tables), "a@7=1 b@9- | c@8=3");
  const manifest::TableMeta& first = tables->front();
  EXPECT_EQ(first.level, 3u);
  EXPECT_EQ(first.entries, 2u);
  EXPECT_EQ(first.deletions, 1u);
  EXPECT_EQ(first.smallest_user_key(), Slice("a"));
  EXPECT_EQ(first.largest_user_key(), Slice("b"));
  EXPECT_EQ(first.smallest_sequence, 7u);
  EXPECT_EQ(first.largest_sequence, 9u);
  for (const manifest::TableMeta& meta : *tables) {
    EXPECT_TRUE(world_.storage.DurableNow(JobWorld::PathOf(meta.number)));
  }
}

TEST_F(OutputWriterTest, UnfinishedItLeavesNothingBehind) {
  {
    OutputWriter out(*world_.env(), world_.queue(), 1, 0);
    ASSERT_TRUE(AddAll(&out, JobWorld::Parse("a@1=1")).ok());
    ASSERT_TRUE(out.Cut().ok());
    ASSERT_TRUE(AddAll(&out, JobWorld::Parse("b@1=1")).ok());
    EXPECT_EQ(world_.FileCount(), 2u);
  }
  EXPECT_EQ(world_.FileCount(), 0u);
}

TEST_F(OutputWriterTest, AnyErrorOnTheWayLeavesNothingBehind) {
  struct Fault {
    io::Action action;
    int error;
    Status::Code code;
  };
  for (const Fault& fault : {Fault{io::Action::kWrite, EIO, Status::Code::kIoError},
                             Fault{io::Action::kWrite, ENOSPC, Status::Code::kNoSpace},
                             Fault{io::Action::kSync, EIO, Status::Code::kIoError},
                             Fault{io::Action::kSyncDirectory, EIO, Status::Code::kIoError},
                             Fault{io::Action::kCreate, ENOSPC, Status::Code::kNoSpace}}) {
    const size_t planted = world_.storage.faults()->Add(
        {.action = fault.action, .sticky = true, .error = fault.error});
    {
      OutputWriter out(*world_.env(), world_.queue(), 1, 0);
      Status status = AddAll(&out, JobWorld::Parse("a@1=1"));
      if (status.ok()) status = out.Finish().status();
      EXPECT_EQ(status.code(), fault.code) << status.ToString();
      EXPECT_GT(world_.storage.faults()->Hits(planted), 0u);
    }
    world_.storage.faults()->Remove(planted);
    EXPECT_EQ(world_.FileCount(), 0u) << io::ActionName(fault.action);
  }
}

TEST_F(OutputWriterTest, WithoutANumberThereIsNoFile) {
  world_.env()->new_file_number = [](io::Queue*) -> Result<uint64_t> {
    return Status::NoSpace("planted");
  };
  OutputWriter out(*world_.env(), world_.queue(), 1, 0);
  EXPECT_TRUE(AddAll(&out, JobWorld::Parse("a@1=1")).IsNoSpace());
  EXPECT_EQ(world_.FileCount(), 0u);
}

}  // namespace
}  // namespace treering::compaction
