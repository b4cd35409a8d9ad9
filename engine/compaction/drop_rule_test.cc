#include "engine/compaction/drop_rule.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <optional>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include "engine/base/prng.h"
#include "engine/manifest/manifest_testing.h"

namespace treering::compaction {
namespace {

struct Entry {
  std::string user_key;
  key::Sequence sequence = 0;
  bool deletion = false;

  std::string Internal() const {
    std::string out;
    const key::Kind kind = deletion ? key::Kind::kDelete : key::Kind::kValue;
    key::AppendInternalKey(&out, user_key, key::MakeTag(sequence, kind));
    return out;
  }
  std::string Text() const { return user_key + (deletion ? "-" : "+") + std::to_string(sequence); }
};

// What a merge of "a+5 a-3 b+9" (value, deletion) keeps; `deeper` are the tables below level 1.
std::string Keep(std::string_view merge, std::vector<key::Sequence> snapshots,
                 std::string_view deeper = "", bool flush = false) {
  DeeperLevels levels(manifest::ParseVersion(deeper), 1);
  DropRule rule(std::move(snapshots), key::KeyOrder(BytewiseComparator()),
                flush ? nullptr : &levels);
  std::istringstream words{std::string(merge)};
  std::string word;
  std::string kept;
  while (words >> word) {
    const size_t sign = word.find_first_of("+-");
    const Entry entry{word.substr(0, sign), std::stoull(word.substr(sign + 1)), word[sign] == '-'};
    if (!rule.Drop(entry.Internal())) kept += (kept.empty() ? "" : " ") + word;
  }
  return kept;
}

TEST(DropRuleTest, WithoutSnapshotsTheNewestIsKept) {
  EXPECT_EQ(Keep("a+5 a+4 a+1 b+3 b+2", {}), "a+5 b+3");
}

TEST(DropRuleTest, EverySnapshotKeepsWhatItSees) {
  EXPECT_EQ(Keep("a+9 a+7 a+5 a+3 a+1", {4, 6}), "a+9 a+5 a+3");
  EXPECT_EQ(Keep("a+9 a+7 a+5", {5}), "a+9 a+5");
  EXPECT_EQ(Keep("a+9 a+7 a+5", {7, 8}), "a+9 a+7");
  EXPECT_EQ(Keep("a+9", {1, 2, 3}), "a+9");
}

TEST(DropRuleTest, DeletionsGoAtTheBottom) {
  EXPECT_EQ(Keep("a-5 a+4 b+3", {}), "b+3");
  EXPECT_EQ(Keep("a-5 a+4 b-3 c-2", {}, "L2: 1[b-b]\n"), "b-3");
  EXPECT_EQ(Keep("a-5 b-4 c-3 d-2", {}, "L2: 1[a-b]\nL4: 2[b-c]\n"), "a-5 b-4 c-3");
  EXPECT_EQ(Keep("a-5", {}, "L1: 1[a-z]\n"), "");
}

TEST(DropRuleTest, ADeletionAboveASnapshotStays) {
  EXPECT_EQ(Keep("a-9 a+5", {6}), "a-9 a+5");
  EXPECT_EQ(Keep("a-9 a-5 a+2", {6}), "a-9");
  EXPECT_EQ(Keep("a-5 a+2", {5}), "");
}

TEST(DropRuleTest, AFlushKeepsDeletions) {
  EXPECT_EQ(Keep("a-5 a+4 b+3", {}, "", true), "a-5 b+3");
}

TEST(DropRuleTest, EmptyKeysAreKeys) {
  EXPECT_EQ(Keep("+5 +4 a+3", {}), "+5 a+3");
  EXPECT_EQ(Keep("-5 +4 a+3", {}), "a+3");
}

TEST(DropRuleTest, CountsSayWhy) {
  DeeperLevels levels(manifest::ParseVersion(""), 1);
  DropRule rule({}, key::KeyOrder(BytewiseComparator()), &levels);
  for (const Entry& entry : {Entry{"a", 5, true}, Entry{"a", 4}, Entry{"b", 3}, Entry{"b", 2}}) {
    (void)rule.Drop(entry.Internal());
  }
  EXPECT_EQ(rule.counts().kept, 1u);
  EXPECT_EQ(rule.counts().hidden, 2u);
  EXPECT_EQ(rule.counts().deletions, 1u);
}

// What a read of `key` at `sequence` finds: the newest entry at or below it.
std::optional<Entry> Read(const std::vector<Entry>& entries, const std::string& key,
                          key::Sequence sequence) {
  std::optional<Entry> found;
  for (const Entry& entry : entries) {
    if (entry.user_key != key || entry.sequence > sequence) continue;
    if (!found || entry.sequence > found->sequence) found = entry;
  }
  return found;
}

// One random merge, with older entries of some keys in deeper levels.
class Model {
 public:
  explicit Model(uint64_t seed) : prng_(seed) {
    key::Sequence sequence = 1 + prng_.Uniform(3);
    for (uint64_t i = prng_.Uniform(6); i > 0; --i) deeper_.push_back(RandomEntry(&sequence));
    for (uint64_t i = prng_.Uniform(15); i > 0; --i) merge_.push_back(RandomEntry(&sequence));
    newest_ = sequence;
    std::set<key::Sequence> snapshots;
    for (uint64_t i = prng_.Uniform(4); i > 0; --i) snapshots.insert(prng_.Uniform(newest_ + 1));
    snapshots_.assign(snapshots.begin(), snapshots.end());
    std::sort(merge_.begin(), merge_.end(), [](const Entry& a, const Entry& b) {
      return a.user_key != b.user_key ? a.user_key < b.user_key : a.sequence > b.sequence;
    });
  }

