// The public interface on the real disk, for each driver: what each call promises, and what bad
// input gets.
#include "api/db.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/file.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <map>
#include <thread>
#include <vector>

#include "tests/support/temp_dir.h"

namespace treering {
namespace {

class DbTest : public ::testing::TestWithParam<IoBackend> {
 protected:
  DbTest() {
    RuntimeOptions runtime;
    runtime.memory_budget = 64 << 20;
    runtime.io_backend = GetParam();
    auto made = Runtime::Create(runtime);
    EXPECT_TRUE(made.ok()) << made.status().ToString();
    options_.runtime = *std::move(made);
    options_.create_if_missing = true;
    options_.memtable_bytes = 256 << 10;
    options_.table_bytes = 256 << 10;
    options_.level_base_bytes = 1 << 20;
  }

  void Open() {
    db_.reset();
    auto opened = DB::Open(options_, path_);
    ASSERT_TRUE(opened.ok()) << opened.status().ToString();
    db_ = *std::move(opened);
  }
  std::string Get(const std::string& key, const Snapshot* snapshot = nullptr) {
    PinnedValue value;
    ReadOptions options;
    options.snapshot = snapshot;
    const Status status = db_->Get(key, &value, options);
    return status.ok() ? value.ToString() : std::string(StatusCodeName(status.code()));
  }
  std::string Walk(bool forward, const ReadOptions& options = {}) {
    std::string text;
    const auto it = db_->NewIterator(options);
    for (forward ? it->SeekToFirst() : it->SeekToLast(); it->Valid();
         forward ? it->Next() : it->Prev()) {
      text += it->key().ToString() + "=" + it->value().ToString() + " ";
    }
    EXPECT_TRUE(it->status().ok()) << it->status().ToString();
    return text;
  }
  void Fill(int count, int salt) {
    for (int i = 0; i < count; ++i) {
      const std::string key = "key" + std::to_string(i * 7919 % count);
      const std::string value = std::to_string(salt) + ":" + key + std::string(200, 'v');
      ASSERT_TRUE(db_->Put(key, value).ok());
      model_[key] = value;
    }
  }
  void ExpectModel() {
    const auto it = db_->NewIterator();
    auto expected = model_.begin();
    for (it->SeekToFirst(); it->Valid(); it->Next(), ++expected) {
      ASSERT_TRUE(expected != model_.end());
      ASSERT_EQ(it->key().ToString(), expected->first);
      ASSERT_EQ(it->value().ToString(), expected->second);
    }
    ASSERT_TRUE(it->status().ok()) << it->status().ToString();
    ASSERT_TRUE(expected == model_.end());
    for (const auto& [key, value] : model_) ASSERT_EQ(Get(key), value);
  }

