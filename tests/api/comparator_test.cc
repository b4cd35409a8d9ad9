// A comparator of the program that throws where it must not: the call answers Failed and says whose
// exception it was; nothing ends the process or hangs, and nothing acknowledged is lost.
#include <gtest/gtest.h>

#include <atomic>
#include <stdexcept>
#include <string>

#include "tests/support/sim_db.h"

namespace treering::testing {
namespace {

class Throwing final : public Comparator {
 public:
  std::string_view Name() const override { return "test.throwing"; }
  int Compare(const Slice& a, const Slice& b) const override {
    if (throws) throw std::runtime_error("the program's own");
    return BytewiseComparator()->Compare(a, b);
  }

  std::atomic<bool> throws{false};
};

class ComparatorTest : public ::testing::Test {
 protected:
  void Open() {
    Options options = SimDb::SmallOptions();
    options.comparator = &comparator_;
    options.level0_trigger = 64;  // no compaction but those a test asks for: they would throw too
    const Status opened = db_.Open(&storage_, options);
    ASSERT_TRUE(opened.ok()) << opened.ToString();
  }
  void Fill() {
    Open();
    for (int i = 0; i < 20; ++i) {
      ASSERT_TRUE(db_->Put("key" + std::to_string(i), "value").ok());
      if (i % 7 == 6) {
        ASSERT_TRUE(db_->Flush().ok());
      }
    }
  }
  static void ExpectNamed(const Status& status) {
    EXPECT_TRUE(status.IsFailed()) << status.ToString();
    EXPECT_NE(status.message().find("comparator"), std::string_view::npos) << status.ToString();
  }
  void ExpectAllThere(size_t least) {
    comparator_.throws = false;
    (void)db_.Close();
    Open();
    Content content;
    const Status read = ReadAll(db_.db.get(), &content);
    EXPECT_TRUE(read.ok()) << read.ToString();
    EXPECT_GE(content.size(), least);
  }

  Throwing comparator_;
  io::SimStorage storage_;
  SimDb db_;
};

TEST_F(ComparatorTest, ReadsAnswerFailedAndGoOnAfterwards) {
  Fill();
  PinnedValue value;
  const auto it = db_->NewIterator();
  comparator_.throws = true;
  ExpectNamed(db_->Get("key3", &value));
  it->Seek("key3");
  EXPECT_FALSE(it->Valid());
  ExpectNamed(it->status());
  comparator_.throws = false;
  EXPECT_TRUE(db_->Get("key3", &value).ok());
  it->Seek("key3");
  EXPECT_TRUE(it->Valid());
  EXPECT_EQ(db_->state(), DbState::kHealthy);
}

TEST_F(ComparatorTest, AWriteEndsTheDatabaseAndLosesNothing) {
  for (const auto durability : {Durability::kMemory, Durability::kDisk}) {
    Fill();
    comparator_.throws = true;
    ExpectNamed(db_->Put("key99", "value", {durability}));
    EXPECT_EQ(db_->state(), DbState::kFailed);
    ExpectNamed(db_->Put("key98", "value", {durability}));
    ExpectAllThere(20);
  }
}

TEST_F(ComparatorTest, ACompactionEndsTheDatabaseAndLosesNothing) {
  Fill();
  ASSERT_TRUE(db_->Flush().ok());
  comparator_.throws = true;
  ExpectNamed(db_->CompactRange(nullptr, nullptr));
  ExpectAllThere(20);
}

}  // namespace
}  // namespace treering::testing
