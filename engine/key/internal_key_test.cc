#include "engine/key/internal_key.h"

#include <gtest/gtest.h>

#include <string>

#include "engine/base/prng.h"

namespace treering::key {
namespace {

std::string Encode(const Slice& user_key, Sequence sequence, Kind kind) {
  std::string out;
  AppendInternalKey(&out, user_key, MakeTag(sequence, kind));
  return out;
}

int Sign(int r) { return r < 0 ? -1 : (r > 0 ? 1 : 0); }

// Short keys over few bytes, so that prefixes, zeros and equal keys are common.
std::string ShortKey(base::Prng* prng) {
  static constexpr char kBytes[] = {'\0', 'a', '\x7f', '\x80', '\xff'};
  std::string key(prng->Uniform(12), '\0');
  for (char& byte : key) byte = kBytes[prng->Uniform(sizeof kBytes)];
  return key;
}

class BackwardComparator final : public Comparator {
 public:
  std::string_view Name() const override { return "backward"; }
  int Compare(const Slice& a, const Slice& b) const override { return b.Compare(a); }
};

TEST(InternalKeyTest, PartsComeBack) {
  const std::string encoded = Encode("user", base::kSequenceMax, Kind::kValue);
  EXPECT_EQ(encoded.size(), 4 + kTagBytes);
  EXPECT_EQ(UserKey(encoded), Slice("user"));
  EXPECT_EQ(TagSequence(Tag(encoded)), base::kSequenceMax);
  EXPECT_EQ(TagKind(Tag(encoded)), Kind::kValue);
}

TEST(InternalKeyTest, BytesAreThoseOfTheFormat) {
  EXPECT_EQ(Encode("k", 0x0102, Kind::kValue), std::string("k\x01\x02\x01\0\0\0\0\0", 9));
}

TEST(InternalKeyTest, NewestFirstAndTheSeekKeyBeforeAll) {
  const KeyOrder order(BytewiseComparator());
  const std::string newer = Encode("k", 8, Kind::kDelete);
  const std::string older = Encode("k", 7, Kind::kValue);
  std::string seek;
  AppendInternalKey(&seek, "k", SeekTag(8));
  EXPECT_LT(order.Compare(seek, newer), 0);
  EXPECT_LT(order.Compare(newer, older), 0);
  EXPECT_GT(order.Compare(older, seek), 0);
  EXPECT_EQ(order.Compare(newer, newer), 0);
  EXPECT_LT(order.Compare(Encode("", 1, Kind::kValue), newer), 0);
}

TEST(InternalKeyTest, HeadsAgreeWithBytewiseOrder) {
  base::Prng prng(1);
  int equal_heads = 0;
  for (int i = 0; i < 20'000; ++i) {
    const std::string a = ShortKey(&prng);
    const std::string b = ShortKey(&prng);
    const int expected = Sign(Slice(a).Compare(b));
    if (KeyHead(a) != KeyHead(b)) {
      EXPECT_EQ(KeyHead(a) < KeyHead(b) ? -1 : 1, expected);
    } else {
      EXPECT_EQ(Sign(CompareBeyondHead(a, b)), expected);
      ++equal_heads;
    }
  }
  EXPECT_GT(equal_heads, 100);
}

TEST(InternalKeyTest, CompareOfEqualHeadsIsCompare) {
  const BackwardComparator backward;
  base::Prng prng(2);
  for (const Comparator* comparator :
       {BytewiseComparator(), static_cast<const Comparator*>(&backward)}) {
    const KeyOrder order(comparator);
    EXPECT_EQ(order.bytewise(), comparator == BytewiseComparator());
    for (int i = 0; i < 20'000; ++i) {
      const std::string a = Encode(ShortKey(&prng), prng.Uniform(3), Kind::kValue);
      const std::string b = Encode(ShortKey(&prng), prng.Uniform(3), Kind::kValue);
      if (order.Head(UserKey(a)) != order.Head(UserKey(b))) continue;
      EXPECT_EQ(Sign(order.CompareOfEqualHeads(a, b)), Sign(order.Compare(a, b)));
    }
  }
}

TEST(InternalKeyTest, AnotherComparatorKeepsNewestFirst) {
  const BackwardComparator backward;
  const KeyOrder order(&backward);
  EXPECT_GT(order.Compare(Encode("a", 1, Kind::kValue), Encode("b", 1, Kind::kValue)), 0);
  EXPECT_LT(order.Compare(Encode("a", 2, Kind::kValue), Encode("a", 1, Kind::kValue)), 0);
  EXPECT_EQ(order.Head("abc"), 0u);
}

}  // namespace
}  // namespace treering::key
