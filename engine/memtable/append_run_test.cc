#include "engine/memtable/append_run.h"

#include <gtest/gtest.h>

#include <map>
#include <string>
#include <utility>

#include "engine/base/prng.h"

namespace treering::memtable {
namespace {

using key::Kind;
using key::Sequence;

// Counts what is out, and gives nothing more once it is closed.
class CountedSource final : public base::BlockSource {
 public:
  std::byte* Allocate(size_t bytes) override {
    if (closed) return nullptr;
    out += bytes;
    return base::HeapBlockSource()->Allocate(bytes);
  }
  void Free(std::byte* block, size_t bytes) override {
    out -= bytes;
    base::HeapBlockSource()->Free(block, bytes);
  }
  bool closed = false;
  uint64_t out = 0;
};

const key::KeyOrder kBytewise{BytewiseComparator()};

std::string Target(const std::string& user_key, Sequence sequence) {
  std::string out;
  key::AppendInternalKey(&out, user_key, key::SeekTag(sequence));
  return out;
}

std::string Text(const key::InternalIterator& it) {
  if (!it.Valid()) return "end";
  const uint64_t tag = key::Tag(it.key());
  return key::UserKey(it.key()).ToString() + "@" + std::to_string(key::TagSequence(tag)) +
         (key::TagKind(tag) == Kind::kDelete ? " deleted" : "=" + it.value().ToString());
}

TEST(AppendRunTest, RecordsComeOutByKeyAndNewestFirst) {
  CountedSource source;
  AppendRun run(kBytewise, &source);
  ASSERT_TRUE(run.Add(1, Kind::kValue, "pear", "green"));
  ASSERT_TRUE(run.Add(2, Kind::kValue, "apple", "red"));
  ASSERT_TRUE(run.Add(3, Kind::kDelete, "pear", ""));
  ASSERT_TRUE(run.Add(4, Kind::kValue, "", ""));
  run.Sort();
  EXPECT_EQ(run.EntryCount(), 4u);
  std::string text;
  const auto it = run.NewIterator();
  for (it->SeekToFirst(); it->Valid(); it->Next()) text += Text(*it) + ", ";
  EXPECT_EQ(text, "@4=, apple@2=red, pear@3 deleted, pear@1=green, ");
  it->SeekToLast();
  EXPECT_EQ(Text(*it), "pear@1=green");
  it->Prev();
  EXPECT_EQ(Text(*it), "pear@3 deleted");
  it->Seek(Target("pear", 2));
  EXPECT_EQ(Text(*it), "pear@1=green");
  it->Seek(Target("zebra", 1));
  EXPECT_EQ(Text(*it), "end");
  it->SeekForPrev(Target("banana", 9));
  EXPECT_EQ(Text(*it), "apple@2=red");
  it->SeekToFirst();
  it->Prev();
  EXPECT_EQ(Text(*it), "end");
}

TEST(AppendRunTest, AnEmptyRunHasNothing) {
  CountedSource source;
  AppendRun run(kBytewise, &source);
  run.Sort();
  const auto it = run.NewIterator();
  for (const bool first : {true, false}) {
    first ? it->SeekToFirst() : it->SeekToLast();
    EXPECT_FALSE(it->Valid());
  }
  EXPECT_EQ(source.out, 0u);
}

// Keys of every length with shared beginnings, values from nothing to more than a piece.
TEST(AppendRunTest, AgreesWithAMapOfRandomRecords) {
  CountedSource source;
  {
    base::Prng random(7);
    AppendRun run(kBytewise, &source);
    std::map<std::pair<std::string, Sequence>, std::string> expected;
    for (Sequence sequence = 1; sequence <= 20000; ++sequence) {
      std::string user_key(random.Uniform(12), 'k');
      user_key += std::to_string(random.Uniform(500));
      std::string value(random.Uniform(40), 'v');
      if (random.Uniform(4000) == 0) value.resize((1u << 20) + 1, 'w');
      ASSERT_TRUE(run.Add(sequence, Kind::kValue, user_key, value));
      expected[{user_key, UINT64_MAX - sequence}] = value;
    }
    run.Sort();
    const auto it = run.NewIterator();
    it->SeekToFirst();
    for (const auto& [place, value] : expected) {
      ASSERT_TRUE(it->Valid());
      ASSERT_EQ(key::UserKey(it->key()), Slice(place.first));
      ASSERT_EQ(key::TagSequence(key::Tag(it->key())), UINT64_MAX - place.second);
      ASSERT_EQ(it->value(), Slice(value));
      it->Next();
    }
    EXPECT_FALSE(it->Valid());
  }
  EXPECT_EQ(source.out, 0u);
}

TEST(AppendRunTest, AnOrderOfItsOwnDecidesAlone) {
  class Backwards final : public Comparator {
   public:
    std::string_view Name() const override { return "backwards"; }
    int Compare(const Slice& a, const Slice& b) const override { return b.Compare(a); }
  } backwards;
  CountedSource source;
  AppendRun run(key::KeyOrder(&backwards), &source);
  ASSERT_TRUE(run.Add(1, Kind::kValue, "a", ""));
  ASSERT_TRUE(run.Add(2, Kind::kValue, "b", ""));
  ASSERT_TRUE(run.Add(3, Kind::kValue, "a", ""));
  run.Sort();
  std::string text;
  const auto it = run.NewIterator();
  for (it->SeekToFirst(); it->Valid(); it->Next()) text += Text(*it) + " ";
  EXPECT_EQ(text, "b@2= a@3= a@1= ");
}

TEST(AppendRunTest, WithoutMemoryNothingChanges) {
  CountedSource source;
  AppendRun run(kBytewise, &source);
  source.closed = true;
  EXPECT_FALSE(run.Add(1, Kind::kValue, "b", "1"));
  source.closed = false;
  ASSERT_TRUE(run.Add(1, Kind::kValue, "b", "1"));
  source.closed = true;
  EXPECT_FALSE(run.Add(2, Kind::kValue, "a", std::string(100000, 'x')));
  EXPECT_EQ(run.EntryCount(), 1u);
  // What is there can be put in order without asking for more.
  run.Sort();
  const auto it = run.NewIterator();
  it->SeekToFirst();
  EXPECT_EQ(Text(*it), "b@1=1");
}

}  // namespace
}  // namespace treering::memtable
