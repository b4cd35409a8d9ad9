#include "engine/key/merging_iterator.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "engine/base/prng.h"

namespace treering::key {
namespace {

using Entry = std::pair<std::string, std::string>;  // internal key, value

class BackwardComparator final : public Comparator {
 public:
  std::string_view Name() const override { return "backward"; }
  int Compare(const Slice& a, const Slice& b) const override { return b.Compare(a); }
};

// What happened in which order, over all children of a test.
struct Journal {
  int prepares = 0;
  int prepares_after_seek = 0;
  bool sought = false;
};

class VectorIterator final : public InternalIterator {
 public:
  VectorIterator(KeyOrder order, std::vector<Entry> entries, Journal* journal = nullptr,
                 int error_at = -1)
      : order_(order), entries_(std::move(entries)), journal_(journal), error_at_(error_at) {}

  bool Valid() const override {
    return status().ok() && at_ >= 0 && at_ < static_cast<int>(entries_.size());
  }
  void SeekToFirst() override { at_ = 0; }
  void SeekToLast() override { at_ = static_cast<int>(entries_.size()) - 1; }
  void Seek(const Slice& target) override {
    NoteSeek();
    at_ = 0;
    while (Inside() && order_.Compare(Present(), target) < 0) ++at_;
  }
  void SeekForPrev(const Slice& target) override {
    NoteSeek();
    SeekToLast();
    while (Inside() && order_.Compare(Present(), target) > 0) --at_;
  }
  void Next() override {
    ASSERT_TRUE(Valid());
    ++at_;
  }
  void Prev() override {
    ASSERT_TRUE(Valid());
    --at_;
  }
  Slice key() const override { return Present(); }
  Slice value() const override { return entries_[static_cast<size_t>(at_)].second; }
  Status status() const override {
    return error_at_ >= 0 && at_ == error_at_ ? Status::IoError("planted") : Status::Ok();
  }
  void PrepareSeek(const Slice&) override {
    if (journal_ == nullptr) return;
    ++journal_->prepares;
    if (journal_->sought) ++journal_->prepares_after_seek;
  }

 private:
  bool Inside() const { return at_ >= 0 && at_ < static_cast<int>(entries_.size()); }
  Slice Present() const { return entries_[static_cast<size_t>(at_)].first; }
  void NoteSeek() {
    if (journal_ != nullptr) journal_->sought = true;
  }

  const KeyOrder order_;
  const std::vector<Entry> entries_;
  Journal* const journal_;
  const int error_at_;
  int at_ = -1;
};

std::string InternalKey(const Slice& user_key, Sequence sequence) {
  std::string out;
  AppendInternalKey(&out, user_key, MakeTag(sequence, Kind::kValue));
  return out;
}

class MergeTest : public testing::Test {
 protected:
  void Sort(std::vector<Entry>* entries) const {
    std::stable_sort(entries->begin(), entries->end(), [this](const Entry& a, const Entry& b) {
      return order_.Compare(a.first, b.first) < 0;
    });
  }

  // `count` children with entries of their own; keys over few bytes, some longer than a head.
  void MakeChildren(base::Prng* prng, size_t count, bool with_equal_keys) {
    lists_.assign(count, {});
    const uint64_t entries = prng->Uniform(60);
    for (uint64_t i = 0; i < entries; ++i) {
      std::string user_key(prng->OneIn(3) ? 9 : 0, 'p');
      user_key.append(prng->Uniform(3), static_cast<char>('a' + prng->Uniform(4)));
      const std::string key = InternalKey(user_key, with_equal_keys ? prng->Uniform(3) : i);
      const size_t child = prng->Uniform(count);
      const auto same = [&key](const Entry& entry) { return entry.first == key; };
      if (std::any_of(lists_[child].begin(), lists_[child].end(), same)) continue;
      lists_[child].emplace_back(key, "v" + std::to_string(i));
    }
    expected_.clear();
    for (std::vector<Entry>& list : lists_) {
      Sort(&list);
      expected_.insert(expected_.end(), list.begin(), list.end());
    }
    Sort(&expected_);  // stable: equal keys in the order of the children
  }

