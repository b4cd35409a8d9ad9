// Tables on each driver: what was written is what is read, by every way of reading.
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "engine/base/limits.h"
#include "engine/base/prng.h"
#include "engine/io/drivers.h"
#include "engine/io/sim_disk.h"
#include "engine/io/sim_storage.h"
#include "engine/table/table_iterator.h"
#include "engine/table/table_scan.h"
#include "engine/table/table_testing.h"

namespace treering::table {
namespace {

class LastByteFirst final : public Comparator {
 public:
  std::string_view Name() const override { return "test.last_byte_first"; }
  int Compare(const Slice& a, const Slice& b) const override {
    return Reverse(a).compare(Reverse(b));
  }

 private:
  static std::string Reverse(const Slice& s) {
    std::string text = s.ToString();
    std::reverse(text.begin(), text.end());
    return text;
  }
};

class TableTest : public ::testing::TestWithParam<const char*> {
 protected:
  TableTest() {
    if (GetParam() == std::string("sim")) {
      world_.emplace(std::make_unique<io::SimDisk>(&storage_), "/db");
    } else {
      const std::string path = ::testing::TempDir() + "/table_test_" +
                               ::testing::UnitTest::GetInstance()->current_test_info()->name();
      std::string safe = path;
      std::replace(safe.begin() + static_cast<ptrdiff_t>(::testing::TempDir().size()), safe.end(),
                   '/', '_');
      const io::DiskOptions options{.arena_bytes_max = 128ull << 20};
      world_.emplace(GetParam() == std::string("auto") ? io::OpenDisk(options).value()
                                                       : io::OpenPosixDisk(options),
                     safe);
    }
  }

  void SetUpEntries(Entries entries) {
    std::sort(entries.begin(), entries.end(), [this](const auto& a, const auto& b) {
      return world_->order().Compare(a.first, b.first) < 0;
    });
    entries_ = std::move(entries);
  }
  void BuildAndOpen(TableBuilderOptions options = TableWorld::DefaultOptions()) {
    Result<TableInfo> info = world_->Build(++number_, entries_, options);
    ASSERT_TRUE(info.ok()) << info.status().ToString();
    info_ = *info;
    Result<std::shared_ptr<Table>> table = world_->Open(info_);
    ASSERT_TRUE(table.ok()) << table.status().ToString();
    table_ = *table;
  }
  std::unique_ptr<key::InternalIterator> Iterator() { return NewTableIterator(table_, &*world_); }
  std::unique_ptr<key::InternalIterator> Scan() {
    return NewTableScan(table_, world_->queue(), world_->pool());
  }

  static void ExpectAt(const key::InternalIterator& it, const Entries& entries, size_t i) {
    ASSERT_TRUE(it.status().ok()) << it.status().ToString();
    if (i >= entries.size()) {
      ASSERT_FALSE(it.Valid());
      return;
    }
    ASSERT_TRUE(it.Valid()) << i;
    ASSERT_EQ(it.key(), Slice(entries[i].first)) << i;
    ASSERT_EQ(it.value(), Slice(entries[i].second)) << i;
  }
  size_t LowerBound(const std::string& target) const {
    const auto it = std::lower_bound(entries_.begin(), entries_.end(), target,
                                     [this](const auto& entry, const std::string& wanted) {
                                       return world_->order().Compare(entry.first, wanted) < 0;
                                     });
    return static_cast<size_t>(it - entries_.begin());
  }
  // What a get should answer, from the entries alone.
  std::string Model(const std::string& user_key, key::Sequence snapshot) const {
    std::string target;
    key::AppendInternalKey(&target, user_key, key::SeekTag(snapshot));
    const size_t i = LowerBound(target);
    if (i == entries_.size() || key::UserKey(entries_[i].first) != Slice(user_key)) return "(none)";
    return key::TagKind(key::Tag(entries_[i].first)) == key::Kind::kDelete ? "(deleted)"
                                                                           : entries_[i].second;
  }
  std::string Get(const std::string& user_key, key::Sequence snapshot) {
    Result<std::string> value = world_->Get(table_.get(), user_key, snapshot);
    if (value.ok()) return *value;
    EXPECT_TRUE(value.status().IsNotFound()) << value.status().ToString();
    return "(none)";
  }