  void Check() {
    manifest::VersionEdit edit;
    std::set<std::string> keys;
    for (const Entry& entry : deeper_) keys.insert(entry.user_key);
    uint64_t number = 1;
    for (const std::string& key : keys) {
      edit.added_tables.push_back(
          manifest::MakeTable(static_cast<uint32_t>(2 + number % 3), number, key, key));
      ++number;
    }
    const key::KeyOrder order(BytewiseComparator());
    auto version = manifest::Version::Empty(order)->Apply(edit);
    ASSERT_TRUE(version.ok());
    DeeperLevels levels(*version, 1);
    DropRule rule(snapshots_, order, &levels);
    std::vector<Entry> kept;
    for (const Entry& entry : merge_) {
      if (!rule.Drop(entry.Internal())) kept.push_back(entry);
    }
    for (key::Sequence at : snapshots_) CheckReads(kept, at);
    CheckReads(kept, newest_ + 1);
    CheckNeeded(kept, keys);
  }

 private:
  Entry RandomEntry(key::Sequence* sequence) {
    *sequence += 1 + prng_.Uniform(2);
    return {std::string(1, static_cast<char>('a' + prng_.Uniform(4))), *sequence, prng_.OneIn(3)};
  }

  // The same answers with the kept entries as with all.
  void CheckReads(std::vector<Entry> kept, key::Sequence at) {
    std::vector<Entry> all = merge_;
    all.insert(all.end(), deeper_.begin(), deeper_.end());
    kept.insert(kept.end(), deeper_.begin(), deeper_.end());
    for (const char* key : {"a", "b", "c", "d"}) {
      const auto before = Read(all, key, at);
      const auto after = Read(kept, key, at);
      const std::string expected = !before || before->deletion ? "none" : before->Text();
      const std::string found = !after || after->deletion ? "none" : after->Text();
      ASSERT_EQ(expected, found) << "key " << key << " at " << at;
    }
  }

  // Every kept entry is what some reader finds, and a deletion hides something or may have to.
  void CheckNeeded(const std::vector<Entry>& kept, const std::set<std::string>& deeper_keys) {
    std::vector<key::Sequence> reads = snapshots_;
    reads.push_back(newest_ + 1);
    for (const Entry& entry : kept) {
      const bool found = std::any_of(reads.begin(), reads.end(), [&](key::Sequence at) {
        const auto read = Read(merge_, entry.user_key, at);
        return read && read->sequence == entry.sequence;
      });
      ASSERT_TRUE(found) << entry.Text() << " is kept and nobody can see it";
      const bool oldest_stripe = snapshots_.empty() || entry.sequence <= snapshots_.front();
      ASSERT_FALSE(entry.deletion && oldest_stripe && !deeper_keys.contains(entry.user_key))
          << entry.Text() << " hides nothing";
    }
  }

  base::Prng prng_;
  std::vector<Entry> deeper_;
  std::vector<Entry> merge_;
  std::vector<key::Sequence> snapshots_;
  key::Sequence newest_ = 0;
};

TEST(DropRuleTest, AgreesWithAModel) {
  for (uint64_t seed = 1; seed <= 20000; ++seed) {
    Model(seed).Check();
    if (HasFatalFailure()) FAIL() << "seed " << seed;
  }
}

}  // namespace
}  // namespace treering::compaction