  std::unique_ptr<InternalIterator> Merge(Journal* journal = nullptr) const {
    std::vector<std::unique_ptr<InternalIterator>> children;
    for (const auto& list : lists_) {
      children.push_back(std::make_unique<VectorIterator>(order_, list, journal));
    }
    return NewMergingIterator(order_, std::move(children));
  }

  void ExpectAt(const InternalIterator& merge, int at) const {
    ASSERT_TRUE(merge.status().ok());
    ASSERT_EQ(merge.Valid(), at >= 0 && at < static_cast<int>(expected_.size()));
    if (!merge.Valid()) return;
    EXPECT_EQ(merge.key().ToString(), expected_[static_cast<size_t>(at)].first);
    EXPECT_EQ(merge.value().ToString(), expected_[static_cast<size_t>(at)].second);
  }

  // Seeks, steps and turns at random, beside the model.
  void Wander(base::Prng* prng, InternalIterator* merge, int steps) {
    const int end = static_cast<int>(expected_.size());
    int at = -1;
    for (int i = 0; i < steps && !HasFailure(); ++i) {
      const bool valid = at >= 0 && at < end;
      switch (prng->Uniform(valid ? 12 : 4)) {
        case 0:
          merge->SeekToFirst();
          at = 0;
          break;
        case 1:
          merge->SeekToLast();
          at = end - 1;
          break;
        case 2: {
          const std::string target = RandomTarget(prng);
          merge->Seek(target);
          for (at = 0; at < end && Compare(at, target) < 0;) ++at;
          break;
        }
        case 3: {
          const std::string target = RandomTarget(prng);
          merge->SeekForPrev(target);
          for (at = end - 1; at >= 0 && Compare(at, target) > 0;) --at;
          break;
        }
        case 4:
        case 5:
        case 6:
        case 7:
          merge->Next();
          ++at;
          break;
        default:
          merge->Prev();
          --at;
          break;
      }
      ExpectAt(*merge, at);
    }
  }

  std::string RandomTarget(base::Prng* prng) const {
    if (!expected_.empty() && prng->OneIn(2))
      return expected_[prng->Uniform(expected_.size())].first;
    return InternalKey(std::string(prng->Uniform(3), static_cast<char>('a' + prng->Uniform(5))),
                       prng->Uniform(60));
  }
  int Compare(int at, const std::string& target) const {
    return order_.Compare(expected_[static_cast<size_t>(at)].first, target);
  }

