// Damaged tables: whatever is wrong with the bytes, a read answers what was written or Corruption.
#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <set>
#include <string>

#include "engine/base/limits.h"
#include "engine/io/sim_disk.h"
#include "engine/io/sim_storage.h"
#include "engine/table/table_iterator.h"
#include "engine/table/table_scan.h"
#include "engine/table/table_testing.h"
#include "engine/table/table_verify.h"

namespace treering::table {
namespace {

using base::kPageBytes;

class TableCorruptionTest : public ::testing::Test {
 protected:
  TableCorruptionTest()
      : world_(std::make_unique<io::SimDisk>(&storage_), "/db"), memory_queue_(MemoryQueue()) {
    for (int i = 0; i < kKeys; ++i) {
      entries_.emplace_back(InternalKey("key" + std::to_string(100 + i), 1 + i),
                            std::string(300, static_cast<char>('a' + i % 26)));
    }
    whole_ = Make(1, &info_);
    Result<std::shared_ptr<Table>> table = OpenOver(whole_);
    EXPECT_TRUE(table.ok());
    footer_ = (*table)->footer();
    EXPECT_EQ(footer_.filter.length, kPageBytes);
    EXPECT_EQ(footer_.index_partitions, 1u);
    EXPECT_EQ(footer_.data_blocks, kDataBlocks);
    EXPECT_EQ(whole_.size(), 10 * kPageBytes);
  }

  std::string Make(uint64_t number, TableInfo* info) {
    Result<TableInfo> built = world_.Build(number, entries_);
    EXPECT_TRUE(built.ok()) << built.status().ToString();
    *info = *built;
    return storage_.ReadFile("/db/00000" + std::to_string(number) + ".sst");
  }
  Result<std::shared_ptr<Table>> OpenOver(const std::string& content) {
    return world_.Open(info_, MemoryFile("000001.sst", &content), memory_queue_.get());
  }

  // What reading everything, in every way, found.
  struct Outcome {
    bool opened = false;
    uint64_t asked = 0;    // keys
    int wrong = 0;         // keys that were answered with other bytes, or as absent
    uint64_t refused = 0;  // keys that were answered with Corruption
    bool scanned = false;
    int scans_refused = 0;  // of two, when scanned
    uint64_t filter_failures = 0;
    bool verified = false;
    bool Identical() const {
      return opened && wrong == 0 && refused == 0 && scans_refused == 0 && filter_failures == 0;
    }
    bool ScansRefused() const { return scans_refused == (scanned ? 2 : 0); }
  };

  void ReadInOrder(key::InternalIterator* it, Outcome* outcome) {
    size_t i = 0;
    for (it->SeekToFirst(); it->Valid(); it->Next(), ++i) {
      const bool right = i < entries_.size() && it->key() == Slice(entries_[i].first) &&
                         it->value() == Slice(entries_[i].second);
      outcome->wrong += !right;
    }
    if (it->status().IsCorruption()) {
      ++outcome->scans_refused;
    } else {
      outcome->wrong += !it->status().ok() || i != entries_.size();
    }
  }

  class Source final : public ReadSource {
   public:
    explicit Source(io::Queue* queue) : queue_(queue) {}
    io::Queue* ForCall() override { return queue_; }
    io::Queue* ForReadAhead() override { return queue_; }

   private:
    io::Queue* const queue_;
  };

