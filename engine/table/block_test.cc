#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <string>
#include <vector>

#include "engine/base/budget_unlimited.h"
#include "engine/base/coding.h"
#include "engine/base/limits.h"
#include "engine/base/prng.h"
#include "engine/io/buffer_arena.h"
#include "engine/io/buffer_pool.h"
#include "engine/key/internal_key.h"
#include "engine/table/block_builder.h"
#include "engine/table/block_check.h"
#include "engine/table/block_view.h"

namespace treering::table {
namespace {

using base::kPageBytes;
using AddResult = BlockBuilder::AddResult;

std::string InternalKey(const std::string& user_key, key::Sequence sequence,
                        key::Kind kind = key::Kind::kValue) {
  std::string key;
  key::AppendInternalKey(&key, user_key, key::MakeTag(sequence, kind));
  return key;
}

// Orders user keys from the greatest to the smallest.
class Backwards final : public Comparator {
 public:
  std::string_view Name() const override { return "test.backwards"; }
  int Compare(const Slice& a, const Slice& b) const override { return b.Compare(a); }
};

class BlockTest : public ::testing::Test {
 protected:
  BlockTest()
      : arena_({.bytes_max = 64u << 20, .huge_pages = false, .announce = {}}),
        pool_(&arena_, &budget_) {}

  std::span<std::byte> Seal(BlockBuilder* builder, BlockKind kind = BlockKind::kData) {
    const std::span<std::byte> block = builder->Finish(kind);
    SealBlock(id_, kOffset, kind, block);
    return block;
  }
  BlockPlace Place(BlockKind kind = BlockKind::kData) const { return {path_, id_, kOffset, kind}; }