  KeyOrder order_{BytewiseComparator()};
  std::vector<std::vector<Entry>> lists_;
  std::vector<Entry> expected_;
};

TEST_F(MergeTest, WandersAsTheSortedWhole) {
  for (uint64_t seed = 0; seed < 400 && !HasFailure(); ++seed) {
    SCOPED_TRACE(seed);
    base::Prng prng(seed);
    MakeChildren(&prng, 2 + prng.Uniform(9), false);
    Wander(&prng, Merge().get(), 100);
  }
}

TEST_F(MergeTest, EqualKeysShowOnceEachInTheOrderOfTheChildren) {
  for (uint64_t seed = 0; seed < 400 && !HasFailure(); ++seed) {
    SCOPED_TRACE(seed);
    base::Prng prng(seed);
    MakeChildren(&prng, 2 + prng.Uniform(4), true);
    const auto merge = Merge();
    int at = 0;
    for (merge->SeekToFirst(); merge->Valid(); merge->Next()) ExpectAt(*merge, at++);
    EXPECT_EQ(at, static_cast<int>(expected_.size()));
    for (merge->SeekToLast(); merge->Valid(); merge->Prev()) ExpectAt(*merge, --at);
    EXPECT_EQ(at, 0);
    // Seeks may stop anywhere among equals, so only steps and turns are compared.
    merge->SeekToFirst();
    for (int i = 0; i < 100 && merge->Valid() && !HasFailure(); ++i) {
      if (prng.OneIn(3)) {
        merge->Prev();
        --at;
      } else {
        merge->Next();
        ++at;
      }
      ExpectAt(*merge, at);
    }
  }
}

TEST_F(MergeTest, HoldsForAnotherComparator) {
  const BackwardComparator backward;
  order_ = KeyOrder(&backward);
  for (uint64_t seed = 0; seed < 100 && !HasFailure(); ++seed) {
    SCOPED_TRACE(seed);
    base::Prng prng(seed);
    MakeChildren(&prng, 2 + prng.Uniform(5), false);
    Wander(&prng, Merge().get(), 100);
  }
}

TEST_F(MergeTest, OneChildComesBackItself) {
  auto child = std::make_unique<VectorIterator>(order_, std::vector<Entry>());
  const InternalIterator* const raw = child.get();
  std::vector<std::unique_ptr<InternalIterator>> children;
  children.push_back(std::move(child));
  EXPECT_EQ(NewMergingIterator(order_, std::move(children)).get(), raw);
}

TEST_F(MergeTest, NoChildIsAnEmptyStream) {
  const auto merge = NewMergingIterator(order_, {});
  merge->SeekToFirst();
  EXPECT_FALSE(merge->Valid());
  merge->Seek(InternalKey("a", 1));
  EXPECT_FALSE(merge->Valid());
  EXPECT_TRUE(merge->status().ok());
}

TEST_F(MergeTest, AllChildrenPrepareBeforeOneSeeks) {
  base::Prng prng(6);
  MakeChildren(&prng, 5, false);
  Journal journal;
  const auto merge = Merge(&journal);
  merge->Seek(InternalKey("b", 5));
  EXPECT_EQ(journal.prepares, 5);
  EXPECT_EQ(journal.prepares_after_seek, 0);
  ASSERT_TRUE(merge->Valid());
  journal = Journal();
  merge->Prev();  // a turn: all but the present child seek
  EXPECT_EQ(journal.prepares, 4);
  EXPECT_EQ(journal.prepares_after_seek, 0);
}

TEST_F(MergeTest, AChildsErrorStopsTheMergeWhereItIs) {
  // One child fails at each of its places in turn; before that the merge shows what the model does.
  for (int error_at = 0; error_at < 6; ++error_at) {
    std::vector<Entry> even;
    std::vector<Entry> odd;
    for (int i = 0; i < 6; ++i) {
      even.emplace_back(InternalKey(std::string(1, static_cast<char>('a' + 2 * i)), 1), "");
      odd.emplace_back(InternalKey(std::string(1, static_cast<char>('b' + 2 * i)), 1), "");
    }
    std::vector<std::unique_ptr<InternalIterator>> children;
    children.push_back(std::make_unique<VectorIterator>(order_, even));
    children.push_back(std::make_unique<VectorIterator>(order_, odd, nullptr, error_at));
    const auto merge = NewMergingIterator(order_, std::move(children));

    int shown = 0;
    for (merge->SeekToFirst(); merge->Valid(); merge->Next()) ++shown;
    EXPECT_EQ(shown, 2 * error_at) << error_at;
    EXPECT_TRUE(merge->status().IsIoError());

    shown = 0;
    for (merge->SeekToLast(); merge->Valid(); merge->Prev()) ++shown;
    EXPECT_EQ(shown, error_at == 5 ? 0 : 9 - 2 * error_at) << error_at;
    EXPECT_TRUE(merge->status().IsIoError());

    // A turn meets it too; a seek elsewhere starts anew.
    merge->Seek(odd[error_at == 0 ? 5 : 0].first);
    EXPECT_TRUE(merge->Valid());
    EXPECT_TRUE(merge->status().ok());
    merge->Seek(odd[static_cast<size_t>(error_at)].first);
    EXPECT_FALSE(merge->Valid());
    EXPECT_TRUE(merge->status().IsIoError());
  }
}

TEST_F(MergeTest, ATurnThatMeetsAnErrorStops) {
  std::vector<std::unique_ptr<InternalIterator>> children;
  children.push_back(std::make_unique<VectorIterator>(
      order_, std::vector<Entry>{{InternalKey("b", 1), ""}, {InternalKey("d", 1), ""}}));
  children.push_back(std::make_unique<VectorIterator>(
      order_, std::vector<Entry>{{InternalKey("a", 1), ""}, {InternalKey("e", 1), ""}}, nullptr,
      0));
  const auto merge = NewMergingIterator(order_, std::move(children));
  merge->Seek(InternalKey("c", 1));
  ASSERT_TRUE(merge->Valid());
  merge->Prev();  // "b" is there, but "a" cannot be read
  EXPECT_FALSE(merge->Valid());
  EXPECT_TRUE(merge->status().IsIoError());
}

}  // namespace
}  // namespace treering::key