  Outcome ReadKeys(const std::string& content, size_t key_step,
                   std::shared_ptr<Table>* opened = nullptr) {
    Outcome outcome;
    Result<std::shared_ptr<Table>> table = OpenOver(content);
    outcome.opened = table.ok();
    if (!table.ok()) {
      EXPECT_TRUE(table.status().IsCorruption()) << table.status().ToString();
      EXPECT_NE(table.status().message().find("000001.sst"), std::string_view::npos);
      return outcome;
    }
    for (size_t i = 0; i < entries_.size(); i += key_step) {
      ++outcome.asked;
      const std::string user_key = key::UserKey(entries_[i].first).ToString();
      const Result<std::string> value =
          world_.Get(table->get(), user_key, 1000, memory_queue_.get());
      outcome.refused += value.status().IsCorruption();
      outcome.wrong += value.ok() ? *value != entries_[i].second : !value.status().IsCorruption();
    }
    outcome.filter_failures = (*table)->filter_failures();
    (*table)->EvictFromCache();
    if (opened != nullptr) *opened = *table;
    return outcome;
  }
  Outcome ReadAll(const std::string& content, size_t key_step = 1) {
    std::shared_ptr<Table> table;
    Outcome outcome = ReadKeys(content, key_step, &table);
    outcome.verified = Verified(content);
    if (table == nullptr) return outcome;
    Source source(memory_queue_.get());
    ReadInOrder(NewTableScan(table, memory_queue_.get(), world_.pool()).get(), &outcome);
    ReadInOrder(NewTableIterator(table, &source).get(), &outcome);
    table->EvictFromCache();
    outcome.scanned = true;
    return outcome;
  }
  bool Verified(const std::string& content) {
    const std::unique_ptr<io::File> file = MemoryFile("000001.sst", &content);
    const Result<TableReport> report =
        VerifyTable(file.get(), world_.order(), memory_queue_.get(), world_.pool());
    return report.ok() && report->problems.empty();
  }

  // Flips each bit (or the lowest of each byte) of [begin, end) in turn.
  template <typename Check>
  void Sweep(uint64_t begin, uint64_t end, bool every_bit, const Check& check) {
    std::string content = whole_;
    for (uint64_t bit = begin * 8; bit < end * 8; bit += every_bit ? 1 : 8) {
      const char mask = static_cast<char>(1 << (bit % 8));
      content[bit / 8] ^= mask;
      // Everything is read for one bit of each byte; for the others one key.
      const bool everything = bit % 8 == (bit / 8) % 8 || !every_bit;
      const Outcome outcome = everything ? ReadAll(content, kKeyStep) : ReadKeys(content, kKeys);
      content[bit / 8] ^= mask;
      ASSERT_EQ(outcome.wrong, 0) << "bit " << bit;
      ASSERT_FALSE(outcome.verified) << "bit " << bit << ": nothing reads it";
      ASSERT_TRUE(check(outcome)) << "bit " << bit;
    }
  }

  static constexpr int kKeys = 44;
  static constexpr size_t kKeyStep = 12;  // so many in a block: one get for each
  static constexpr uint64_t kDataBlocks = 4;

