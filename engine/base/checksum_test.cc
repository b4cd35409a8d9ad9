#include "engine/base/checksum.h"

#include <gtest/gtest.h>
#include <xxhash.h>  // the system's library: an independent implementation of the same sums

#include <set>
#include <string>
#include <vector>

namespace treering::base {
namespace {

// Lengths on both sides of each branch of XXH3.
const std::vector<size_t> kLengths = {0,   1,   3,   4,   8,    9,    16,   17,   128,  129,
                                      240, 241, 512, 513, 1024, 1025, 4096, 4097, 65536};

std::string Pattern(size_t bytes) {
  std::string text(bytes, '\0');
  for (size_t i = 0; i < bytes; ++i) text[i] = static_cast<char>(i * 131 + (i >> 8));
  return text;
}

TEST(ChecksumTest, SystemLibraryAgreesAtEveryLength) {
  for (const size_t length : kLengths) {
    const std::string text = Pattern(length);
    for (const uint64_t seed : {uint64_t{0}, uint64_t{1}, uint64_t{0x9e3779b97f4a7c15}}) {
      EXPECT_EQ(Xxh3(text.data(), length, seed), XXH3_64bits_withSeed(text.data(), length, seed))
          << length;
      const XXH128_hash_t expected = XXH3_128bits_withSeed(text.data(), length, seed);
      const Sum128 found = Xxh3_128(text.data(), length, seed);
      EXPECT_EQ(found.lo, expected.low64) << length;
      EXPECT_EQ(found.hi, expected.high64) << length;
    }
  }
}

TEST(ChecksumTest, StoredVectorsHold) {
  EXPECT_EQ(Xxh3("", 0, 0), 0x2d06800538d394c2ull);
  EXPECT_EQ(Xxh3("treering", 8, 0), 0x9560bb1d811817bcull);
  EXPECT_EQ(Xxh3("treering", 8, 7), 0x9ff41e538373a3b3ull);
  const std::string page = Pattern(4096);
  EXPECT_EQ(Xxh3(page.data(), page.size(), 7), 0x45d7ede448056be6ull);
  EXPECT_EQ(Xxh3_128(page.data(), page.size(), 7),
            (Sum128{.lo = 0x45d7ede448056be6, .hi = 0xdb145c12004abd6f}));
  const Id128 id{.lo = 0x0123456789abcdef, .hi = 0xfedcba9876543210};
  EXPECT_EQ(SeedOf(id, 1, 2, 3), 0x04844b1e00a13c46ull);
  EXPECT_EQ(SeedOf(Id128{}, 0), 0x114ddfda264d5aa9ull);
}

TEST(ChecksumTest, AContextIsSummedAsItsFiveWords) {
  const uint64_t words[5] = {1, 2, 3, 4, 5};
  EXPECT_EQ(SeedOf(Id128{.lo = 1, .hi = 2}, 3, 4, 5), XXH3_64bits(words, sizeof words));
}

TEST(ChecksumTest, EveryBitAndTheSeedCount) {
  std::string page = Pattern(4096);
  std::set<uint64_t> sums = {Xxh3(page.data(), page.size(), 1)};
  for (size_t bit = 0; bit < page.size() * 8; ++bit) {
    page[bit / 8] = static_cast<char>(page[bit / 8] ^ (1 << (bit % 8)));
    sums.insert(Xxh3(page.data(), page.size(), 1));
    page[bit / 8] = static_cast<char>(page[bit / 8] ^ (1 << (bit % 8)));
  }
  sums.insert(Xxh3(page.data(), page.size(), 2));
  EXPECT_EQ(sums.size(), page.size() * 8 + 2);
}

TEST(ChecksumTest, EachPartOfAContextCountsInItsPlace) {
  const Id128 id{.lo = 1, .hi = 2};
  const std::set<uint64_t> seeds = {
      SeedOf(id, 3, 4, 5), SeedOf(id, 4, 3, 5), SeedOf(id, 3, 5, 4),
      SeedOf(id, 5, 4, 3), SeedOf(id, 3, 4, 0), SeedOf(id, 3, 0, 0),
      SeedOf(id, 0, 3, 0), SeedOf(id, 0, 0, 3), SeedOf(Id128{.lo = 2, .hi = 1}, 3, 4, 5),
  };
  EXPECT_EQ(seeds.size(), 9u);
  EXPECT_EQ(SeedOf(id, 3), SeedOf(id, 3, 0, 0));
}

TEST(ChecksumTest, IdsShowAllDigitsHighWordFirst) {
  EXPECT_EQ((Id128{.lo = 0x0123456789abcdef, .hi = 0xa}).ToHex(),
            "000000000000000a0123456789abcdef");
  EXPECT_EQ(Id128{}.ToHex(), std::string(32, '0'));
}

TEST(ChecksumTest, Mix64SpreadsNeighbours) {
  std::set<uint64_t> top;
  for (uint64_t i = 0; i < 4096; ++i) top.insert(Mix64(i) >> 48);
  EXPECT_GT(top.size(), 3800u);  // 4096 draws from 65536 hit about 3971 different ones
}

}  // namespace
}  // namespace treering::base