  // Versions and deletions of few keys, and sizes of every kind.
  static Entries Mixed(uint64_t seed, int count) {
    base::Prng prng(seed);
    std::map<std::string, std::string> entries;
    while (static_cast<int>(entries.size()) < count) {
      const std::string user_key =
          std::string(prng.Uniform(8), static_cast<char>('a' + prng.Uniform(4))) +
          std::to_string(prng.Uniform(count));
      const bool deleted = prng.OneIn(10);
      const size_t bytes = prng.OneIn(50)    ? 3000 + prng.Uniform(30000)
                           : prng.OneIn(500) ? 100000
                                             : prng.Uniform(200);
      entries[InternalKey(user_key, 1 + prng.Uniform(1000),
                          deleted ? key::Kind::kDelete : key::Kind::kValue)] =
          deleted ? "" : std::string(bytes, static_cast<char>('A' + prng.Uniform(26)));
    }
    // A key and sequence has one kind only.
    std::map<std::string, std::pair<std::string, std::string>> by_sequence;
    for (const auto& entry : entries) {
      by_sequence[entry.first.substr(0, entry.first.size() - 8) +
                  entry.first.substr(entry.first.size() - 7)] = entry;
    }
    Entries result;
    for (const auto& [unused, entry] : by_sequence) result.push_back(entry);
    return result;
  }
  static Entries Small(int count, size_t value_bytes = 100) {
    Entries entries;
    for (int i = 0; i < count; ++i) {
      const std::string digits = std::to_string(10'000'000 + i);
      entries.emplace_back(InternalKey("key_" + digits + "____", 1 + i),
                           std::string(value_bytes, static_cast<char>('a' + i % 26)));
    }
    return entries;
  }