  testing::TempDir dir_;
  std::string path_ = dir_.File("db");
  Options options_;
  std::unique_ptr<DB> db_;
  std::map<std::string, std::string> model_;
};

TEST_P(DbTest, PutsGetsAndDeletes) {
  Open();
  EXPECT_EQ(Get("a"), "NotFound");
  ASSERT_TRUE(db_->Put("a", "1").ok());
  ASSERT_TRUE(db_->Put("a", "2").ok());
  ASSERT_TRUE(db_->Put("", "empty key").ok());
  ASSERT_TRUE(db_->Put(Slice("\0\xff", 2), Slice("\0", 1)).ok());
  ASSERT_TRUE(db_->Delete("never there").ok());
  EXPECT_EQ(Get("a"), "2");
  EXPECT_EQ(Get(""), "empty key");
  EXPECT_EQ(Get(std::string("\0\xff", 2)), std::string("\0", 1));
  ASSERT_TRUE(db_->Delete("a").ok());
  EXPECT_EQ(Get("a"), "NotFound");
}

TEST_P(DbTest, EveryDurabilitySurvivesReopening) {
  Open();
  int count = 0;
  for (const Durability durability :
       {Durability::kMemory, Durability::kProcess, Durability::kDisk}) {
    WriteOptions options;
    options.durability = durability;
    ASSERT_TRUE(db_->Put("key" + std::to_string(count++), "value", options).ok());
  }
  ASSERT_TRUE(db_->Close().ok());
  Open();
  EXPECT_EQ(Walk(true), "key0=value key1=value key2=value ");
}

TEST_P(DbTest, FlushesCompactsAndReopens) {
  Open();
  Fill(4'000, 1);
  Fill(2'000, 2);
  for (int i = 0; i < 500; ++i) {
    ASSERT_TRUE(db_->Delete("key" + std::to_string(i)).ok());
    model_.erase("key" + std::to_string(i));
  }
  ExpectModel();
  ASSERT_TRUE(db_->Flush().ok());
  ExpectModel();
  const Status compacted = db_->CompactRange(nullptr, nullptr);
  ASSERT_TRUE(compacted.ok()) << compacted.ToString();
  ASSERT_TRUE(db_->WaitForCompaction().ok());
  ExpectModel();
  std::string at_level0;
  ASSERT_TRUE(db_->GetProperty("treering.num-files-at-level0", &at_level0));
  EXPECT_EQ(at_level0, "0");
  ASSERT_TRUE(db_->Close().ok());
  Open();
  ExpectModel();
  const auto report = db_->Verify();
  ASSERT_TRUE(report.ok()) << report.status().ToString();
  EXPECT_GT(report->files, 0u);
  EXPECT_TRUE(report->problems.empty()) << report->problems.front().ToString();
}

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

TEST_P(DbTest, LargeValuesAreWholeAndStayPinned) {
  Open();
  std::string large(1 << 20, 'x');
  for (size_t i = 0; i < large.size(); ++i) large[i] = static_cast<char>(i * 131 >> 3);
  ASSERT_TRUE(db_->Put("large", large).ok());
  ASSERT_TRUE(db_->Put("middle", large.substr(0, 20'000)).ok());
  ASSERT_TRUE(db_->CompactRange(nullptr, nullptr).ok());
  PinnedValue value, middle;
  ASSERT_TRUE(db_->Get("large", &value).ok());
  ASSERT_TRUE(db_->Get("middle", &middle).ok());
  db_.reset();
  options_.runtime.reset();
  EXPECT_EQ(value.ToString(), large);
  EXPECT_EQ(middle.ToString(), large.substr(0, 20'000));
}

TEST_P(DbTest, LimitsAreRefusedBeforeAnythingIsWritten) {
  Open();
  const std::string key_max(65'535, 'k');
  EXPECT_TRUE(db_->Put(key_max, "v").ok());
  EXPECT_EQ(Get(key_max), "v");
  EXPECT_TRUE(db_->Put(key_max + "k", "v").IsInvalidArgument());
  const std::string batch_max(16 << 20, 'v');  // a quarter of the budget
  const Status refused = db_->Put("k", batch_max + "v");
  EXPECT_TRUE(refused.IsInvalidArgument());
  EXPECT_NE(refused.message().find("split it"), std::string_view::npos);
  EXPECT_EQ(Get("k"), "NotFound");
  EXPECT_TRUE(db_->Put("k", batch_max.substr(100)).ok());
}

TEST_P(DbTest, HandlesOutliveTheDatabase) {
  Open();
  Fill(2'000, 1);
  auto it = db_->NewIterator();
  auto snapshot = db_->GetSnapshot();
  it->SeekToFirst();
  ASSERT_TRUE(it->Valid());
  ASSERT_TRUE(db_->Close().ok());
  it->Next();
  EXPECT_FALSE(it->Valid());
  EXPECT_TRUE(it->status().IsAborted());
  EXPECT_TRUE(db_->Put("a", "b").IsAborted());
  PinnedValue value;
  EXPECT_TRUE(db_->Get("a", &value).IsAborted());
  EXPECT_TRUE(db_->Flush().IsAborted());
  EXPECT_TRUE(db_->Close().ok());
  db_.reset();
  Open();  // the directory is free although handles live
  ASSERT_TRUE(db_->Put("a", "b").ok());
}

TEST_P(DbTest, ASecondOpenIsBusy) {
  Open();
  const auto second = DB::Open(options_, path_);
  ASSERT_FALSE(second.ok());
  EXPECT_TRUE(second.status().IsBusy()) << second.status().ToString();
  std::filesystem::create_symlink(path_, dir_.File("link"));
  const auto by_link = DB::Open(options_, dir_.File("link"));
  ASSERT_FALSE(by_link.ok());
  EXPECT_TRUE(DB::Destroy(path_, options_).IsBusy());
}

// Another process holds the lock; here another descriptor does, which is the same to flock.
TEST_P(DbTest, ALockedDatabaseNamesItsHolder) {
  Open();
  ASSERT_TRUE(db_->Close().ok());
  const int fd = open((path_ + "/LOCK").c_str(), O_RDWR);
  ASSERT_GE(fd, 0);
  ASSERT_EQ(flock(fd, LOCK_EX | LOCK_NB), 0);
  const auto refused = DB::Open(options_, path_);
  close(fd);
  ASSERT_FALSE(refused.ok());
  EXPECT_TRUE(refused.status().IsBusy());
  EXPECT_NE(refused.status().message().find("pid " + std::to_string(getpid())),
            std::string_view::npos)
      << refused.status().ToString();
}

TEST_P(DbTest, AMissingDatabaseIsNotMadeUnasked) {
  options_.create_if_missing = false;
  const auto missing = DB::Open(options_, path_);
  ASSERT_FALSE(missing.ok());
  EXPECT_TRUE(missing.status().IsNotFound());
  EXPECT_NE(missing.status().message().find(path_), std::string_view::npos);
  EXPECT_FALSE(std::filesystem::exists(path_));
  options_.create_if_missing = true;
  Open();
  db_.reset();
  options_.error_if_exists = true;
  EXPECT_TRUE(DB::Open(options_, path_).status().IsInvalidArgument());
}

TEST_P(DbTest, ForeignDirectoriesAreRefusedByName) {
  const auto refused_with = [&](std::vector<std::string> files, const std::string& words) {
    const std::string path = dir_.File("foreign");
    std::filesystem::create_directory(path);
    for (const std::string& file : files) std::ofstream(path + "/" + file) << "MANIFEST-000001\n";
    const auto opened = DB::Open(options_, path);
    ASSERT_FALSE(opened.ok());
    EXPECT_TRUE(opened.status().IsInvalidArgument()) << opened.status().ToString();
    EXPECT_NE(opened.status().message().find(words), std::string_view::npos)
        << opened.status().ToString();
    size_t count = 0;
    for (const auto& entry : std::filesystem::directory_iterator(path)) count += entry.exists();
    EXPECT_EQ(count, files.size());
    std::filesystem::remove_all(path);
  };
  refused_with({"CURRENT", "MANIFEST-000001", "000005.ldb", "LOCK", "LOG"}, "LevelDB");
  refused_with({"CURRENT", "MANIFEST-000001", "OPTIONS-000007", "IDENTITY", "000009.sst"},
               "RocksDB");
  refused_with({"letter.txt"}, "letter.txt");
}

TEST_P(DbTest, AnotherComparatorIsRefused) {
  class Backwards final : public Comparator {
   public:
    std::string_view Name() const override { return "test.backwards"; }
    int Compare(const Slice& a, const Slice& b) const override { return b.Compare(a); }
  };
  static const Backwards backwards;
  options_.comparator = &backwards;
  Open();
  for (const char* key : {"a", "c", "b"}) ASSERT_TRUE(db_->Put(key, key).ok());
  ASSERT_TRUE(db_->CompactRange(nullptr, nullptr).ok());
  EXPECT_EQ(Walk(true), "c=c b=b a=a ");
  EXPECT_EQ(Get("b"), "b");
  db_.reset();
  options_.comparator = BytewiseComparator();
  const auto refused = DB::Open(options_, path_);
  ASSERT_FALSE(refused.ok());
  EXPECT_TRUE(refused.status().IsInvalidArgument()) << refused.status().ToString();
  EXPECT_NE(refused.status().message().find("test.backwards"), std::string_view::npos);
}

TEST_P(DbTest, AReadOnlyViewIsFixedAndWritesNothing) {
  Open();
  Fill(1'000, 1);
  ASSERT_TRUE(db_->Flush().ok());
  ASSERT_TRUE(db_->Put("in the log", "yes").ok());
  Options view_options = options_;
  view_options.read_only = true;
  view_options.create_if_missing = false;
  auto view = DB::Open(view_options, path_);
  ASSERT_TRUE(view.ok()) << view.status().ToString();
  ASSERT_TRUE(db_->Put("after", "no").ok());
  PinnedValue value;
  EXPECT_TRUE((*view)->Get("in the log", &value).ok());
  EXPECT_TRUE((*view)->Get("after", &value).IsNotFound());
  EXPECT_TRUE((*view)->Put("a", "b").IsReadOnly());
  EXPECT_TRUE((*view)->Flush().IsReadOnly());
  // The writer replaces every table; the view still reads its own.
  Fill(1'000, 2);
  ASSERT_TRUE(db_->CompactRange(nullptr, nullptr).ok());
  ASSERT_TRUE((*view)->Get("key5", &value).ok());
  EXPECT_EQ(value.ToString().substr(0, 2), "1:");
}

TEST_P(DbTest, LogModes) {
  for (const LogMode mode : {LogMode::kWrite, LogMode::kTail}) {
    options_.log = mode;
    Open();
    ASSERT_TRUE(db_->Put("mode", std::to_string(static_cast<int>(mode))).ok());
    ASSERT_TRUE(db_->Close().ok());
    Open();
    EXPECT_EQ(Get("mode"), std::to_string(static_cast<int>(mode)));
  }
  options_.log = LogMode::kOff;
  options_.durability = Durability::kMemory;
  Open();
  EXPECT_TRUE(db_->Put("a", "b", WriteOptions{Durability::kDisk}).IsInvalidArgument());
  ASSERT_TRUE(db_->Put("a", "kept by the flush at close").ok());
  ASSERT_TRUE(db_->Close().ok());
  Open();
  EXPECT_EQ(Get("a"), "kept by the flush at close");
}

TEST_P(DbTest, DestroyRemovesOurFilesOnly) {
  Open();
  ASSERT_TRUE(db_->Put("a", "b").ok());
  db_.reset();
  std::ofstream(path_ + "/notes.txt") << "mine";
  ASSERT_TRUE(DB::Destroy(path_, options_).ok());
  EXPECT_TRUE(std::filesystem::exists(path_ + "/notes.txt"));
  EXPECT_FALSE(std::filesystem::exists(path_ + "/CURRENT"));
  std::filesystem::remove(path_ + "/notes.txt");
  Open();
  EXPECT_EQ(Get("a"), "NotFound");
  db_.reset();
  ASSERT_TRUE(DB::Destroy(path_, options_).ok());
  EXPECT_FALSE(std::filesystem::exists(path_));
  EXPECT_TRUE(DB::Destroy(path_, options_).ok());
}

TEST_P(DbTest, FilesAreTheOwnersAlone) {
  Open();
  Fill(100, 1);
  ASSERT_TRUE(db_->Flush().ok());
  using std::filesystem::perms;
  EXPECT_EQ(std::filesystem::status(path_).permissions(), perms::owner_all);
  for (const auto& entry : std::filesystem::directory_iterator(path_)) {
    EXPECT_EQ(entry.status().permissions(), perms::owner_read | perms::owner_write) << entry.path();
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

TEST_P(DbTest, EveryCallAfterCloseAnswersAborted) {
  Open();
  ASSERT_TRUE(db_->Put("a", "1").ok());
  ASSERT_TRUE(db_->Close().ok());
  PinnedValue value;
  EXPECT_TRUE(db_->Get("a", &value).IsAborted());
  const std::vector<Slice> keys = {"a", "b"};
  std::vector<PinnedValue> values(2);
  std::vector<Status> statuses(2);
  db_->MultiGet(keys, values, statuses);
  for (const Status& status : statuses) EXPECT_TRUE(status.IsAborted());
  const auto it = db_->NewIterator();
  it->SeekToFirst();
  EXPECT_FALSE(it->Valid());
  EXPECT_TRUE(it->status().IsAborted());
  EXPECT_TRUE(db_->CompactRange(nullptr, nullptr).IsAborted());
  EXPECT_TRUE(db_->WaitForCompaction().IsAborted());
  EXPECT_TRUE(db_->Verify().status().IsAborted());
  const Range range[] = {{"a", "b"}};
  EXPECT_TRUE(db_->ApproximateSizes(range).status().IsAborted());
  EXPECT_TRUE(db_->Delete("a").IsAborted());
  std::string text;
  EXPECT_FALSE(db_->GetProperty("treering.stats", &text));
  // A snapshot is had, and what reads with it answers.
  const auto snapshot = db_->GetSnapshot();
  ASSERT_NE(snapshot, nullptr);
  ReadOptions options;
  options.snapshot = snapshot.get();
  EXPECT_TRUE(db_->Get("a", &value, options).IsAborted());
}

// The next open's parts may lie where the last one's lay.
TEST_P(DbTest, ASnapshotOfAnEarlierOpenIsRefused) {
  Open();
  ASSERT_TRUE(db_->Put("a", "1").ok());
  const auto stale = db_->GetSnapshot();
  for (int i = 0; i < 20; ++i) {
    ASSERT_TRUE(db_->Put("a", std::to_string(i)).ok());
    Open();
    ASSERT_EQ(Get("a", stale.get()), "InvalidArgument");
    ReadOptions options;
    options.snapshot = stale.get();
    EXPECT_TRUE(db_->NewIterator(options)->status().IsInvalidArgument());
  }
}

TEST_P(DbTest, AnUnknownDurabilityIsRefused) {
  Open();
  const Status refused = db_->Put("a", "1", WriteOptions{static_cast<Durability>(7)});
  EXPECT_TRUE(refused.IsInvalidArgument()) << refused.ToString();
  EXPECT_NE(refused.message().find("durability is 7"), std::string_view::npos);
  EXPECT_EQ(Get("a"), "NotFound");
}

TEST_P(DbTest, PathsThatCannotBe) {
  const auto opened = [&](const std::string& path) { return DB::Open(options_, path).status(); };
  std::ofstream(dir_.File("file")) << "not a directory";
  Status status = opened(dir_.File("file"));
  EXPECT_TRUE(status.IsInvalidArgument()) << status.ToString();
  EXPECT_NE(status.message().find(dir_.File("file")), std::string_view::npos) << status.ToString();

  status = opened(dir_.File("no/such/db"));
  EXPECT_TRUE(status.IsNotFound()) << status.ToString();
  EXPECT_NE(status.message().find("parent"), std::string_view::npos) << status.ToString();
  EXPECT_EQ(status.message().find("create_if_missing"), std::string_view::npos)
      << status.ToString();

  status = opened("");
  EXPECT_FALSE(status.ok());
}

TEST_P(DbTest, KeysAndValuesAtTheirLimits) {
  RuntimeOptions runtime;
  runtime.memory_budget = 1ull << 30;
  runtime.io_backend = GetParam();
  auto made = Runtime::Create(runtime);
  ASSERT_TRUE(made.ok()) << made.status().ToString();
  options_.runtime = *std::move(made);
  options_.memtable_bytes = 256 << 20;
  Open();
  for (const size_t bytes : {65'534, 65'535}) {
    const std::string key(bytes, 'k');
    ASSERT_TRUE(db_->Put(key, std::to_string(bytes)).ok());
    EXPECT_EQ(Get(key), std::to_string(bytes));
  }
  EXPECT_TRUE(db_->Put(std::string(65'536, 'k'), "v").IsInvalidArgument());
  const std::string largest(64 << 20, 'v');
  const Status refused = db_->Put("large", largest + "v");
  EXPECT_TRUE(refused.IsInvalidArgument()) << refused.ToString();
  EXPECT_NE(refused.message().find("67108864"), std::string_view::npos) << refused.ToString();
  EXPECT_EQ(Get("large"), "NotFound");
  ASSERT_TRUE(db_->Put("large", largest).ok());
  ASSERT_TRUE(db_->Flush().ok());
  PinnedValue value;
  ASSERT_TRUE(db_->Get("large", &value).ok());
  EXPECT_TRUE(value.slice() == Slice(largest));
}

// The text names the file, where in it, what was expected and what was found.
TEST_P(DbTest, DamageIsNamed) {
  Open();
  Fill(2'000, 1);
  ASSERT_TRUE(db_->CompactRange(nullptr, nullptr).ok());
  db_.reset();
  std::string table;
  for (const auto& entry : std::filesystem::directory_iterator(path_)) {
    if (entry.path().extension() == ".sst") table = entry.path();
  }
  ASSERT_FALSE(table.empty());
  std::fstream(table, std::ios::in | std::ios::out).seekp(4096 + 100) << "damage";
  Open();
  Status found;
  for (const auto& [key, expected] : model_) {
    PinnedValue value;
    const Status status = db_->Get(key, &value);
    if (status.ok()) {
      ASSERT_EQ(value.ToString(), expected);
    } else {
      found = status;
    }
  }
  ASSERT_TRUE(found.IsCorruption()) << found.ToString();
  for (const std::string& words :
       {table, std::string("offset 4096"), std::string("expected "), std::string("found ")}) {
    EXPECT_NE(found.message().find(words), std::string_view::npos)
        << "'" << words << "' in " << found.ToString();
  }
  const auto report = db_->Verify();
  ASSERT_TRUE(report.ok());
  ASSERT_FALSE(report->problems.empty());
  EXPECT_NE(report->problems.front().message().find(table), std::string_view::npos);
}

// A view opened again and again, while a writer flushes and compacts, is never called damaged.
TEST_P(DbTest, ViewsBesideABusyWriter) {
  Open();
  ASSERT_TRUE(db_->Put("round", "0").ok());
  std::atomic<bool> done{false};
  std::thread writer([&] {
    for (int round = 1; round <= 150; ++round) {
      EXPECT_TRUE(db_->Put("round", std::to_string(round)).ok());
      EXPECT_TRUE(db_->Put("other" + std::to_string(round), std::string(1'000, 'o')).ok());
      EXPECT_TRUE(db_->Flush().ok());
      if (round % 3 == 0) {
        EXPECT_TRUE(db_->CompactRange(nullptr, nullptr).ok());
      }
    }
    done = true;
  });
  Options view_options = options_;
  view_options.read_only = true;
  view_options.create_if_missing = false;
  int views = 0;
  int last = 0;
  while (!done) {
    const auto view = DB::Open(view_options, path_);
    EXPECT_TRUE(view.ok() || view.status().IsAborted()) << view.status().ToString();
    if (!view.ok()) continue;
    ++views;
    PinnedValue value;
    const Status status = (*view)->Get("round", &value);
    EXPECT_TRUE(status.ok()) << status.ToString();
    if (!status.ok()) break;
    const int round = std::stoi(value.ToString());
    EXPECT_GE(round, last);
    last = round;
  }
  writer.join();
  std::printf("%d views beside the writer\n", views);
  const auto view = DB::Open(view_options, path_);
  ASSERT_TRUE(view.ok()) << view.status().ToString();
  PinnedValue value;
  ASSERT_TRUE((*view)->Get("round", &value).ok());
  EXPECT_EQ(value.ToString(), "150");
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

INSTANTIATE_TEST_SUITE_P(Drivers, DbTest, ::testing::Values(IoBackend::kUring, IoBackend::kPosix),
                         [](const auto& info) {
                           return info.param == IoBackend::kUring ? "uring" : "posix";
                         });

}  // namespace
}  // namespace treering