  static constexpr uint64_t kOffset = 3 * kPageBytes;
  const std::string path_ = "000001.sst";
  const base::Id128 id_{1, 2};
  io::BufferArena arena_;
  base::UnlimitedBudget budget_;
  io::BufferPool pool_;
  const key::KeyOrder bytewise_{BytewiseComparator()};
};

TEST_F(BlockTest, HoldsWhatWasAdded) {
  BlockBuilder builder(&pool_, 4096);
  std::vector<std::pair<std::string, std::string>> entries;
  for (int i = 0; i < 30; ++i) {
    entries.emplace_back(InternalKey("key" + std::to_string(100 + i), 7), std::string(i * 3, 'v'));
    ASSERT_EQ(builder.Add(entries.back().first, entries.back().second), AddResult::kAdded);
  }
  const std::span<std::byte> block = Seal(&builder);
  ASSERT_EQ(block.size(), kPageBytes);
  ASSERT_TRUE(CheckBlock(Place(), block).ok()) << CheckBlock(Place(), block).ToString();
  const BlockView view(block);
  ASSERT_EQ(view.count(), entries.size());
  for (uint32_t i = 0; i < view.count(); ++i) {
    EXPECT_EQ(view.key(i), Slice(entries[i].first));
    EXPECT_EQ(view.entry(i).value, Slice(entries[i].second));
  }
}

TEST_F(BlockTest, FindsTheFirstEntryAtOrBehindATarget) {
  for (const bool backwards : {false, true}) {
    const Backwards order_backwards;
    const key::KeyOrder order = backwards ? key::KeyOrder(&order_backwards) : bytewise_;
    base::Prng prng(5);
    std::vector<std::string> keys;
    for (int i = 0; i < 100; ++i) {
      const std::string user_key(prng.Uniform(12), static_cast<char>('a' + prng.Uniform(3)));
      keys.push_back(InternalKey(user_key, 10 * prng.Uniform(20)));
    }
    std::sort(keys.begin(), keys.end(),
              [&](const std::string& a, const std::string& b) { return order.Compare(a, b) < 0; });
    keys.erase(std::unique(keys.begin(), keys.end()), keys.end());
    BlockBuilder builder(&pool_, 4096);
    for (const std::string& key : keys) ASSERT_EQ(builder.Add(key, "v"), AddResult::kAdded);
    const BlockView view(Seal(&builder));
    for (int i = 0; i < 1000; ++i) {
      const std::string user_key(prng.Uniform(13), static_cast<char>('a' + prng.Uniform(4)));
      const uint64_t tag = key::SeekTag(prng.Uniform(210));
      std::string target;
      key::AppendInternalKey(&target, user_key, tag);
      const auto expected = std::lower_bound(
          keys.begin(), keys.end(), target,
          [&](const std::string& a, const std::string& b) { return order.Compare(a, b) < 0; });
      ASSERT_EQ(view.LowerBound(order, user_key, tag), expected - keys.begin());
    }
  }
}

struct Shape {
  size_t value_bytes;
  uint32_t block_bytes;
  size_t pages;  // of every block but the last
  double padding_max;
};

class BlockShapeTest : public BlockTest, public ::testing::WithParamInterface<Shape> {};

TEST_P(BlockShapeTest, WastesLittle) {
  const Shape& shape = GetParam();
  BlockBuilder builder(&pool_, shape.block_bytes);
  const std::string value(shape.value_bytes, 'v');
  size_t used = 0;
  size_t total = 0;
  for (int i = 0; total < 40 * 64 * kPageBytes; ++i) {
    const std::string key = InternalKey("0123456789" + std::to_string(100000 + i), i);
    AddResult result = builder.Add(key, value);
    if (result == AddResult::kFull) {
      used += builder.raw_bytes() + builder.count() * 2 + kTrailerBytes;
      const std::span<std::byte> block = Seal(&builder);
      EXPECT_EQ(block.size(), shape.pages * kPageBytes);
      ASSERT_TRUE(CheckBlock(Place(), block).ok());
      total += block.size();
      builder.Reset();
      result = builder.Add(key, value);
    }
    ASSERT_EQ(result, AddResult::kAdded);
  }
  EXPECT_LT(1.0 - static_cast<double>(used) / static_cast<double>(total), shape.padding_max);
}

INSTANTIATE_TEST_SUITE_P(Sizes, BlockShapeTest,
                         ::testing::Values(Shape{0, 4096, 1, 0.02}, Shape{100, 4096, 1, 0.06},
                                           Shape{200, 4096, 1, 0.06}, Shape{400, 4096, 1, 0.06},
                                           Shape{700, 4096, 2, 0.06}, Shape{1024, 4096, 4, 0.06},
                                           Shape{4096, 4096, 16, 0.06}, Shape{100, 16384, 4, 0.06},
                                           Shape{100, 5000, 2, 0.06}, Shape{20000, 4096, 15, 0.03},
                                           Shape{33000, 4096, 9, 0.11},
                                           Shape{65536, 4096, 17, 0.06},
                                           Shape{1 << 20, 4096, 257, 0.01}));

TEST_F(BlockTest, TakesTheLargestKeyAndAMegabyte) {
  BlockBuilder builder(&pool_, 4096);
  const std::string key = InternalKey(std::string(base::kKeyBytesMax, 'k'), 1);
  const std::string value(1 << 20, 'v');
  ASSERT_EQ(builder.Add(key, value), AddResult::kAdded);
  ASSERT_EQ(builder.Add(InternalKey("l", 1), ""), AddResult::kFull);
  const std::span<std::byte> block = Seal(&builder);
  ASSERT_TRUE(CheckBlock(Place(), block).ok());
  const BlockView view(block);
  EXPECT_EQ(view.key(0), Slice(key));
  EXPECT_EQ(view.entry(0).value, Slice(value));
  EXPECT_EQ(view.LowerBound(bytewise_, "a", 0), 0u);
  EXPECT_EQ(view.LowerBound(bytewise_, "z", 0), 1u);
}

TEST_F(BlockTest, ABlockForEverythingIsNeverFull) {
  BlockBuilder builder(&pool_, 4096, BlockBuilder::Growth::kForEverything);
  for (int i = 0; i < 20000; ++i) {
    ASSERT_EQ(builder.Add(InternalKey(std::to_string(100000 + i), 1), "value"), AddResult::kAdded);
  }
  EXPECT_EQ(builder.last_key(), Slice(InternalKey("119999", 1)));
  const std::span<std::byte> block = Seal(&builder, BlockKind::kTopIndex);
  ASSERT_GT(block.size(), base::kBlockBytesMax);
  ASSERT_TRUE(CheckBlock(Place(BlockKind::kTopIndex), block).ok());
  EXPECT_EQ(BlockView(block).LowerBound(bytewise_, "112345", key::SeekTag(5)), 12345u);
}

TEST_F(BlockTest, EveryFlippedBitIsCorruption) {
  BlockBuilder builder(&pool_, 4096);
  for (int i = 0; i < 3; ++i) {
    ASSERT_EQ(builder.Add(InternalKey(std::to_string(i), 1), "value"), AddResult::kAdded);
  }
  const std::span<std::byte> block = Seal(&builder);
  for (size_t bit = 0; bit < block.size() * 8; ++bit) {
    block[bit / 8] ^= std::byte{1} << (bit % 8);
    const Status s = CheckBlock(Place(), block);
    ASSERT_TRUE(s.IsCorruption()) << "bit " << bit;
    block[bit / 8] ^= std::byte{1} << (bit % 8);
  }
  const Status elsewhere = CheckBlock({path_, id_, kOffset + kPageBytes, BlockKind::kData}, block);
  EXPECT_TRUE(elsewhere.IsCorruption());
  EXPECT_NE(elsewhere.message().find("000001.sst: data block at offset 16384: sum: expected"),
            std::string_view::npos)
      << elsewhere.ToString();
  EXPECT_TRUE(CheckBlock(Place(BlockKind::kIndex), block).IsCorruption());
  const base::Id128 other{1, 3};
  EXPECT_TRUE(CheckBlock({path_, other, kOffset, BlockKind::kData}, block).IsCorruption());
  EXPECT_TRUE(CheckBlock(Place(), block).ok());
}

// Whoever forges the sum may write anything: it must be refused or be safe to read.
TEST_F(BlockTest, ForgedBlocksAreRefusedOrSafe) {
  base::Prng prng(11);
  int accepted = 0;
  for (int round = 0; round < 30000; ++round) {
    BlockBuilder builder(&pool_, 4096);
    for (int i = 0; i < 5; ++i) {
      const std::string value(prng.OneIn(8) ? 20000 : prng.Uniform(300), 'v');
      ASSERT_NE(builder.Add(InternalKey(std::to_string(i), 1), value), AddResult::kOutOfMemory);
    }
    const std::span<std::byte> block = builder.Finish(BlockKind::kData);
    const int changes = 1 + static_cast<int>(prng.Uniform(3));
    for (int i = 0; i < changes; ++i) {
      // Where the structure is: first entry's lengths, the offsets, the trailer.
      const size_t at = prng.OneIn(2) ? prng.Uniform(16) : block.size() - 1 - prng.Uniform(40);
      block[at] = std::byte{static_cast<uint8_t>(prng.Next())};
    }
    SealBlock(id_, kOffset, BlockKind::kData, block);
    // A copy of exact size, so that a sanitizer sees every byte too far.
    const std::vector<std::byte> copy(block.begin(), block.end());
    if (!CheckBlock(Place(), copy).ok()) continue;
    ++accepted;
    const BlockView view(copy);
    size_t bytes = 0;
    for (uint32_t i = 0; i < view.count(); ++i) {
      const BlockView::Entry entry = view.entry(i);
      for (const char c : entry.key) bytes += c != 0;
      bytes += entry.value.size();
    }
    EXPECT_LE(bytes, copy.size());
    EXPECT_LE(view.LowerBound(bytewise_, "3", 0), view.count());
  }
  EXPECT_GT(accepted, 0);
}

TEST_F(BlockTest, KindsAndCompressionsOfOthersAreNotSupported) {
  BlockBuilder builder(&pool_, 4096);
  ASSERT_EQ(builder.Add(InternalKey("k", 1, key::Kind::kMerge), "v"), AddResult::kAdded);
  std::span<std::byte> block = Seal(&builder);
  EXPECT_TRUE(CheckBlock(Place(), block).IsNotSupported());
  builder.Reset();
  ASSERT_EQ(builder.Add(InternalKey("k", 1), "v"), AddResult::kAdded);
  block = builder.Finish(BlockKind::kData);
  block[block.size() - kTrailerBytes] = std::byte{1};
  SealBlock(id_, kOffset, BlockKind::kData, block);
  EXPECT_TRUE(CheckBlock(Place(), block).IsNotSupported());
}

TEST_F(BlockTest, PartitionsMustTileTheirPartOfTheData) {
  const auto check = [&](const std::vector<BlockHandle>& handles) {
    BlockBuilder builder(&pool_, 4096);
    for (size_t i = 0; i < handles.size(); ++i) {
      std::string value;
      AppendHandle(&value, handles[i]);
      EXPECT_EQ(builder.Add(InternalKey(std::to_string(i), 0), value), AddResult::kAdded);
    }
    const std::span<std::byte> block = Seal(&builder, BlockKind::kIndex);
    EXPECT_TRUE(CheckBlock(Place(BlockKind::kIndex), block).ok());
    return CheckPartitionHandles(Place(BlockKind::kIndex), BlockView(block), 5, 9);
  };
  EXPECT_TRUE(check({{5, 1, 0}, {6, 3, 0}}).ok());
  EXPECT_TRUE(check({{5, 1, 0}, {6, 2, 0}}).IsCorruption());           // ends early
  EXPECT_TRUE(check({{5, 1, 0}, {6, 4, 0}}).IsCorruption());           // ends late
  EXPECT_TRUE(check({{5, 2, 0}, {6, 3, 0}}).IsCorruption());           // overlap
  EXPECT_TRUE(check({{5, 1, 0}, {7, 2, 0}}).IsCorruption());           // gap
  EXPECT_TRUE(check({{4, 2, 0}, {6, 3, 0}}).IsCorruption());           // begins early
  EXPECT_TRUE(check({{5, UINT32_MAX, 0}, {6, 3, 0}}).IsCorruption());  // too long
}

}  // namespace
}  // namespace treering::table