  io::SimStorage storage_;
  const LastByteFirst last_byte_first_;
  std::optional<TableWorld> world_;
  Entries entries_;
  uint64_t number_ = 0;
  TableInfo info_;
  std::shared_ptr<Table> table_;
};

INSTANTIATE_TEST_SUITE_P(Drivers, TableTest, ::testing::Values("auto", "posix", "sim"),
                         [](const auto& info) { return std::string(info.param); });

TEST_P(TableTest, OneEntry) {
  SetUpEntries({{InternalKey("", 0), ""}});
  BuildAndOpen();
  EXPECT_EQ(info_.entries, 1u);
  EXPECT_EQ(Get("", 5), "");
  EXPECT_EQ(Get("x", 5), "(none)");
}

TEST_P(TableTest, FactsAreRight) {
  SetUpEntries({{InternalKey("b", 7), "x"},
                {InternalKey("b", 3, key::Kind::kDelete), ""},
                {InternalKey("a", 5), std::string(5000, 'y')},
                {InternalKey("c", 900, key::Kind::kDelete), ""}});
  BuildAndOpen();
  EXPECT_EQ(info_.number, 1u);
  EXPECT_EQ(info_.entries, 4u);
  EXPECT_EQ(info_.deletions, 2u);
  EXPECT_EQ(info_.smallest, InternalKey("a", 5));
  EXPECT_EQ(info_.largest, InternalKey("c", 900, key::Kind::kDelete));
  EXPECT_EQ(info_.smallest_sequence, 3u);
  EXPECT_EQ(info_.largest_sequence, 900u);
  uint64_t bytes = 0;
  ASSERT_TRUE(world_->OpenFile(1)->Size(&bytes).ok());
  EXPECT_EQ(info_.bytes, bytes);
  EXPECT_EQ(Get("b", 6), "(deleted)");
  EXPECT_EQ(Get("b", 2), "(none)");
  EXPECT_EQ(Get("b", 7), "x");
}

TEST_P(TableTest, ExtremeSizes) {
  Entries entries = {
      {InternalKey(std::string(base::kKeyBytesMax, 'k'), 4), std::string(1 << 20, 'v')},
      {InternalKey(std::string(base::kKeyBytesMax, 'k'), 3), ""},
      {InternalKey(std::string(base::kKeyBytesMax - 1, 'k') + "m", 3), "after"},
      {InternalKey("", 9), std::string(3 << 20, 'w')},
      {InternalKey("k", 9), std::string(65536, 'x')},
      {InternalKey("k\xff\xff", 1), std::string(65535, 'y')}};
  SetUpEntries(std::move(entries));
  BuildAndOpen();
  for (const auto& [key, value] : entries_) {
    EXPECT_EQ(Get(key::UserKey(key).ToString(), key::TagSequence(key::Tag(key))), value);
  }
  const auto it = Iterator();
  const auto scan = Scan();
  it->SeekToFirst();
  scan->SeekToFirst();
  for (size_t i = 0; i <= entries_.size(); ++i) {
    ExpectAt(*it, entries_, i);
    ExpectAt(*scan, entries_, i);
    if (i == entries_.size()) break;
    it->Next();
    scan->Next();
  }
}

TEST_P(TableTest, ManyVersionsOfOneKeyOverManyBlocks) {
  Entries entries;
  for (int i = 1; i <= 4000; ++i) entries.emplace_back(InternalKey("same", i), std::to_string(i));
  entries.emplace_back(InternalKey("samf", 1), "next");
  entries.emplace_back(InternalKey("rest", 1), "before");
  SetUpEntries(std::move(entries));
  BuildAndOpen();
  ASSERT_GT(table_->footer().data_blocks, 10u);
  for (int i = 0; i <= 4001; ++i) {
    ASSERT_EQ(Get("same", i), i == 0 ? "(none)" : std::to_string(std::min(i, 4000)));
  }
  EXPECT_EQ(Get("samf", 1), "next");
}

TEST_P(TableTest, GetsAgreeWithTheModel) {
  for (const bool custom : {false, true}) {
    for (const uint32_t bits : {0u, 10u}) {
      world_->SetComparator(custom ? &last_byte_first_ : BytewiseComparator());
      SetUpEntries(Mixed(17 + bits, 3000));
      TableBuilderOptions options = TableWorld::DefaultOptions();
      options.bloom_bits_per_key = bits;
      BuildAndOpen(options);
      base::Prng prng(23);
      for (int i = 0; i < 3000; ++i) {
        std::string user_key =
            key::UserKey(entries_[prng.Uniform(entries_.size())].first).ToString();
        if (prng.OneIn(4)) user_key += static_cast<char>('0' + prng.Uniform(10));
        const key::Sequence snapshot = prng.Uniform(1100);
        ASSERT_EQ(Get(user_key, snapshot), Model(user_key, snapshot));
      }
    }
  }
}

TEST_P(TableTest, IteratorsAgreeWithTheModel) {
  for (const bool custom : {false, true}) {
    for (const bool ahead : {false, true}) {
      world_->SetComparator(custom ? &last_byte_first_ : BytewiseComparator());
      world_->SetReadAhead(ahead);
      SetUpEntries(Mixed(31, 4000));
      BuildAndOpen();
      base::Prng prng(37);
      const auto it = Iterator();
      size_t at = entries_.size();
      for (int i = 0; i < 4000; ++i) {
        const std::string& near = entries_[prng.Uniform(entries_.size())].first;
        std::string target;
        key::AppendInternalKey(&target, key::UserKey(near).ToString() + (prng.OneIn(3) ? "0" : ""),
                               key::SeekTag(prng.Uniform(1100)));
        const uint64_t what = prng.Uniform(20);
        if (what == 0) {
          it->SeekToFirst();
          at = 0;
        } else if (what == 1) {
          it->SeekToLast();
          at = entries_.size() - 1;
        } else if (what < 4) {
          if (prng.OneIn(2)) it->PrepareSeek(prng.OneIn(4) ? Slice(near) : Slice(target));
          it->Seek(target);
          at = LowerBound(target);
        } else if (what == 4) {
          it->SeekForPrev(target);
          at = LowerBound(target);
          at = at < entries_.size() && entries_[at].first == target ? at : at - 1;
          if (at == SIZE_MAX) at = entries_.size();
        } else if (at < entries_.size()) {
          // Long runs one way, so that read-ahead begins.
          const bool forward = what < 14;
          const int steps = prng.OneIn(10) ? 600 : 5;
          for (int step = 0; step < steps && at < entries_.size(); ++step) {
            if (forward) {
              it->Next();
              ++at;
            } else {
              it->Prev();
              at = at == 0 ? entries_.size() : at - 1;
            }
            ASSERT_NO_FATAL_FAILURE(ExpectAt(*it, entries_, at));
          }
        }
        ASSERT_NO_FATAL_FAILURE(ExpectAt(*it, entries_, at)) << "step " << i;
      }
    }
  }
}

TEST_P(TableTest, ScansSeekAndGoOn) {
  SetUpEntries(Mixed(41, 5000));
  BuildAndOpen();
  base::Prng prng(43);
  const auto scan = Scan();
  for (int i = 0; i < 20; ++i) {
    const std::string target = entries_[prng.Uniform(entries_.size())].first;
    if (prng.OneIn(2)) scan->PrepareSeek(target);
    scan->Seek(target);
    size_t at = LowerBound(target);
    for (size_t step = 0; step < 800 && at <= entries_.size(); ++step, ++at) {
      ASSERT_NO_FATAL_FAILURE(ExpectAt(*scan, entries_, at));
      if (scan->Valid()) scan->Next();
    }
  }
  scan->Prev();
  EXPECT_FALSE(scan->Valid());
  EXPECT_TRUE(scan->status().IsInvalidArgument());
}

TEST_P(TableTest, SeveralScansAndABuilderShareAQueue) {
  SetUpEntries(Small(30'000));
  BuildAndOpen();
  const uint64_t cached = world_->cache()->Stats().misses;
  std::vector<std::unique_ptr<key::InternalIterator>> scans;
  for (int i = 0; i < 3; ++i) {
    scans.push_back(Scan());
    scans.back()->PrepareSeek(Slice());
  }
  TableBuilderOptions options = TableWorld::DefaultOptions();
  options.file_number = 77;
  options.file_id = {7, 7};
  const std::unique_ptr<io::File> file = world_->OpenFile(77, io::OpenMode::kCreate);
  TableBuilder builder(options, file.get(), world_->queue(), world_->pool());
  for (auto& scan : scans) scan->SeekToFirst();
  for (size_t i = 0; i < entries_.size(); ++i) {
    for (auto& scan : scans) {
      ASSERT_NO_FATAL_FAILURE(ExpectAt(*scan, entries_, i));
      if (scan == scans.front()) {
        ASSERT_TRUE(builder.Add(scan->key(), scan->value()).ok());
      }
      scan->Next();
    }
  }
  Result<TableInfo> info = builder.Finish();
  ASSERT_TRUE(info.ok()) << info.status().ToString();
  EXPECT_EQ(info->bytes, info_.bytes);
  EXPECT_EQ(info->entries, info_.entries);
  EXPECT_NE(info->hash, info_.hash);  // sums are of the file, not of the content alone
  EXPECT_EQ(world_->cache()->Stats().misses, cached);
}

TEST_P(TableTest, ScansReadLargeAndDeep) {
  SetUpEntries(Small(100'000));
  BuildAndOpen();
  const io::QueueStats before = world_->queue()->stats();
  const auto scan = Scan();
  size_t count = 0;
  for (scan->SeekToFirst(); scan->Valid(); scan->Next()) ++count;
  ASSERT_EQ(count, entries_.size());
  const io::QueueStats& after = world_->queue()->stats();
  const uint64_t reads = after.requests - before.requests;
  EXPECT_LT(after.bytes_read - before.bytes_read, info_.bytes + (1u << 20));
  EXPECT_GT((after.bytes_read - before.bytes_read) / reads, 128u << 10);
}

TEST_P(TableTest, ABadOrderIsRefused) {
  const std::unique_ptr<io::File> file = world_->OpenFile(5, io::OpenMode::kCreate);
  const auto add_after = [&](const std::string& first, const std::string& second) {
    TableBuilder builder(TableWorld::DefaultOptions(), file.get(), world_->queue(), world_->pool());
    EXPECT_TRUE(builder.Add(first, "v").ok());
    const Status s = builder.Add(second, "v");
    EXPECT_EQ(builder.status().code(), s.code());
    EXPECT_EQ(builder.Finish().status().code(), s.code());
    return s;
  };
  EXPECT_TRUE(add_after(InternalKey("b", 1), InternalKey("a", 1)).IsInvalidArgument());
  EXPECT_TRUE(add_after(InternalKey("b", 1), InternalKey("b", 1)).IsInvalidArgument());
  EXPECT_TRUE(add_after(InternalKey("b", 1), InternalKey("b", 2)).IsInvalidArgument());
  EXPECT_TRUE(add_after(InternalKey("b", 1), "short").IsInvalidArgument());
  EXPECT_TRUE(
      add_after(InternalKey("b", 1), InternalKey(std::string(base::kKeyBytesMax + 1, 'c'), 1))
          .IsInvalidArgument());
  EXPECT_TRUE(
      add_after(InternalKey("b", 1), InternalKey("c", 1, key::Kind::kMerge)).IsInvalidArgument());
  TableBuilder empty(TableWorld::DefaultOptions(), file.get(), world_->queue(), world_->pool());
  EXPECT_TRUE(empty.Finish().status().IsInvalidArgument());
}

TEST_P(TableTest, TheEstimateIsNear) {
  const std::unique_ptr<io::File> file = world_->OpenFile(6, io::OpenMode::kCreate);
  TableBuilder builder(TableWorld::DefaultOptions(), file.get(), world_->queue(), world_->pool());
  for (const auto& [key, value] : Small(20'000)) ASSERT_TRUE(builder.Add(key, value).ok());
  const uint64_t estimate = builder.EstimatedBytes();
  Result<TableInfo> info = builder.Finish();
  ASSERT_TRUE(info.ok());
  EXPECT_GE(estimate + 4096, info->bytes);
  EXPECT_LE(estimate, info->bytes + 4 * 4096);
}

TEST_P(TableTest, MemoryIsGivenBack) {
  const uint64_t before = world_->budget()->ChargedTotal();
  const uint64_t cache_before = world_->budget()->Charged(base::MemoryClass::kCache);
  SetUpEntries(Small(50'000));
  BuildAndOpen();
  EXPECT_EQ(world_->budget()->Charged(base::MemoryClass::kTableMeta), table_->memory_bytes());
  {
    const auto it = Iterator();
    const auto scan = Scan();
    scan->SeekToFirst();
    for (it->SeekToFirst(); it->Valid(); it->Next()) {
    }
    ASSERT_TRUE(it->status().ok());
  }
  table_->EvictFromCache();
  table_.reset();
  const uint64_t cache_after = world_->budget()->Charged(base::MemoryClass::kCache);
  EXPECT_EQ(world_->budget()->ChargedTotal() - cache_after, before - cache_before);
  EXPECT_EQ(world_->budget()->Charged(base::MemoryClass::kIoBuffer), 0u);
}

TEST_P(TableTest, AnotherTableUnderTheSameNameIsRefused) {
  SetUpEntries(Small(100));
  BuildAndOpen();
  const auto open_as = [&](auto change) {
    TableInfo info = info_;
    change(&info);
    return world_->Open(info).status();
  };
  EXPECT_TRUE(open_as([](TableInfo*) {}).ok());
  const Status s = open_as([](TableInfo* info) { info->file_id.lo ^= 1; });
  EXPECT_TRUE(s.IsCorruption());
  EXPECT_NE(s.message().find("this is another table: file id"), std::string_view::npos)
      << s.ToString();
  EXPECT_TRUE(open_as([](TableInfo* info) { info->hash.hi ^= 1; }).IsCorruption());
  EXPECT_TRUE(open_as([](TableInfo* info) { info->bytes += 4096; }).IsCorruption());
  EXPECT_TRUE(open_as([](TableInfo* info) { info->entries += 1; }).IsCorruption());
  EXPECT_TRUE(open_as([](TableInfo* info) { info->deletions += 1; }).IsCorruption());
  EXPECT_TRUE(open_as([](TableInfo* info) { info->smallest += "x"; }).IsCorruption());
  EXPECT_TRUE(open_as([](TableInfo* info) { info->largest += "x"; }).IsCorruption());
  EXPECT_TRUE(open_as([](TableInfo* info) { info->smallest_sequence += 1; }).IsCorruption());
  EXPECT_TRUE(open_as([](TableInfo* info) { info->largest_sequence += 1; }).IsCorruption());
  world_->SetComparator(&last_byte_first_);
  EXPECT_TRUE(open_as([](TableInfo*) {}).IsCorruption());
}

TEST_P(TableTest, ApproximateOffsetsAscend) {
  SetUpEntries(Small(50'000));
  BuildAndOpen();
  uint64_t last = 0;
  for (size_t i = 0; i < entries_.size(); i += 100) {
    const uint64_t offset = table_->ApproximateOffset(entries_[i].first);
    EXPECT_GE(offset, last);
    EXPECT_NEAR(static_cast<double>(offset),
                static_cast<double>(info_.bytes) * static_cast<double>(i) / 50'000, 800'000);
    last = offset;
  }
  EXPECT_EQ(table_->ApproximateOffset(InternalKey("z", 1)), table_->footer().index_offset);
}

}  // namespace
}  // namespace treering::table
