#include "engine/db/level_iterator.h"

#include <gtest/gtest.h>

#include <map>

#include "engine/base/prng.h"
#include "engine/compaction/job_testing.h"

namespace treering::db {
namespace {

using compaction::JobWorld;

class LevelIteratorTest : public ::testing::Test {
 protected:
  void Tables(const std::vector<std::string>& texts) {
    for (const std::string& text : texts) tables_.push_back(world_.MakeTable(1, text));
    it_ =
        NewLevelIterator(key::KeyOrder(BytewiseComparator()), tables_, &set_, world_.tables(), {});
  }
  std::string Shown() {
    if (!it_->Valid()) {
      return it_->status().ok() ? "end" : std::string(StatusCodeName(it_->status().code()));
    }
    return key::UserKey(it_->key()).ToString();
  }
  std::string Seek(const std::string& user_key) {
    it_->Seek(table::InternalKey(user_key, base::kSequenceMax));
    return Shown();
  }
  std::string SeekForPrev(const std::string& user_key) {
    it_->SeekForPrev(table::InternalKey(user_key, 0, key::Kind::kDelete));
    return Shown();
  }
  std::string Walk(bool forward) {
    std::string text;
    for (forward ? it_->SeekToFirst() : it_->SeekToLast(); it_->Valid();
         forward ? it_->Next() : it_->Prev()) {
      text += Shown();
    }
    return text + " " + Shown();
  }
  bool IsOpen(size_t i) const { return TableSet::Peek(*tables_[i]) != nullptr; }

  JobWorld world_;
  TableSet set_{world_.directory(), world_.tables()->env()};
  std::vector<manifest::TableRef> tables_;
  std::unique_ptr<key::InternalIterator> it_;
};

TEST_F(LevelIteratorTest, WalksOverAllTablesBothWays) {
  Tables({"a@1=1 c@1=1", "e@1=1", "g@1=1 i@1=1"});
  EXPECT_EQ(Walk(true), "acegi end");
  EXPECT_EQ(Walk(false), "igeca end");
}

TEST_F(LevelIteratorTest, SeeksFallBetweenTables) {
  Tables({"a@1=1 c@1=1", "e@1=1", "g@1=1 i@1=1"});
  EXPECT_EQ(Seek("d"), "e");
  EXPECT_EQ(Seek("f"), "g");
  EXPECT_EQ(Seek("j"), "end");
  EXPECT_EQ(Seek(""), "a");
  EXPECT_EQ(SeekForPrev("d"), "c");
  EXPECT_EQ(SeekForPrev("f"), "e");
  EXPECT_EQ(SeekForPrev("z"), "i");
  EXPECT_EQ(SeekForPrev("A"), "end");
  EXPECT_EQ(Seek("c"), "c");
  it_->Next();
  EXPECT_EQ(Shown(), "e");
  it_->Prev();
  EXPECT_EQ(Shown(), "c");
}

TEST_F(LevelIteratorTest, OpensATableWhenItIsNeeded) {
  Tables({"a@1=1", "e@1=1", "g@1=1"});
  EXPECT_FALSE(IsOpen(0) || IsOpen(1) || IsOpen(2));
  EXPECT_EQ(Seek("e"), "e");
  EXPECT_TRUE(IsOpen(1));
  EXPECT_FALSE(IsOpen(0) || IsOpen(2));
  it_->PrepareSeek(table::InternalKey("g", 1));
  EXPECT_TRUE(IsOpen(2));
  EXPECT_FALSE(IsOpen(0));
}

// From either side it stops there; what lies beyond is reached by a seek.
TEST_F(LevelIteratorTest, ATableThatIsGoneIsNotSkipped) {
  Tables({"a@1=1 c@1=1", "e@1=1", "g@1=1 i@1=1"});
  world_.storage.RemoveFile(JobWorld::PathOf(2));
  EXPECT_EQ(Walk(true), "ac Corruption");
  EXPECT_EQ(Walk(false), "ig Corruption");
  EXPECT_EQ(Seek("d"), "Corruption");
  EXPECT_EQ(Seek("f"), "g");
  EXPECT_TRUE(it_->status().ok());
  EXPECT_EQ(Seek("b"), "c");
}

TEST_F(LevelIteratorTest, AgreesWithAMap) {
  std::map<std::string, int> model;
  std::vector<std::string> texts;
  for (int table = 0; table < 6; ++table) {
    std::string text;
    for (int i = 0; i < 30; ++i) {
      const std::string key = std::to_string(1000 + (table * 30 + i) * 3);
      text += key + "@1=v ";
      model[key] = 1;
    }
    texts.push_back(text);
  }
  Tables(texts);
  base::Prng prng(5);
  for (int step = 0; step < 2000; ++step) {
    const std::string target = std::to_string(990 + prng.Uniform(560));
    const bool forward = prng.OneIn(2);
    auto expected = forward ? model.lower_bound(target) : model.upper_bound(target);
    bool valid = forward ? expected != model.end() : expected != model.begin();
    if (!forward && valid) --expected;
    std::string shown = forward ? Seek(target) : SeekForPrev(target);
    for (int move = 0; move < 4; ++move) {
      ASSERT_EQ(shown, valid ? expected->first : "end") << target;
      if (!valid) break;
      if (prng.OneIn(2)) {
        it_->Next();
        valid = ++expected != model.end();
      } else {
        it_->Prev();
        valid = expected != model.begin();
        if (valid) --expected;
      }
      shown = Shown();
    }
  }
}

}  // namespace
}  // namespace treering::db
