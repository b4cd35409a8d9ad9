#include "bench/generators.h"

#include <set>

#include <gtest/gtest.h>

namespace treering::bench {
namespace {

TEST(GeneratorsTest, KeysAreBigEndianAndPadded) {
  EXPECT_EQ(KeyMaker(16).Make(0x0102030405060708ull).ToString(),
            std::string("\1\2\3\4\5\6\7\10") + "00000000");
  EXPECT_EQ(KeyMaker(8).Make(258).ToString(), std::string("\0\0\0\0\0\0\1\2", 8));
  EXPECT_EQ(KeyMaker(2).Make(0x10203).ToString(), std::string("\2\3"));
}

TEST(GeneratorsTest, KeysSortAsTheirNumbers) {
  KeyMaker maker(16);
  std::string last = maker.Make(0).ToString();
  for (uint64_t number = 1; number < 100000; number += 97) {
    const std::string key = maker.Make(number).ToString();
    EXPECT_LT(last, key);
    last = key;
  }
}

TEST(GeneratorsTest, ValuesRepeatByTheRatio) {
  const ValueBytes bytes(1, 0.5, 100);
  ValueSource source(bytes, 100);
  for (int i = 0; i < 20000; ++i) {  // passes the end of the bytes
    const std::string value = source.Next().ToString();
    ASSERT_EQ(value.size(), 100u);
    ASSERT_EQ(value.substr(0, 50), value.substr(50));
  }
  EXPECT_NE(source.Next().ToString(), source.Next().ToString());
}

TEST(GeneratorsTest, ValuesMayBeLargerThanTheBytesOrEmpty) {
  const ValueBytes bytes(1, 1.0, 3 << 20);
  ValueSource source(bytes, 3 << 20);
  EXPECT_EQ(source.Next().size(), 3u << 20);
  EXPECT_EQ(source.Next().size(), 3u << 20);
  EXPECT_EQ(ValueSource(bytes, 0).Next().size(), 0u);
}

TEST(GeneratorsTest, PermutationTakesEachNumberOnce) {
  for (const uint64_t count : {1, 2, 3, 15, 16, 17, 1000, 4097}) {
    const Permutation permutation(count, 7);
    std::set<uint64_t> seen;
    for (uint64_t i = 0; i < count; ++i) seen.insert(permutation.At(i));
    EXPECT_EQ(seen.size(), count);
    EXPECT_EQ(*seen.rbegin(), count - 1);
  }
}

TEST(GeneratorsTest, PermutationIsNotTheOrderOfTheNumbers) {
  const Permutation permutation(1000, 7);
  int rising = 0;
  for (uint64_t i = 1; i < 1000; ++i) rising += permutation.At(i - 1) < permutation.At(i) ? 1 : 0;
  EXPECT_GT(rising, 400);
  EXPECT_LT(rising, 600);
}

}  // namespace
}  // namespace treering::bench
