#include "engine/io/buddy_slab.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <cstring>
#include <vector>

#include "engine/base/prng.h"

namespace treering::io {
namespace {

constexpr size_t kSlab = BufferArena::kSlabBytes;

class BuddySlabTest : public testing::Test {
 protected:
  ~BuddySlabTest() override { std::free(memory_); }
  std::byte* const memory_ = static_cast<std::byte*>(std::aligned_alloc(kSlab, kSlab));
};

TEST_F(BuddySlabTest, WholeSlabIsOneBlock) {
  BuddySlab slab(memory_);
  EXPECT_EQ(slab.Allocate(kSlab), memory_);
  EXPECT_TRUE(slab.full());
  EXPECT_EQ(slab.Allocate(4096), nullptr);
  slab.Free(memory_, kSlab);
  EXPECT_TRUE(slab.empty());
}

TEST_F(BuddySlabTest, EveryPageOnceAndThenNone) {
  BuddySlab slab(memory_);
  for (size_t i = 0; i < kSlab / 4096; ++i) EXPECT_EQ(slab.Allocate(4096), memory_ + i * 4096);
  EXPECT_EQ(slab.Allocate(4096), nullptr);
  for (size_t i = 0; i < kSlab / 4096; ++i) slab.Free(memory_ + i * 4096, 4096);
  EXPECT_TRUE(slab.empty());
  EXPECT_EQ(slab.Allocate(kSlab), memory_);  // joined again
}

TEST_F(BuddySlabTest, RandomBlocksNeverOverlapAndJoinAgain) {
  constexpr uint64_t kSeed = 7;
  SCOPED_TRACE(kSeed);
  base::Prng prng(kSeed);
  BuddySlab slab(memory_);
  struct Block {
    std::byte* data;
    size_t bytes;
    unsigned char mark;
  };
  std::vector<Block> blocks;
  const auto holds_its_mark = [](const Block& block) {
    for (size_t i = 0; i < block.bytes; i += 4096) {
      if (block.data[i] != std::byte{block.mark}) return false;
    }
    return true;
  };
  for (int step = 0; step < 5000; ++step) {
    if (prng.OneIn(2) && !blocks.empty()) {
      const size_t victim = prng.Uniform(blocks.size());
      ASSERT_TRUE(holds_its_mark(blocks[victim]));
      slab.Free(blocks[victim].data, blocks[victim].bytes);
      blocks[victim] = blocks.back();
      blocks.pop_back();
      continue;
    }
    const size_t bytes = size_t{4096} << prng.Uniform(8);
    std::byte* const data = slab.Allocate(bytes);
    if (data == nullptr) continue;
    ASSERT_EQ(static_cast<size_t>(data - memory_) % bytes, 0u);
    const auto mark = static_cast<unsigned char>(prng.Next());
    for (size_t i = 0; i < bytes; i += 4096) data[i] = std::byte{mark};
    blocks.push_back({data, bytes, mark});
  }
  for (const Block& block : blocks) {
    ASSERT_TRUE(holds_its_mark(block));
    slab.Free(block.data, block.bytes);
  }
  EXPECT_TRUE(slab.empty());
  EXPECT_EQ(slab.Allocate(kSlab), memory_);
}

}  // namespace
}  // namespace treering::io
