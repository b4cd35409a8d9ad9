#include "engine/table/table_verify.h"

#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "engine/base/limits.h"
#include "engine/io/sim_disk.h"
#include "engine/io/sim_storage.h"
#include "engine/table/block_check.h"
#include "engine/table/block_view.h"
#include "engine/table/filter_format.h"
#include "engine/table/table_testing.h"

namespace treering::table {
namespace {

using base::kPageBytes;

// A table whose writer was wrong: the sums hold, the content does not.
class TableVerifyTest : public ::testing::Test {
 protected:
  TableVerifyTest() : world_(std::make_unique<io::SimDisk>(&storage_), "/db") {
    for (int i = 0; i < 20'000; ++i) {
      entries_.emplace_back(InternalKey("key" + std::to_string(100'000 + i), 1 + i,
                                        i % 7 == 0 ? key::Kind::kDelete : key::Kind::kValue),
                            i % 7 == 0 ? "" : std::string(50, 'v'));
    }
    Result<TableInfo> info = world_.Build(1, entries_);
    EXPECT_TRUE(info.ok());
    info_ = *info;
    content_ = storage_.ReadFile(kName);
    std::array<std::byte, kPageBytes> page;
    std::memcpy(page.data(), content_.data() + content_.size() - kPageBytes, kPageBytes);
    EXPECT_TRUE(DecodeFooter(kName, content_.size(), page, &footer_).ok());
  }

  TableReport Verify() {
    const std::unique_ptr<io::File> file = MemoryFile(kName, &content_);
    const std::unique_ptr<io::Queue> queue = MemoryQueue();
    Result<TableReport> report =
        VerifyTable(file.get(), world_.order(), queue.get(), world_.pool());
    EXPECT_TRUE(report.ok()) << report.status().ToString();
    return *report;
  }
  std::span<std::byte> Page(uint64_t page) {
    return {reinterpret_cast<std::byte*>(content_.data()) + page * kPageBytes, kPageBytes};
  }
  void Reseal(uint64_t page, BlockKind kind) {
    SealBlock(footer_.file_id, page * kPageBytes, kind, Page(page));
  }
  void WriteFooter() { EncodeFooter(footer_, Page(content_.size() / kPageBytes - 1)); }
  static bool Has(const TableReport& report, const std::string& kind) {
    for (const TableProblem& problem : report.problems) {
      if (problem.kind == kind) return true;
    }
    return false;
  }

  static constexpr char kName[] = "/db/000001.sst";
  io::SimStorage storage_;
  TableWorld world_;
  Entries entries_;
  TableInfo info_;
  FooterPage footer_;
  std::string content_;
};

TEST_F(TableVerifyTest, AWholeTable) {
  const TableReport report = Verify();
  EXPECT_TRUE(report.ToStatus().ok()) << report.ToStatus().ToString();
  EXPECT_EQ(report.info, info_);
  EXPECT_EQ(report.data_blocks, footer_.data_blocks);
  EXPECT_LT(report.padding_bytes, footer_.index_offset * 6 / 100);
}

TEST_F(TableVerifyTest, ARealFileOnADisk) {
  const std::unique_ptr<io::File> file = world_.OpenFile(1);
  const Result<TableReport> report =
      VerifyTable(file.get(), world_.order(), world_.queue(), world_.pool());
  ASSERT_TRUE(report.ok());
  EXPECT_EQ(report->info, info_);
}

TEST_F(TableVerifyTest, DamageInOneBlockDoesNotHideAnother) {
  content_[3 * kPageBytes] ^= 1;
  content_[9 * kPageBytes] ^= 1;
  content_[footer_.filter_offset + 5] ^= 1;
  const TableReport report = Verify();
  ASSERT_EQ(report.problems.size(), 3u) << report.ToStatus().ToString();
  EXPECT_EQ(report.problems[0].kind, "filter page");
  EXPECT_EQ(report.problems[0].offset, footer_.filter_offset);
  EXPECT_EQ(report.problems[1].kind, "data block");
  EXPECT_EQ(report.problems[1].offset, 3 * kPageBytes);
  EXPECT_EQ(report.problems[2].offset, 9 * kPageBytes);
}

TEST_F(TableVerifyTest, KeysOutOfOrder) {
  // Makes the second key of the second block smaller than the first, under a right sum.
  const BlockView view(Page(2));
  const Slice key = view.key(1);
  content_[static_cast<size_t>(key.data() - content_.data())] = 'a';
  Reseal(2, BlockKind::kData);
  const TableReport report = Verify();
  EXPECT_TRUE(Has(report, "order"));
  EXPECT_TRUE(Has(report, "data block"));  // the index names another sum
}

TEST_F(TableVerifyTest, AFilterWithoutOneOfTheKeys) {
  const uint64_t page = footer_.filter_offset / kPageBytes;
  std::memset(content_.data() + page * kPageBytes, 0, kFilterLineBytes);
  Reseal(page, BlockKind::kFilter);
  EXPECT_TRUE(Has(Verify(), "filter"));
}

TEST_F(TableVerifyTest, FactsThatAreNotSo) {
  const FooterPage right = footer_;
  const auto with = [&](auto change) {
    footer_ = right;
    change(&footer_);
    WriteFooter();
    return Verify();
  };
  EXPECT_TRUE(Has(with([](FooterPage* f) { ++f->entries; }), "entries"));
  EXPECT_TRUE(Has(with([](FooterPage* f) { ++f->deletions; }), "deletions"));
  EXPECT_TRUE(Has(with([](FooterPage* f) { --f->data_blocks; }), "data blocks"));
  EXPECT_TRUE(Has(with([](FooterPage* f) { ++f->smallest_sequence; }), "smallest sequence"));
  EXPECT_TRUE(Has(with([](FooterPage* f) { ++f->largest_sequence; }), "largest sequence"));
  EXPECT_TRUE(Has(with([](FooterPage* f) { ++f->smallest_key_hash; }), "hash of the smallest key"));
  EXPECT_TRUE(Has(with([](FooterPage* f) { ++f->largest_key_hash; }), "hash of the largest key"));
  EXPECT_TRUE(Has(with([](FooterPage* f) { ++f->hash.lo; }), "whole-file hash, low word"));
  EXPECT_TRUE(Has(with([](FooterPage* f) { ++f->hash.hi; }), "whole-file hash, high word"));
  EXPECT_TRUE(Has(with([](FooterPage* f) { ++f->filter.sum; }), "sum of the filter"));
  EXPECT_TRUE(Has(with([](FooterPage* f) { ++f->properties.sum; }), "properties"));
  EXPECT_TRUE(Has(with([](FooterPage* f) { ++f->top_index.sum; }), "top index"));
  EXPECT_TRUE(with([](FooterPage*) {}).problems.empty());
}

TEST_F(TableVerifyTest, AForeignFormatIsNotSupported) {
  HeadPage head;
  ASSERT_TRUE(DecodeHead(kName, Page(0), false, &head).ok());
  head.features_incompatible = 1;
  EncodeHead(head, Page(0));
  const std::unique_ptr<io::File> file = MemoryFile(kName, &content_);
  const std::unique_ptr<io::Queue> queue = MemoryQueue();
  EXPECT_TRUE(VerifyTable(file.get(), world_.order(), queue.get(), world_.pool())
                  .status()
                  .IsNotSupported());
}

}  // namespace
}  // namespace treering::table
