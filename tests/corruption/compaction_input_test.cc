// Damage in a compaction's input: automatic compaction stops, says so, drops nothing; the rest of
// the database goes on.
#include <gtest/gtest.h>

#include <map>

#include "tests/support/sim_db.h"
#include "tests/support/stats_json.h"

namespace treering::testing {
namespace {

std::string Key(int i) { return "key" + std::to_string(10'000 + i); }

class CompactionInputTest : public ::testing::Test {
 protected:
  static constexpr int kCount = 400;

  CompactionInputTest() {
    Options options = SimDb::SmallOptions();
    options.disable_auto_compactions = true;
    EXPECT_TRUE(db_.Open(&storage_, options).ok());
    for (int table = 0; table < 3; ++table) {
      for (int i = table; i < kCount; i += 3) Put(i);
      EXPECT_TRUE(db_->Flush().ok());
    }
    EXPECT_TRUE(db_.Close().ok());
    for (const std::string& path : storage_.ListFiles()) {
      if (path.ends_with(".sst")) tables_.push_back(path);
    }
    EXPECT_EQ(tables_.size(), 3u);
    damaged_ = tables_[1].substr(tables_[1].rfind('/') + 1);
    storage_.FlipBit(tables_[1], (2 * 4096 + 77) * 8);
  }

  void Put(int i) {
    const std::string value = std::to_string(i) + std::string(300, 'v');
    EXPECT_TRUE(db_->Put(Key(i), value).ok());
    model_[Key(i)] = value;
  }
  std::string Property(const char* name) {
    std::string text;
    EXPECT_TRUE(db_->GetProperty(name, &text));
    return text;
  }
  // Keys that answer Corruption; all others must be right.
  int CountDamaged() {
    int damaged = 0;
    for (const auto& [key, expected] : model_) {
      PinnedValue value;
      const Status status = db_->Get(key, &value);
      if (status.ok()) {
        EXPECT_EQ(value.ToString(), expected);
      } else {
        EXPECT_TRUE(status.IsCorruption()) << key << ": " << status.ToString();
        ++damaged;
      }
    }
    return damaged;
  }
  bool AllTablesAreThere() {
    for (const std::string& path : tables_) {
      if (!storage_.Exists(path)) return false;
    }
    return true;
  }

  io::SimStorage storage_;
  SimDb db_;
  std::map<std::string, std::string> model_;
  std::vector<std::string> tables_;
  std::string damaged_;
};

TEST_F(CompactionInputTest, StopsCompactionAndNothingElse) {
  ASSERT_TRUE(db_.Open(&storage_, SimDb::SmallOptions()).ok());
  const Status stopped = db_->WaitForCompaction();
  ASSERT_TRUE(stopped.IsCorruption()) << stopped.ToString();
  EXPECT_NE(stopped.message().find(damaged_), std::string_view::npos) << stopped.ToString();
  EXPECT_NE(stopped.message().find("offset 8192"), std::string_view::npos) << stopped.ToString();
  for (const char* name : {"treering.stats.json"}) {
    const std::string text = Property(name);
    EXPECT_NE(text.find("compaction_error\":\"Corruption"), std::string::npos) << text;
    EXPECT_NE(text.find(damaged_), std::string::npos) << text;
  }
  EXPECT_EQ(StatsJson(db_.db.get()).Number("work", "compactions"), 0u);
  EXPECT_TRUE(AllTablesAreThere());
  const int damaged = CountDamaged();
  EXPECT_GT(damaged, 0);
  EXPECT_LT(damaged, 20);

  // Writing goes on, over damaged keys too, and no later flush starts what would drop something.
  EXPECT_EQ(db_->state(), DbState::kHealthy);
  for (int round = 0; round < 5; ++round) {
    for (int i = 0; i < 10; ++i) Put(kCount + i);
    ASSERT_TRUE(db_->Flush().ok());
  }
  EXPECT_TRUE(db_->WaitForCompaction().IsCorruption());
  EXPECT_EQ(StatsJson(db_.db.get()).Number("work", "compactions"), 0u);
  EXPECT_EQ(CountDamaged(), damaged);
  EXPECT_TRUE(AllTablesAreThere());
  ASSERT_TRUE(db_.Close().ok());
  ASSERT_TRUE(db_.Open(&storage_, SimDb::SmallOptions()).ok());
  EXPECT_EQ(CountDamaged(), damaged);
}

// Asked for by name it says so as well; ranges without the damage are compacted all the same.
TEST_F(CompactionInputTest, AManualCompactionAnswersIt) {
  Options options = SimDb::SmallOptions();
  options.disable_auto_compactions = true;
  ASSERT_TRUE(db_.Open(&storage_, options).ok());
  const Status refused = db_->CompactRange(nullptr, nullptr);
  EXPECT_TRUE(refused.IsCorruption()) << refused.ToString();
  EXPECT_NE(refused.message().find(damaged_), std::string_view::npos);
  EXPECT_TRUE(AllTablesAreThere());
  const int damaged = CountDamaged();
  for (int i = 0; i < 20; ++i) {
    const std::string key = "other" + std::to_string(i);
    ASSERT_TRUE(db_->Put(key, "v").ok());
    model_[key] = "v";
  }
  const Slice from("other");
  const Slice to("othes");
  const Status done = db_->CompactRange(&from, &to);
  EXPECT_TRUE(done.ok()) << done.ToString();
  EXPECT_EQ(CountDamaged(), damaged);
}

}  // namespace
}  // namespace treering::testing
