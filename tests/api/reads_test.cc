// Reads on the simulated disk, by what they cost: how often they read, and what they hold.
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "engine/runtime/runtime.h"
#include "tests/support/sim_db.h"

namespace treering::testing {
namespace {

std::string Key(int i) { return "key" + std::to_string(1'000'000 + i); }

class ReadsTest : public ::testing::Test {
 protected:
  // Values of so many bytes under Key(0), Key(1)…, in tables alone, nothing of them cached.
  void Fill(int count, size_t value_bytes, Options options = SimDb::SmallOptions()) {
    options.table_bytes = 4 << 20;
    options.memtable_bytes = 1 << 20;
    options.level_base_bytes = 64 << 20;
    ASSERT_TRUE(db_.Open(&storage_, options).ok());
    for (int i = 0; i < count; ++i) {
      const Status status = db_->Put(Key(i), ValueOf(i, value_bytes));
      ASSERT_TRUE(status.ok()) << i << ": " << status.ToString();
    }
    ASSERT_TRUE(db_->CompactRange(nullptr, nullptr).ok());
    ASSERT_TRUE(db_.Close().ok());
    ASSERT_TRUE(db_.Open(&storage_, options).ok());
  }
  static std::string ValueOf(int i, size_t bytes) {
    std::string value = std::to_string(i) + ":";
    value.resize(bytes, static_cast<char>('a' + i % 26));
    return value;
  }
  // Of blocks; those of opening a table do not count.
  uint64_t Reads() { return db_.runtime->core()->fetcher()->Stats().reads; }

