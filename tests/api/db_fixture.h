// DbTest: a database on the real disk, with each driver in turn, and a map beside it.
//
// Owner: its tests.
// Threads: one.
// Invariants:
//   1. Its Runtime and directory are its own.
#ifndef TREERING_TESTS_API_DB_FIXTURE_H_
#define TREERING_TESTS_API_DB_FIXTURE_H_

#include <gtest/gtest.h>

#include <filesystem>
#include <map>
#include <memory>
#include <string>

#include "api/db.h"
#include "tests/support/temp_dir.h"

namespace treering {

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

  // Of the database's directory, those that end so.
  size_t FileCount(const std::string& ending) {
    size_t count = 0;
    for (const auto& entry : std::filesystem::directory_iterator(path_)) {
      count += entry.path().filename().string().ends_with(ending);
    }
    return count;
  }
  size_t LiveTables() {
    size_t tables = 0;
    for (int level = 0; level < 7; ++level) {
      std::string count;
      EXPECT_TRUE(db_->GetProperty("treering.num-files-at-level" + std::to_string(level), &count));
      tables += std::stoul(count);
    }
    return tables;
  }

  testing::TempDir dir_;
  std::string path_ = dir_.File("db");
  Options options_;
  std::unique_ptr<DB> db_;
  std::map<std::string, std::string> model_;
};

}  // namespace treering

#endif  // TREERING_TESTS_API_DB_FIXTURE_H_
