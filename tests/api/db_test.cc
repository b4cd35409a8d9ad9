// The public interface on the real disk, for each driver: what writes promise, and where their
// limits are.
#include <gtest/gtest.h>

#include <string>

#include "tests/api/db_fixture.h"

namespace treering {
namespace {

INSTANTIATE_TEST_SUITE_P(Drivers, DbTest, ::testing::Values(IoBackend::kUring, IoBackend::kPosix),
                         [](const auto& info) {
                           return info.param == IoBackend::kUring ? "uring" : "posix";
                         });

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

TEST_P(DbTest, AnUnknownDurabilityIsRefused) {
  Open();
  const Status refused = db_->Put("a", "1", WriteOptions{static_cast<Durability>(7)});
  EXPECT_TRUE(refused.IsInvalidArgument()) << refused.ToString();
  EXPECT_NE(refused.message().find("durability is 7"), std::string_view::npos);
  EXPECT_EQ(Get("a"), "NotFound");
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

}  // namespace
}  // namespace treering