  io::SimStorage storage_;
  SimDb db_;
};

struct Held {
  int count;
  size_t value_bytes;
  bool fill_cache;
};

class HeldValuesTest : public ReadsTest, public ::testing::WithParamInterface<Held> {};

// More than the budget of 32 MiB, held all at once: by far more than may be pinned.
TEST_P(HeldValuesTest, NeverUseUpTheBudget) {
  const Held& held = GetParam();
  ASSERT_NO_FATAL_FAILURE(Fill(held.count, held.value_bytes));
  ReadOptions options;
  options.fill_cache = held.fill_cache;
  std::vector<PinnedValue> values(held.count);
  // Half by Get, half by MultiGet.
  const int half = held.count / 2;
  for (int i = 0; i < half; ++i) {
    const Status status = db_->Get(Key(i), &values[i], options);
    ASSERT_TRUE(status.ok()) << i << ": " << status.ToString();
  }
  std::vector<std::string> keys;
  for (int i = half; i < held.count; ++i) keys.push_back(Key(i));
  const std::vector<Slice> slices(keys.begin(), keys.end());
  std::vector<Status> statuses(keys.size());
  db_->MultiGet(slices, std::span(values).subspan(half), statuses, options);
  for (size_t i = 0; i < keys.size(); ++i) {
    ASSERT_TRUE(statuses[i].ok()) << half + i << ": " << statuses[i].ToString();
  }
  for (int i = 0; i < held.count; ++i) {
    ASSERT_EQ(values[i].ToString(), ValueOf(i, held.value_bytes)) << i;
  }
  // Others still find room.
  PinnedValue again;
  ASSERT_TRUE(db_->Get(Key(0), &again).ok());
  EXPECT_LE(db_.runtime->MemoryUsed(), db_.runtime->MemoryBudget());
}

INSTANTIATE_TEST_SUITE_P(Sizes, HeldValuesTest,
                         ::testing::Values(Held{14'000, 3'000, true}, Held{14'000, 3'000, false},
                                           Held{420, 100'000, true}, Held{420, 100'000, false}));

// Overlapping tables, so that each has a part in every seek.
class SeekReadsTest : public ReadsTest {
 protected:
  static constexpr int kTables = 3;
  static constexpr int kKeysOfATable = 400;
  void SetUp() override {
    Options options = SimDb::SmallOptions();
    options.disable_auto_compactions = true;
    options.memtable_bytes = 1 << 20;
    ASSERT_TRUE(db_.Open(&storage_, options).ok());
    for (int table = 0; table < kTables; ++table) {
      for (int i = 0; i < kKeysOfATable; ++i) {
        ASSERT_TRUE(db_->Put(Key(i * kTables + table), ValueOf(i, 300)).ok());
      }
      ASSERT_TRUE(db_->Flush().ok());
    }
    ASSERT_TRUE(db_.Close().ok());
    ASSERT_TRUE(db_.Open(&storage_, options).ok());
  }
};

TEST_F(SeekReadsTest, ASeekReadsEachBlockOnce) {
  for (const bool fill_cache : {false, true}) {
    SCOPED_TRACE(fill_cache ? "cached" : "not cached");
    ReadOptions options;
    options.fill_cache = fill_cache;
    const auto it = db_->NewIterator(options);
    it->Seek(Key(0));  // opens the tables, and brings the index partitions in
    for (const int target : {333, 999, 555}) {
      const uint64_t before = Reads();
      it->Seek(Key(target));
      ASSERT_TRUE(it->Valid());
      EXPECT_EQ(it->key().ToString(), Key(target));
      EXPECT_EQ(Reads() - before, uint64_t{kTables}) << target;
    }
    for (const int target : {700, 222}) {
      const uint64_t before = Reads();
      it->SeekForPrev(Key(target));
      ASSERT_TRUE(it->Valid());
      EXPECT_EQ(it->key().ToString(), Key(target));
      EXPECT_LE(Reads() - before, uint64_t{2 * kTables}) << target;
    }
  }
}

TEST_F(ReadsTest, ABatchReadsEachBlockOnceHoweverManyKeysWaitForIt) {
  constexpr int kCount = 10'000;
  ASSERT_NO_FATAL_FAILURE(Fill(kCount, 300));
  std::vector<std::string> keys;
  for (int i = 0; i < kCount; ++i) keys.push_back(Key(i * 7'919 % kCount));
  const std::vector<Slice> slices(keys.begin(), keys.end());
  std::vector<PinnedValue> values(kCount);
  std::vector<Status> statuses(kCount);
  const uint64_t before = Reads();
  db_->MultiGet(slices, values, statuses);
  for (int i = 0; i < kCount; ++i) {
    ASSERT_TRUE(statuses[i].ok()) << statuses[i].ToString();
    ASSERT_EQ(values[i].ToString(), ValueOf(i * 7'919 % kCount, 300));
  }
  // Twelve entries a block, and a few index partitions, filter pages and table ends.
  EXPECT_LT(Reads() - before, uint64_t{kCount} / 12 + 60);
  EXPECT_GT(Reads() - before, uint64_t{kCount} / 16);
}

// One damaged block answers for its own keys alone.
TEST_F(ReadsTest, ABatchKeepsWhatIsWhole) {
  constexpr int kCount = 1'000;
  ASSERT_NO_FATAL_FAILURE(Fill(kCount, 300));
  for (const std::string& path : storage_.ListFiles()) {
    if (path.ends_with(".sst")) storage_.FlipBit(path, (5 * 4096 + 100) * 8);
  }
  std::vector<std::string> keys;
  for (int i = 0; i < kCount; ++i) keys.push_back(Key(i));
  const std::vector<Slice> slices(keys.begin(), keys.end());
  std::vector<PinnedValue> values(kCount);
  std::vector<Status> statuses(kCount);
  db_->MultiGet(slices, values, statuses);
  int damaged = 0;
  for (int i = 0; i < kCount; ++i) {
    if (statuses[i].ok()) {
      ASSERT_EQ(values[i].ToString(), ValueOf(i, 300));
    } else {
      ASSERT_TRUE(statuses[i].IsCorruption()) << statuses[i].ToString();
      ++damaged;
    }
  }
  EXPECT_GT(damaged, 0);
  EXPECT_LT(damaged, 20);
}

}  // namespace
}  // namespace treering::testing
