// What GetProperty says: all that its documentation lists, and never a key or a value.
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "tests/support/sim_db.h"

namespace treering::testing {
namespace {

constexpr const char* kNames[] = {"stats",   "stats.json", "levels", "sstables",
                                  "options", "facts",      "state",  "num-files-at-level0"};

class PropertiesTest : public ::testing::Test {
 protected:
  void SetUp() override {
    Options options = SimDb::SmallOptions();
    options.disable_auto_compactions = true;
    ASSERT_TRUE(db_.Open(&storage_, options).ok());
    for (int i = 0; i < 10; ++i) Put(i);
    ASSERT_TRUE(db_->CompactRange(nullptr, nullptr).ok());
    for (int i = 10; i < 15; ++i) Put(i);
    ASSERT_TRUE(db_->Delete("secretkey3").ok());
    ASSERT_TRUE(db_->Flush().ok());
    Put(15);
  }
  void Put(int i) { ASSERT_TRUE(db_->Put("secretkey" + std::to_string(i), "hiddenvalue").ok()); }
  std::string Property(const std::string& name) {
    std::string text;
    EXPECT_TRUE(db_->GetProperty("treering." + name, &text)) << name;
    return text;
  }

  io::SimStorage storage_;
  SimDb db_;
};

TEST_F(PropertiesTest, NoneShowsKeysOrValues) {
  for (const char* name : kNames) {
    const std::string text = Property(name);
    EXPECT_FALSE(text.empty()) << name;
    EXPECT_EQ(text.find("secretkey"), std::string::npos) << name;
    EXPECT_EQ(text.find("hiddenvalue"), std::string::npos) << name;
  }
}

TEST_F(PropertiesTest, UnknownNamesAreRefused) {
  std::string text = "before";
  for (const char* name :
       {"treering.nosuch", "treering.", "", "stats", "rocksdb.stats", "treering.num-files-at-level",
        "treering.num-files-at-level7", "treering.num-files-at-level-1",
        "treering.num-files-at-level1x", "treering.num-files-at-level99999999999999999999"}) {
    EXPECT_FALSE(db_->GetProperty(name, &text)) << name;
  }
}

TEST_F(PropertiesTest, FilesAreCountedByLevel) {
  EXPECT_EQ(Property("num-files-at-level0"), "1");
  EXPECT_EQ(Property("num-files-at-level6"), "1");
  EXPECT_EQ(Property("num-files-at-level3"), "0");
}

TEST_F(PropertiesTest, TheJsonHoldsWhatIsDocumented) {
  const auto snapshot = db_->GetSnapshot();
  ASSERT_TRUE(db_->WaitForCompaction().ok());  // a job counts itself when its work is done
  const auto json = nlohmann::json::parse(Property("stats.json"), nullptr, false);
  ASSERT_FALSE(json.is_discarded());
  std::vector<std::string> names;
  for (const auto& [name, value] : json.items()) names.push_back(name);
  std::sort(names.begin(), names.end());
  EXPECT_EQ(names, (std::vector<std::string>{"cause", "database_id", "generation", "io",
                                             "last_sequence", "levels", "memory", "recovery",
                                             "snapshots", "stalls", "state", "work"}));
  EXPECT_EQ(json["state"], "Healthy");
  EXPECT_EQ(json["cause"], "");
  EXPECT_EQ(json["last_sequence"], 17u);
  EXPECT_EQ(json["snapshots"], 1u);
  EXPECT_EQ(json["work"]["flushes"], 2u);
  EXPECT_EQ(json["work"]["compactions"], 1u);
  EXPECT_EQ(json["work"]["compaction_error"], "");
  ASSERT_EQ(json["levels"].size(), 7u);
  EXPECT_EQ(json["levels"][0]["tables"], 1u);
  EXPECT_EQ(json["levels"][0]["entries"], 6u);
  EXPECT_EQ(json["levels"][0]["deletions"], 1u);
  EXPECT_EQ(json["levels"][6]["entries"], 10u);
  EXPECT_EQ(json["io"]["driver"], "sim");
  EXPECT_GT(json["io"]["bytes_written"], 0u);
  EXPECT_GT(json["memory"]["used_bytes"], 0u);
  EXPECT_EQ(json["memory"]["budget_bytes"], 32u << 20);
}

TEST_F(PropertiesTest, MemoryNamesTheOldestIterator) {
  const auto memory = [this] { return nlohmann::json::parse(Property("stats.json"))["memory"]; };
  EXPECT_EQ(memory()["iterators"], 0u);
  EXPECT_EQ(memory()["oldest_iterator_nanos"], 0u);
  const auto it = db_->NewIterator();
  const auto later = db_->NewIterator();
  EXPECT_EQ(memory()["iterators"], 2u);
  EXPECT_GT(memory()["oldest_iterator_nanos"], 0u);
}

TEST_F(PropertiesTest, AViewHasThemToo) {
  Options options = SimDb::SmallOptions();
  options.create_if_missing = false;
  options.read_only = true;
  SimDb view;
  ASSERT_TRUE(view.Open(&storage_, options).ok());
  for (const char* name : kNames) {
    std::string text;
    EXPECT_TRUE(view->GetProperty(std::string("treering.") + name, &text)) << name;
  }
  std::string text;
  ASSERT_TRUE(view->GetProperty("treering.options", &text));
  EXPECT_NE(text.find("read_only=true"), std::string::npos);
}

}  // namespace
}  // namespace treering::testing
