// Tables whose numbers ask for more memory than they are worth: refused before it is allocated.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <map>
#include <memory>
#include <string>

#include "engine/base/limits.h"
#include "engine/io/sim_disk.h"
#include "engine/io/sim_storage.h"
#include "engine/table/block_builder.h"
#include "engine/table/table_testing.h"
#include "engine/table/table_verify.h"

namespace treering::table {
namespace {

using base::kPageBytes;

// A budget of so many bytes, which also remembers the largest charge.
class SmallBudget final : public base::Budget {
 public:
  explicit SmallBudget(uint64_t bytes) : left_(bytes) {}
  bool Charge(base::MemoryClass, uint64_t bytes, base::Need need) override {
    if (need != base::Need::kMust) {
      if (bytes > left_) return false;
      left_ -= bytes;
    }
    charged_max_ = std::max(charged_max_, bytes);
    return true;
  }
  void Release(base::MemoryClass, uint64_t) override {}
  uint64_t charged_max() const { return charged_max_; }

 private:
  uint64_t left_;
  uint64_t charged_max_ = 0;
};

// A table of so many pages of data and filter, all of them holes: only its ends are there.
class HollowTable {
 public:
  HollowTable(io::BufferPool* pool, uint64_t data_pages, uint64_t filter_pages, uint64_t entries) {
    info.number = 1;
    info.file_id = {0x3333, 0x4444};
    info.smallest = InternalKey("a", 1);
    info.largest = InternalKey("b", 1);
    info.smallest_sequence = info.largest_sequence = 1;
    info.entries = entries;
    FooterPage footer;
    footer.file_id = info.file_id;
    footer.index_offset = (1 + data_pages) * kPageBytes;
    footer.filter_offset = footer.index_offset + kPageBytes;
    footer.filter = {footer.filter_offset, filter_pages * kPageBytes, 0};
    footer.properties = {footer.filter.end(), kPageBytes, 0};
    footer.top_index = TopIndex(pool, footer.properties.end(), 1 + data_pages);
    footer.file_bytes = footer.top_index.end() + kPageBytes;
    footer.entries = entries;
    footer.data_blocks = footer.index_partitions = 1;
    footer.smallest_sequence = footer.largest_sequence = 1;
    footer.smallest_key_hash = base::Xxh3(info.smallest.data(), info.smallest.size(), 0);
    footer.largest_key_hash = base::Xxh3(info.largest.data(), info.largest.size(), 0);
    footer.filter_probes = 7;
    EncodeFooter(footer, Page(footer.file_bytes - kPageBytes));
    info.bytes = footer.file_bytes;
  }

  // Head pages differ in the database's id alone.
  std::unique_ptr<io::File> File(const base::Id128& database_id) {
    HeadPage head;
    head.file_id = info.file_id;
    head.file_number = info.number;
    head.comparator_hash = ComparatorHash(BytewiseComparator()->Name());
    head.database_id = database_id;
    EncodeHead(head, Page(0));
    return SparseFile("/db/000001.sst", info.bytes, pages_);
  }

  TableInfo info;

 private:
  std::span<std::byte> Page(uint64_t offset) {
    std::string& page = pages_[offset];
    page.assign(kPageBytes, '\0');
    return std::as_writable_bytes(std::span(page));
  }
  // One partition, a page long.
  AreaHandle TopIndex(io::BufferPool* pool, uint64_t offset, uint64_t partition_page) {
    std::string value;
    AppendHandle(&value, {static_cast<uint32_t>(partition_page), 1, 0});
    value += '\1';  // its first data block lies in page 1
    BlockBuilder builder(pool, kPageBytes);
    EXPECT_EQ(builder.Add(info.largest, value), BlockBuilder::AddResult::kAdded);
    const std::span<std::byte> block = builder.Finish(BlockKind::kTopIndex);
    const uint64_t sum = SealBlock(info.file_id, offset, BlockKind::kTopIndex, block);
    std::memcpy(Page(offset).data(), block.data(), block.size());
    return {offset, kPageBytes, sum};
  }

  std::map<uint64_t, std::string> pages_;
};

class TableLimitsTest : public ::testing::Test {
 protected:
  Status Open(HollowTable* hollow, base::Budget* budget) {
    TableEnv env = world_.env();
    env.budget = budget;
    return Table::Open(env, hollow->info, hollow->File(env.database_id), queue_.get()).status();
  }

  io::SimStorage storage_;
  TableWorld world_{std::make_unique<io::SimDisk>(&storage_), "/db"};
  std::unique_ptr<io::Queue> queue_ = MemoryQueue();
};

TEST_F(TableLimitsTest, AFilterLongerThanItsKeysCouldNeedIsCorruption) {
  constexpr uint64_t kPagesOfATebibyte = 1ull << 28;
  HollowTable hollow(world_.pool(), 1, kPagesOfATebibyte - 10, 100);
  SmallBudget budget(64u << 20);
  const Status status = Open(&hollow, &budget);
  EXPECT_TRUE(status.IsCorruption()) << status.ToString();
  EXPECT_NE(status.message().find("filter pages"), std::string_view::npos) << status.ToString();
  EXPECT_EQ(budget.charged_max(), 0u);
  const auto report =
      VerifyTable(hollow.File({}).get(), world_.order(), queue_.get(), world_.pool());
  ASSERT_TRUE(report.ok());
  EXPECT_TRUE(report->ToStatus().IsCorruption());
}

TEST_F(TableLimitsTest, MoreKeysThanItsDataHasRoomForIsCorruption) {
  constexpr uint64_t kPagesOfATebibyte = 1ull << 28;
  HollowTable hollow(world_.pool(), 1, kPagesOfATebibyte - 10, 1ull << 40);
  SmallBudget budget(64u << 20);
  const Status status = Open(&hollow, &budget);
  EXPECT_TRUE(status.IsCorruption()) << status.ToString();
  EXPECT_NE(status.message().find("count of entries"), std::string_view::npos);
}

// Its counts can be true: its handle takes a little more than a MiB.
TEST_F(TableLimitsTest, ALargeHandleThatTheBudgetRefusesIsOutOfMemory) {
  constexpr uint64_t kDataPages = 400'000;
  HollowTable hollow(world_.pool(), kDataPages, 135'000, kDataPages * 341);
  SmallBudget none(0);
  const Status refused = Open(&hollow, &none);
  EXPECT_TRUE(refused.IsOutOfMemory()) << refused.ToString();
  EXPECT_NE(refused.message().find("/db/000001.sst"), std::string_view::npos);
  SmallBudget enough(2u << 20);
  const Status opened = Open(&hollow, &enough);
  EXPECT_TRUE(opened.ok()) << opened.ToString();
  EXPECT_GT(enough.charged_max(), 135'000 * sizeof(void*));
}

}  // namespace
}  // namespace treering::table