  io::SimStorage storage_;
  TableWorld world_;
  std::unique_ptr<io::Queue> memory_queue_;
  Entries entries_;
  TableInfo info_;
  FooterPage footer_;
  std::string whole_;
};

TEST_F(TableCorruptionTest, TheWholeTableIsFine) {
  const Outcome outcome = ReadAll(whole_);
  EXPECT_TRUE(outcome.Identical());
  EXPECT_TRUE(outcome.verified);
}

TEST_F(TableCorruptionTest, EveryBitOfTheHead) {
  Sweep(0, kPageBytes, true, [](const Outcome& o) { return !o.opened; });
}

TEST_F(TableCorruptionTest, EveryBitOfTheFooter) {
  Sweep(whole_.size() - kPageBytes, whole_.size(), true,
        [](const Outcome& o) { return !o.opened; });
}

TEST_F(TableCorruptionTest, EveryBitOfTheTopIndex) {
  Sweep(footer_.top_index.offset, footer_.top_index.end(), true,
        [](const Outcome& o) { return !o.opened; });
}

TEST_F(TableCorruptionTest, EveryBitOfAnIndexPartition) {
  Sweep(footer_.index_offset, footer_.filter_offset, true,
        [](const Outcome& o) { return o.opened && o.refused == o.asked && o.ScansRefused(); });
}

// A filter that is damaged says "may match": everything is found, and it is counted.
TEST_F(TableCorruptionTest, EveryBitOfAFilterPage) {
  Sweep(footer_.filter_offset, footer_.properties.offset, true, [](const Outcome& o) {
    return o.opened && o.refused == 0 && o.scans_refused == 0 && o.filter_failures == o.asked;
  });
}

// The properties are for tools: only verifying reads them. There is no other byte that reading the
// whole table does not read.
TEST_F(TableCorruptionTest, EveryBitOfTheProperties) {
  Sweep(footer_.properties.offset, footer_.properties.end(), true,
        [](const Outcome& o) { return o.Identical(); });
}

TEST_F(TableCorruptionTest, EveryByteOfTheData) {
  Sweep(kPageBytes, footer_.index_offset, false, [](const Outcome& o) {
    return o.opened && o.refused == 1 && o.ScansRefused();  // other blocks stay readable
  });
}

TEST_F(TableCorruptionTest, EveryTruncation) {
  for (size_t bytes = 0; bytes < whole_.size(); bytes += 512) {
    for (const size_t odd : {0, 1}) {
      const std::string content = whole_.substr(0, bytes + odd);
      const Outcome outcome = ReadAll(content);
      ASSERT_FALSE(outcome.opened) << content.size();
      ASSERT_FALSE(outcome.verified) << content.size();
    }
  }
  EXPECT_FALSE(ReadAll(whole_ + std::string(kPageBytes, '\0')).opened);
}

TEST_F(TableCorruptionTest, PagesZeroedSwappedAndDoubled) {
  const size_t pages = whole_.size() / kPageBytes;
  for (size_t a = 0; a < pages; ++a) {
    for (size_t b = 0; b < pages; ++b) {
      std::string zeroed = whole_;
      zeroed.replace(a * kPageBytes, kPageBytes, std::string(kPageBytes, '\0'));
      std::string doubled = whole_;
      doubled.replace(b * kPageBytes, kPageBytes, whole_, a * kPageBytes, kPageBytes);
      std::string swapped = doubled;
      swapped.replace(a * kPageBytes, kPageBytes, whole_, b * kPageBytes, kPageBytes);
      for (const std::string& content : {zeroed, doubled, swapped}) {
        if (content == whole_) continue;
        const Outcome outcome = ReadAll(content);
        ASSERT_EQ(outcome.wrong, 0) << a << " and " << b;
        ASSERT_FALSE(outcome.verified) << a << " and " << b;
      }
    }
  }
}

// The same entries in another file of the same length: no page of it passes for ours.
TEST_F(TableCorruptionTest, PagesOfAnotherTable) {
  TableInfo other_info;
  const std::string other = Make(2, &other_info);
  ASSERT_EQ(other.size(), whole_.size());
  EXPECT_FALSE(ReadAll(other).opened);
  for (size_t page = 0; page < whole_.size() / kPageBytes; ++page) {
    std::string content = whole_;
    content.replace(page * kPageBytes, kPageBytes, other, page * kPageBytes, kPageBytes);
    const Outcome outcome = ReadAll(content);
    ASSERT_EQ(outcome.wrong, 0) << page;
    ASSERT_FALSE(outcome.verified) << page;
  }
}

TEST_F(TableCorruptionTest, MessagesSayWhere) {
  std::string content = whole_;
  content[2 * kPageBytes + 7] ^= 1;
  Result<std::shared_ptr<Table>> table = OpenOver(content);
  ASSERT_TRUE(table.ok());
  const Status s = world_.Get(table->get(), "key113", 1000, memory_queue_.get()).status();
  EXPECT_NE(s.ToString().find("Corruption: 000001.sst: data block at offset 8192: sum: expected "),
            std::string::npos)
      << s.ToString();
}

}  // namespace
}  // namespace treering::table
