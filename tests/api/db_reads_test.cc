// Reads on the real disk, for each driver: gets, batches, iterators, snapshots, sizes.
#include <gtest/gtest.h>

#include <chrono>
#include <iostream>
#include <map>
#include <string>
#include <vector>

#include "tests/api/db_fixture.h"

namespace treering {
namespace {

INSTANTIATE_TEST_SUITE_P(Drivers, DbTest, ::testing::Values(IoBackend::kUring, IoBackend::kPosix),
                         [](const auto& info) {
                           return info.param == IoBackend::kUring ? "uring" : "posix";
                         });

TEST_P(DbTest, SnapshotsKeepWhatTheySee) {
  Open();
  ASSERT_TRUE(db_->Put("a", "old").ok());
  const auto snapshot = db_->GetSnapshot();
  ASSERT_TRUE(db_->Put("a", "new").ok());
  ASSERT_TRUE(db_->Put("b", "later").ok());
  ASSERT_TRUE(db_->CompactRange(nullptr, nullptr).ok());
  EXPECT_EQ(Get("a"), "new");
  EXPECT_EQ(Get("a", snapshot.get()), "old");
  EXPECT_EQ(Get("b", snapshot.get()), "NotFound");
  ReadOptions options;
  options.snapshot = snapshot.get();
  EXPECT_EQ(Walk(true, options), "a=old ");
}

TEST_P(DbTest, IteratorsWalkBothWaysWithinBounds) {
  Open();
  for (const char* key : {"a", "b", "c", "d", "e"}) ASSERT_TRUE(db_->Put(key, key).ok());
  ASSERT_TRUE(db_->Flush().ok());
  ASSERT_TRUE(db_->Delete("c").ok());
  EXPECT_EQ(Walk(true), "a=a b=b d=d e=e ");
  EXPECT_EQ(Walk(false), "e=e d=d b=b a=a ");
  const Slice lower("b");
  const Slice upper("e");
  ReadOptions options;
  options.lower_bound = &lower;
  options.upper_bound = &upper;
  EXPECT_EQ(Walk(true, options), "b=b d=d ");
  EXPECT_EQ(Walk(false, options), "d=d b=b ");
}

TEST_P(DbTest, MultiGetAgreesWithGet) {
  Open();
  Fill(3'000, 1);
  ASSERT_TRUE(db_->CompactRange(nullptr, nullptr).ok());
  ASSERT_TRUE(db_->Close().ok());
  Open();  // nothing is cached but what this runtime has: new file handles, new frames
  std::vector<std::string> keys;
  for (int i = 0; i < 300; ++i) keys.push_back("key" + std::to_string(i * 37 % 4'000));
  keys.push_back(keys.front());
  std::vector<Slice> slices(keys.begin(), keys.end());
  std::vector<PinnedValue> values(keys.size());
  std::vector<Status> statuses(keys.size());
  db_->MultiGet(slices, values, statuses);
  for (size_t i = 0; i < keys.size(); ++i) {
    const auto it = model_.find(keys[i]);
    ASSERT_EQ(statuses[i].IsNotFound(), it == model_.end()) << statuses[i].ToString();
    if (it != model_.end()) {
      ASSERT_EQ(values[i].ToString(), it->second);
    }
  }
}

TEST_P(DbTest, PropertiesAndSizes) {
  Open();
  Fill(3'000, 1);
  ASSERT_TRUE(db_->CompactRange(nullptr, nullptr).ok());
  std::string text;
  for (const char* name :
       {"treering.stats", "treering.stats.json", "treering.levels", "treering.sstables",
        "treering.options", "treering.facts", "treering.state"}) {
    EXPECT_TRUE(db_->GetProperty(name, &text)) << name;
    EXPECT_FALSE(text.empty()) << name;
  }
  EXPECT_FALSE(db_->GetProperty("treering.nosuch", &text));
  EXPECT_FALSE(db_->GetProperty("treering.num-files-at-level99", &text));
  const Range ranges[] = {{"key", "kez"}, {"x", "y"}, {"kez", "key"}};
  const auto sizes = db_->ApproximateSizes(ranges);
  ASSERT_TRUE(sizes.ok());
  EXPECT_GT((*sizes)[0], 500'000u);
  EXPECT_EQ((*sizes)[1], 0u);
  EXPECT_EQ((*sizes)[2], 0u);
}

// What it stands on is flushed, merged away and deleted meanwhile.
TEST_P(DbTest, AnIteratorOutlivesItsTables) {
  Open();
  Fill(2'000, 1);
  const std::map<std::string, std::string> seen = model_;
  ASSERT_TRUE(db_->Flush().ok());
  ASSERT_TRUE(db_->Put("key0", "in the memtable").ok());
  const auto snapshot = db_->GetSnapshot();
  const auto it = db_->NewIterator();
  it->SeekToFirst();
  ASSERT_TRUE(it->Valid());
  Fill(2'000, 2);
  ASSERT_TRUE(db_->CompactRange(nullptr, nullptr).ok());
  ASSERT_TRUE(db_->WaitForCompaction().ok());
  Fill(100, 3);
  auto expected = seen.begin();
  for (; it->Valid(); it->Next(), ++expected) {
    ASSERT_TRUE(expected != seen.end());
    ASSERT_EQ(it->key().ToString(), expected->first);
    ASSERT_EQ(it->value().ToString(),
              expected->first == "key0" ? "in the memtable" : expected->second);
  }
  ASSERT_TRUE(it->status().ok()) << it->status().ToString();
  EXPECT_TRUE(expected == seen.end());
  it->SeekToLast();
  ASSERT_TRUE(it->Valid());
  EXPECT_EQ(it->key().ToString(), seen.rbegin()->first);
  EXPECT_EQ(Get("key0", snapshot.get()), "in the memtable");
}

// Tables at several levels, a memtable on top, deletions among them.
TEST_P(DbTest, SeeksAndBoundsAgreeWithAMap) {
  Open();
  const auto put = [&](int i, int salt) {
    const std::string key = "key" + std::to_string(i);
    const std::string value = std::to_string(salt) + std::string(i % 400, 'v');
    ASSERT_TRUE(db_->Put(key, value).ok());
    model_[key] = value;
  };
  for (int i = 0; i < 3'000; ++i) put(i * 7, 1);
  ASSERT_TRUE(db_->CompactRange(nullptr, nullptr).ok());
  for (int i = 0; i < 500; ++i) put(i * 11, 2);
  for (int i = 0; i < 300; ++i) {
    const std::string key = "key" + std::to_string(i * 21);
    ASSERT_TRUE(db_->Delete(key).ok());
    model_.erase(key);
  }
  ASSERT_TRUE(db_->Flush().ok());
  for (int i = 0; i < 100; ++i) put(i * 13, 3);

  uint64_t state = 1;
  const auto random = [&](uint64_t n) {
    state = state * 6'364'136'223'846'793'005ull + 1'442'695'040'888'963'407ull;
    return (state >> 33) % n;
  };
  const auto some_key = [&] { return "key" + std::to_string(random(22'000)); };
  for (int round = 0; round < 60; ++round) {
    std::string low = some_key();
    std::string high = some_key();
    const bool has_low = round % 3 != 0;
    const bool has_high = round % 4 != 0;
    const Slice lower(low);
    const Slice upper(high);
    ReadOptions options;
    options.fill_cache = round % 2 == 0;
    if (has_low) options.lower_bound = &lower;
    if (has_high) options.upper_bound = &upper;
    const auto first = has_low ? model_.lower_bound(low) : model_.begin();
    auto last = has_high ? model_.lower_bound(high) : model_.end();
    if (has_low && has_high && high < low) last = first;
    const auto it = db_->NewIterator(options);
    for (int step = 0; step < 20; ++step) {
      SCOPED_TRACE("round " + std::to_string(round) + " step " + std::to_string(step));
      const std::string target = some_key();
      const bool forward = random(2) == 0;
      auto expected = forward ? model_.lower_bound(target) : model_.upper_bound(target);
      bool valid;
      if (forward) {
        it->Seek(target);
        if (has_low && target < low) expected = first;
        valid = expected != model_.end() && first != last &&
                (!has_high || expected->first < high) && (!has_low || expected->first >= low);
      } else {
        it->SeekForPrev(target);
        if (has_high && target >= high) expected = last;
        valid = expected != model_.begin() && first != last;
        if (valid) --expected;
        valid =
            valid && (!has_low || expected->first >= low) && (!has_high || expected->first < high);
      }
      for (int moves = 0; moves < 5; ++moves) {
        ASSERT_EQ(it->Valid(), valid) << target << (forward ? " forward" : " backward");
        if (!valid) break;
        ASSERT_EQ(it->key().ToString(), expected->first);
        ASSERT_EQ(it->value().ToString(), expected->second);
        if (forward) {
          it->Next();
          valid = ++expected != last;
        } else {
          it->Prev();
          valid = expected != first;
          if (valid) --expected;
        }
      }
      ASSERT_TRUE(it->status().ok()) << it->status().ToString();
    }
  }
}

TEST_P(DbTest, MultiGetWantsAValueAndAStatusForEachKey) {
  Open();
  ASSERT_TRUE(db_->Put("a", "1").ok());
  const std::vector<Slice> keys = {"a", "b", "c"};
  for (const size_t values_count : {2, 3, 4}) {
    for (const size_t statuses_count : {2, 3, 4}) {
      std::vector<PinnedValue> values(values_count);
      std::vector<Status> statuses(statuses_count);
      db_->MultiGet(keys, values, statuses);
      if (values_count == 3 && statuses_count == 3) {
        EXPECT_TRUE(statuses[0].ok());
        EXPECT_TRUE(statuses[1].IsNotFound());
        continue;
      }
      for (const Status& status : statuses) EXPECT_TRUE(status.IsInvalidArgument());
    }
  }
  db_->MultiGet({}, {}, {});
}

TEST_P(DbTest, ApproximateSizesAreNearTheTruth) {
  Open();
  constexpr int kCount = 40'000;
  constexpr uint64_t kEntryBytes = 400;
  for (int i = 0; i < kCount; ++i) {
    const std::string key = "key" + std::to_string(100'000 + i);
    ASSERT_TRUE(db_->Put(key, std::string(kEntryBytes - key.size() - 12, 'v')).ok());
  }
  ASSERT_TRUE(db_->CompactRange(nullptr, nullptr).ok());
  const auto at = [](int i) { return "key" + std::to_string(100'000 + i); };
  const std::pair<int, int> parts[] = {
      {0, 40'000}, {0, 20'000}, {10'000, 30'000}, {20'000, 40'000}};
  for (const auto& [begin, end] : parts) {
    const std::string from = at(begin);
    const std::string to = at(end);
    const Range range[] = {{from, to}};
    const auto sizes = db_->ApproximateSizes(range);
    ASSERT_TRUE(sizes.ok());
    const auto truth = static_cast<double>(end - begin) * kEntryBytes;
    EXPECT_NEAR(static_cast<double>((*sizes)[0]), truth, truth / 5) << from << " to " << to;
  }
}

// Its cost grows with the keys, not with their square.
TEST_P(DbTest, AColdBatchOfManyKeysIsNotSlowerThanManyBatches) {
  constexpr int kCount = 10'000;
  Open();
  for (int i = 0; i < kCount; ++i) {
    ASSERT_TRUE(db_->Put("key" + std::to_string(i), std::string(1'500, 'v')).ok());
  }
  ASSERT_TRUE(db_->CompactRange(nullptr, nullptr).ok());
  std::vector<std::string> keys;
  for (int i = 0; i < kCount; ++i) keys.push_back("key" + std::to_string(i * 7'919 % kCount));
  const std::vector<Slice> slices(keys.begin(), keys.end());
  const auto seconds_in_batches_of = [&](size_t batch) {
    Open();  // new handles: nothing of it is cached
    std::vector<PinnedValue> values(kCount);
    std::vector<Status> statuses(kCount);
    const auto started = std::chrono::steady_clock::now();
    for (size_t at = 0; at < kCount; at += batch) {
      db_->MultiGet(std::span(slices).subspan(at, batch), std::span(values).subspan(at, batch),
                    std::span(statuses).subspan(at, batch));
    }
    const std::chrono::duration<double> taken = std::chrono::steady_clock::now() - started;
    for (const Status& status : statuses) EXPECT_TRUE(status.ok()) << status.ToString();
    return taken.count();
  };
  const double many = seconds_in_batches_of(100);
  const double one = seconds_in_batches_of(kCount);
  std::cout << kCount << " cold keys: " << many << " s in batches of 100, " << one
            << " s in one batch\n";
  EXPECT_LT(one, 3 * many + 0.5);
}

}  // namespace
}  // namespace treering
