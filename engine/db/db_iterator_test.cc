#include "engine/db/db_iterator.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <vector>

#include "engine/base/prng.h"

namespace treering::db {
namespace {

using key::Kind;

struct Entry {
  std::string internal;
  std::string value;
};

// A sorted vector as an InternalIterator; can be told to fail at an index.
class VectorIterator final : public key::InternalIterator {
 public:
  VectorIterator(key::KeyOrder order, const std::vector<Entry>* entries, int fails_at = -2)
      : order_(order), entries_(entries), fails_at_(fails_at) {}

  bool Valid() const override {
    return status().ok() && at_ >= 0 && at_ < static_cast<int>(entries_->size());
  }
  void SeekToFirst() override { at_ = 0; }
  void SeekToLast() override { at_ = static_cast<int>(entries_->size()) - 1; }
  void Seek(const Slice& target) override {
    at_ = 0;
    while (Valid() && order_.Compare((*entries_)[at_].internal, target) < 0) ++at_;
  }
  void SeekForPrev(const Slice& target) override {
    at_ = static_cast<int>(entries_->size()) - 1;
    while (Valid() && order_.Compare((*entries_)[at_].internal, target) > 0) --at_;
  }
  void Next() override { ++at_; }
  void Prev() override { --at_; }
  Slice key() const override { return (*entries_)[at_].internal; }
  Slice value() const override { return (*entries_)[at_].value; }
  Status status() const override {
    return at_ == fails_at_ ? Status::Corruption("planted") : Status::Ok();
  }

 private:
  const key::KeyOrder order_;
  const std::vector<Entry>* const entries_;
  const int fails_at_;
  int at_ = -1;
};

class DbIteratorTest : public testing::Test {
 protected:
  void Add(const std::string& user_key, key::Sequence sequence, Kind kind,
           const std::string& value) {
    Entry entry;
    key::AppendInternalKey(&entry.internal, user_key, key::MakeTag(sequence, kind));
    entry.value = value;
    entries_.push_back(entry);
  }
  void Sort() {
    std::sort(entries_.begin(), entries_.end(), [this](const Entry& a, const Entry& b) {
      return order_.Compare(a.internal, b.internal) < 0;
    });
  }
  std::unique_ptr<DbIterator> Make(key::Sequence sequence, std::optional<std::string> lower = {},
                                   std::optional<std::string> upper = {}, int fails_at = -2) {
    DbIterator::Source source;
    source.merge = std::make_unique<VectorIterator>(order_, &entries_, fails_at);
    source.sequence = sequence;
    source.closed = &closed_;
    source.lower = std::move(lower);
    source.upper = std::move(upper);
    return std::make_unique<DbIterator>(order_, std::move(source));
  }

  key::KeyOrder order_{BytewiseComparator()};
  std::vector<Entry> entries_;
  std::atomic<bool> closed_{false};
};

TEST_F(DbIteratorTest, ShowsTheNewestVisibleEntryOfEachKey) {
  Add("a", 1, Kind::kValue, "a1");
  Add("a", 5, Kind::kValue, "a5");
  Add("b", 2, Kind::kValue, "b2");
  Add("b", 3, Kind::kDelete, "");
  Add("c", 9, Kind::kValue, "c9");
  Sort();
  auto it = Make(4);
  it->SeekToFirst();
  ASSERT_TRUE(it->Valid());
  EXPECT_EQ(it->key(), Slice("a"));
  EXPECT_EQ(it->value(), Slice("a1"));
  it->Next();
  EXPECT_FALSE(it->Valid());
  EXPECT_TRUE(it->status().ok());
}

TEST_F(DbIteratorTest, StopsAtAnErrorAndDoesNotSkip) {
  Add("a", 1, Kind::kValue, "a");
  Add("b", 2, Kind::kValue, "b");
  Add("c", 3, Kind::kValue, "c");
  Sort();
  auto it = Make(10, {}, {}, 1);
  it->SeekToFirst();
  ASSERT_TRUE(it->Valid());
  it->Next();
  EXPECT_FALSE(it->Valid());
  EXPECT_TRUE(it->status().IsCorruption());
  it->SeekToLast();
  ASSERT_FALSE(it->Valid());  // reading "c" backwards meets the damage behind it
  EXPECT_TRUE(it->status().IsCorruption());
}

TEST_F(DbIteratorTest, AnswersAbortedOnceClosed) {
  Add("a", 1, Kind::kValue, "a");
  auto it = Make(10);
  it->SeekToFirst();
  closed_ = true;
  it->Next();
  EXPECT_FALSE(it->Valid());
  EXPECT_TRUE(it->status().IsAborted());
}

// A random walk beside a std::map of what is visible.
TEST_F(DbIteratorTest, WalksLikeAMap) {
  for (uint64_t seed = 1; seed <= 300; ++seed) {
    base::Prng prng(seed);
    entries_.clear();
    const key::Sequence shown = prng.Uniform(60);
    std::map<std::string, std::pair<key::Sequence, std::optional<std::string>>> newest;
    for (key::Sequence sequence = 1; sequence <= 60; ++sequence) {
      const std::string user_key(1, static_cast<char>('a' + prng.Uniform(12)));
      const bool is_value = !prng.OneIn(3);
      const std::string value = is_value ? "v" + std::to_string(sequence) : "";
      Add(user_key, sequence, is_value ? Kind::kValue : Kind::kDelete, value);
      if (sequence <= shown) {
        newest[user_key] = {sequence, is_value ? std::optional(value) : std::nullopt};
      }
    }
    Sort();
    std::optional<std::string> lower, upper;
    if (prng.OneIn(2)) lower = std::string(1, static_cast<char>('a' + prng.Uniform(6)));
    if (prng.OneIn(2)) upper = std::string(1, static_cast<char>('f' + prng.Uniform(8)));
    std::map<std::string, std::string> model;
    for (const auto& [k, v] : newest) {
      if (v.second && (!lower || k >= *lower) && (!upper || k < *upper)) model[k] = *v.second;
    }
    auto it = Make(shown, lower, upper);
    auto expected = model.end();
    for (int step = 0; step < 80; ++step) {
      const std::string target(1, static_cast<char>('a' + prng.Uniform(13)));
      const uint64_t op = prng.Uniform(6);
      SCOPED_TRACE("operation " + std::to_string(op) + " " + target);
      switch (op) {
        case 0:
          it->SeekToFirst();
          expected = model.begin();
          break;
        case 1:
          it->SeekToLast();
          expected = model.empty() ? model.end() : std::prev(model.end());
          break;
        case 2:
          it->Seek(target);
          expected = model.lower_bound(target);
          break;
        case 3: {
          it->SeekForPrev(target);
          auto bound = model.upper_bound(target);
          expected = bound == model.begin() ? model.end() : std::prev(bound);
          break;
        }
        case 4:
          if (expected == model.end()) continue;
          it->Next();
          ++expected;
          break;
        default:
          if (expected == model.end()) continue;
          it->Prev();
          expected = expected == model.begin() ? model.end() : std::prev(expected);
          break;
      }
      ASSERT_EQ(it->Valid(), expected != model.end()) << "seed " << seed << " step " << step;
      if (expected != model.end()) {
        ASSERT_EQ(it->key().ToString(), expected->first) << "seed " << seed << " step " << step;
        ASSERT_EQ(it->value().ToString(), expected->second) << "seed " << seed << " step " << step;
      }
    }
  }
}

}  // namespace
}  // namespace treering::db
