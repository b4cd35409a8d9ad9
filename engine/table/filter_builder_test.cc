#include "engine/table/filter_builder.h"

#include <gtest/gtest.h>

#include <string>

#include "engine/base/budget_unlimited.h"
#include "engine/base/limits.h"
#include "engine/io/buffer_arena.h"
#include "engine/io/buffer_pool.h"
#include "engine/table/block_check.h"
#include "engine/table/filter_format.h"
#include "engine/table/table_format.h"

namespace treering::table {
namespace {

using base::kPageBytes;

class FilterTest : public ::testing::Test {
 protected:
  FilterTest()
      : arena_({.bytes_max = 64u << 20, .huge_pages = false, .announce = {}}),
        pool_(&arena_, &budget_) {}

  static uint64_t Hash(const std::string& prefix, int i) {
    return FilterHash(prefix + std::to_string(i), FilterSeed({3, 4}));
  }
  static bool MayMatch(std::span<const std::byte> pages, uint32_t probes, uint64_t hash) {
    const auto count = static_cast<uint32_t>(pages.size() / kPageBytes);
    return FilterMayMatch(hash, probes, pages.data() + FilterPageOf(hash, count) * kPageBytes);
  }

  io::BufferArena arena_;
  base::UnlimitedBudget budget_;
  io::BufferPool pool_;
};

struct Rate {
  uint32_t bits_per_key;
  double false_positives_max;
};

class FilterRateTest : public FilterTest, public ::testing::WithParamInterface<Rate> {};

TEST_P(FilterRateTest, HasEveryKeyAndFewOthers) {
  constexpr int kKeys = 100'000;
  FilterBuilder builder(&pool_, GetParam().bits_per_key);
  for (int i = 0; i < kKeys; ++i) ASSERT_TRUE(builder.Add(Hash("key", i)));
  const uint32_t probes = builder.probes();
  const std::span<std::byte> pages = builder.Finish();
  ASSERT_EQ(pages.size(), FilterPages(kKeys, GetParam().bits_per_key) * kPageBytes);
  int wrong = 0;
  for (int i = 0; i < kKeys; ++i) {
    ASSERT_TRUE(MayMatch(pages, probes, Hash("key", i)));
    wrong += MayMatch(pages, probes, Hash("other", i));
  }
  const double rate = static_cast<double>(wrong) / kKeys;
  RecordProperty("false_positive_rate", std::to_string(rate));
  EXPECT_LT(rate, GetParam().false_positives_max) << GetParam().bits_per_key << " bits a key";
}

INSTANTIATE_TEST_SUITE_P(Bits, FilterRateTest,
                         ::testing::Values(Rate{1, 0.65}, Rate{5, 0.13}, Rate{8, 0.032},
                                           Rate{10, 0.015}, Rate{16, 0.004}, Rate{24, 0.001}));

TEST_F(FilterTest, ItsMemoryIsChargedAndGivenBack) {
  {
    FilterBuilder builder(&pool_, 10);
    for (int i = 0; i < 20'000; ++i) ASSERT_TRUE(builder.Add(Hash("key", i)));
    EXPECT_GE(budget_.Charged(base::MemoryClass::kTableMeta), 20'000 * sizeof(uint64_t));
    ASSERT_FALSE(builder.Finish().empty());
    EXPECT_LT(budget_.Charged(base::MemoryClass::kTableMeta), 20'000 * sizeof(uint64_t));
  }
  EXPECT_EQ(budget_.Charged(base::MemoryClass::kTableMeta), 0u);
}

TEST_F(FilterTest, EveryFlippedBitOfAPageIsCorruption) {
  FilterBuilder builder(&pool_, 10);
  for (int i = 0; i < 100; ++i) ASSERT_TRUE(builder.Add(Hash("key", i)));
  const std::span<std::byte> page = builder.Finish();
  ASSERT_EQ(page.size(), kPageBytes);
  const base::Id128 id{5, 6};
  const std::string path = "000002.sst";
  const BlockPlace place{path, id, kPageBytes, BlockKind::kFilter};
  SealBlock(id, kPageBytes, BlockKind::kFilter, page);
  ASSERT_TRUE(CheckFilterPage(place, page).ok());
  for (size_t bit = 0; bit < page.size() * 8; ++bit) {
    page[bit / 8] ^= std::byte{1} << (bit % 8);
    ASSERT_TRUE(CheckFilterPage(place, page).IsCorruption()) << "bit " << bit;
    page[bit / 8] ^= std::byte{1} << (bit % 8);
  }
}

// Sums that are right do not make the structure so.
TEST_F(FilterTest, ReservedBytesAndLengthsAreChecked) {
  const base::Id128 id{5, 6};
  const std::string path = "000002.sst";
  const BlockPlace place{path, id, kPageBytes, BlockKind::kFilter};
  for (const size_t at : {size_t{kFilterRawBytes}, kPageBytes - kTrailerBytes - 1,
                          kPageBytes - kTrailerBytes + 2, kPageBytes - kTrailerBytes + 4,
                          kPageBytes - kTrailerBytes + 8, kPageBytes - kTrailerBytes + 12}) {
    FilterBuilder builder(&pool_, 10);
    ASSERT_TRUE(builder.Add(Hash("key", 1)));
    const std::span<std::byte> page = builder.Finish();
    page[at] ^= std::byte{1};
    SealBlock(id, kPageBytes, BlockKind::kFilter, page);
    EXPECT_TRUE(CheckFilterPage(place, page).IsCorruption()) << "byte " << at;
  }
}

}  // namespace
}  // namespace treering::table
