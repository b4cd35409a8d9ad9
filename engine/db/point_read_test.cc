#include "engine/db/point_read.h"

#include <gtest/gtest.h>

#include <optional>

#include "engine/base/block_source.h"
#include "engine/compaction/job_testing.h"
#include "engine/db/table_set.h"
#include "engine/table/filter_format.h"

namespace treering::db {
namespace {

using compaction::JobWorld;
using Step = PointRead::Step;

class PointReadTest : public ::testing::Test {
 protected:
  // "a@5=x b@3-", as for tables.
  std::shared_ptr<memtable::MemTable> Memtable(std::string_view text) {
    auto table = std::make_shared<memtable::MemTable>(order_, base::HeapBlockSource(), 1);
    for (const auto& [key, value] : JobWorld::Parse(text)) {
      const uint64_t tag = key::Tag(key);
      auto reservation = table->Reserve(key::TagSequence(tag), 1, key.size() + value.size());
      EXPECT_TRUE(reservation.ok());
      table->Add(&*reservation, key::TagSequence(tag), key::TagKind(tag), key::UserKey(key), value);
    }
    return table;
  }
  // Tables by level, newest first.
  void Tables(const std::vector<std::pair<uint32_t, std::string>>& tables) {
    std::vector<manifest::TableRef> refs;
    for (const auto& [level, text] : tables) refs.push_back(world_.MakeTable(level, text));
    super_.version = world_.MakeVersion(refs);
  }

  // Drives a read as the synchronous driver does, noting what it asked for: T a table, B a block.
  std::string Get(const std::string& user_key, key::Sequence snapshot = base::kSequenceMax) {
    asked_.clear();
    const table::TableEnv env = world_.tables()->env();
    PointRead read;
    cache::BlockRef block;
    Status status;
    std::optional<Step> step;
    while (true) {
      {
        const base::EpochDomain::Guard guard(env.cache->epochs());
        if (!step) {
          const uint64_t hash = table::FilterHash(user_key, table::FilterSeed(env.database_id));
          step = read.Start(&super_, user_key, hash, snapshot);
        } else {
          step = status.ok() ? read.Resume(block ? &block : nullptr) : read.ResumeFailed(status);
        }
        if (step == Step::kFound) return read.value().ToString();
      }
      if (step == Step::kNotFound) return "(none)";
      if (step == Step::kError) return std::string(StatusCodeName(read.status().code()));
      block = cache::BlockRef();
      if (step == Step::kNeedTable) {
        asked_ += 'T';
        status = set_.Open(read.need_table(), world_.queue()).status();
      } else {
        asked_ += 'B';
        auto fetched = env.fetcher->ReadOne(world_.queue(), read.need());
        status = fetched.status();
        if (fetched.ok()) block = *std::move(fetched);
      }
    }
  }

  const key::KeyOrder order_{BytewiseComparator()};
  JobWorld world_;
  TableSet set_{world_.directory(), world_.tables()->env()};
  SuperVersion super_;
  std::string asked_;
};

TEST_F(PointReadTest, TheNewestPlaceWins) {
  super_.active = Memtable("a@9=active");
  super_.sealed = {Memtable("a@8=newer b@8=sealed c@8-"), Memtable("b@7=older")};
  Tables({{0, "b@6=table c@6=hidden d@6=young"}, {0, "d@5=old e@5-"}, {1, "e@1=deep f@2=deeper"}});
  EXPECT_EQ(Get("a"), "active");
  EXPECT_EQ(Get("b"), "sealed");
  EXPECT_EQ(Get("c"), "(none)");
  EXPECT_EQ(asked_, "");  // memtables answer without the disk
  EXPECT_EQ(Get("d"), "young");
  EXPECT_EQ(Get("e"), "(none)");  // deleted, although it is deeper down
  EXPECT_EQ(Get("f"), "deeper");
  EXPECT_EQ(Get("g"), "(none)");
}

TEST_F(PointReadTest, ASnapshotSeesWhatWasThere) {
  super_.active = Memtable("a@9=new");
  Tables({{0, "a@6-"}, {0, "a@5=old"}});
  EXPECT_EQ(Get("a"), "new");
  EXPECT_EQ(Get("a", 8), "(none)");
  EXPECT_EQ(Get("a", 5), "old");
  EXPECT_EQ(Get("a", 4), "(none)");
}

TEST_F(PointReadTest, AsksForWhatIsMissingAndOnlyOnce) {
  Tables({{1, "a@1=x b@1=y"}});
  EXPECT_EQ(Get("a"), "x");
  EXPECT_EQ(asked_, "TBBB");  // the table; then filter page, index partition, data block
  EXPECT_EQ(Get("b"), "y");
  EXPECT_EQ(asked_, "");
  EXPECT_EQ(Get("c"), "(none)");  // behind all tables
  EXPECT_EQ(asked_, "");
}

// What is older might be wrong.
TEST_F(PointReadTest, ATableThatCannotBeReadEndsIt) {
  Tables({{0, "a@6=new"}, {0, "a@5=old b@5=whole"}});
  world_.storage.RemoveFile(JobWorld::PathOf(1));
  EXPECT_EQ(Get("a"), "Corruption");
  EXPECT_EQ(Get("b"), "whole");
}

TEST_F(PointReadTest, ABlockThatCannotBeReadEndsItUnlessItIsAFilter) {
  Tables({{0, "a@6=new b@6=whole"}, {0, "a@5=old"}});
  world_.storage.FlipBit(JobWorld::PathOf(1), 8 * (3 * 4096 + 20));  // the filter page
  EXPECT_EQ(Get("b"), "whole");
  Tables({{0, "a@6=new"}, {0, "a@5=old"}});
  world_.storage.FlipBit(JobWorld::PathOf(3), 8 * (4096 + 20));  // the data block
  EXPECT_EQ(Get("a"), "Corruption");
}

}  // namespace
}  // namespace treering::db
