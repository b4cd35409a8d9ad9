#include "engine/base/arena.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <vector>

#include "engine/base/block_source.h"
#include "engine/base/prng.h"

namespace treering::base {
namespace {

// The heap with a bound, which counts what is out.
class BoundedSource : public BlockSource {
 public:
  explicit BoundedSource(size_t bytes_max = SIZE_MAX) : bytes_max_(bytes_max) {}
  ~BoundedSource() override { EXPECT_EQ(bytes_out, 0u); }
  std::byte* Allocate(size_t bytes) override {
    if (bytes > bytes_max_ - bytes_out) return nullptr;
    bytes_out += bytes;
    sizes.push_back(bytes);
    return HeapBlockSource()->Allocate(bytes);
  }
  void Free(std::byte* block, size_t bytes) override {
    bytes_out -= bytes;
    HeapBlockSource()->Free(block, bytes);
  }

  size_t bytes_out = 0;
  std::vector<size_t> sizes;

 private:
  const size_t bytes_max_;
};

TEST(ArenaTest, PiecesKeepTheirBytesAndAlignment) {
  BoundedSource source;
  Arena arena(&source);
  Prng prng(1);
  struct Piece {
    std::byte* data;
    size_t bytes;
    int fill;
  };
  std::vector<Piece> pieces;
  for (int i = 0; i < 5000; ++i) {
    const size_t bytes = prng.OneIn(100) ? prng.Uniform(300'000) : prng.Uniform(300);
    const size_t alignment = size_t{1} << prng.Uniform(7);
    std::byte* data = arena.Allocate(bytes, alignment);
    ASSERT_NE(data, nullptr);
    ASSERT_EQ(reinterpret_cast<uintptr_t>(data) % alignment, 0u);
    std::memset(data, i & 0xff, bytes);
    pieces.push_back(Piece{.data = data, .bytes = bytes, .fill = i & 0xff});
  }
  for (const Piece& piece : pieces) {
    for (size_t i = 0; i < piece.bytes; ++i) {
      ASSERT_EQ(static_cast<int>(piece.data[i]), piece.fill);
    }
  }
  EXPECT_EQ(arena.block_bytes(), source.bytes_out);
  EXPECT_GE(arena.block_bytes(), arena.allocated_bytes());
}

TEST(ArenaTest, EmptyPiecesAreDifferent) {
  Arena arena(HeapBlockSource());
  std::byte* first = arena.Allocate(0);
  ASSERT_NE(first, nullptr);
  EXPECT_NE(first, arena.Allocate(0));
}

TEST(ArenaTest, BlocksDoubleUpToTheLargest) {
  BoundedSource source;
  Arena arena(&source);
  EXPECT_EQ(arena.block_bytes(), 0u);  // an empty arena costs nothing
  while (source.sizes.size() < 11) ASSERT_NE(arena.Allocate(512), nullptr);
  std::vector<size_t> expected;
  for (size_t bytes = 4u << 10; bytes <= 1u << 20; bytes *= 2) expected.push_back(bytes);
  expected.resize(11, 1u << 20);
  EXPECT_EQ(source.sizes, expected);
}

TEST(ArenaTest, LargePiecesGetABlockOfTheirOwnAndWasteNothing) {
  BoundedSource source;
  Arena arena(&source);
  std::byte* small = arena.Allocate(8);
  ASSERT_NE(arena.Allocate(3u << 20), nullptr);
  EXPECT_EQ(source.sizes, (std::vector<size_t>{4u << 10, 3u << 20}));
  EXPECT_EQ(arena.Allocate(8), small + 8);  // the block before goes on
}

TEST(ArenaTest, ReservedBytesCannotFail) {
  for (const size_t reserve : {size_t{8}, size_t{4096}, size_t{5000}, size_t{2} << 20}) {
    const size_t bytes_max = 2 * reserve + (32u << 10);
    BoundedSource source(bytes_max);
    Arena arena(&source);
    Prng prng(reserve);
    ASSERT_NE(arena.Allocate(100), nullptr);
    ASSERT_TRUE(arena.Reserve(reserve));
    EXPECT_FALSE(arena.Reserve(bytes_max));  // and takes nothing back
    const size_t out = source.bytes_out;
    size_t left = reserve / 8 * 8;
    while (left > 0) {
      const size_t bytes = std::min(left, (1 + prng.Uniform(64)) * 8);
      ASSERT_NE(arena.Allocate(bytes), nullptr);
      left -= bytes;
    }
    EXPECT_EQ(source.bytes_out, out);
  }
}

TEST(ArenaTest, ARefusalLeavesTheArenaAsItWas) {
  BoundedSource source(6u << 10);
  Arena arena(&source);
  std::byte* first = arena.Allocate(8);
  const size_t allocated = arena.allocated_bytes();
  EXPECT_EQ(arena.Allocate(100'000), nullptr);
  EXPECT_EQ(arena.Allocate(SIZE_MAX), nullptr);
  EXPECT_EQ(arena.Allocate(SIZE_MAX - 6), nullptr);
  EXPECT_FALSE(arena.Reserve(SIZE_MAX));
  EXPECT_FALSE(arena.Reserve(8192));
  EXPECT_EQ(arena.allocated_bytes(), allocated);
  EXPECT_EQ(arena.block_bytes(), 4096u);
  EXPECT_EQ(arena.Allocate(8), first + 8);
}

TEST(ArenaTest, ClearGivesAllBackAndBeginsAnew) {
  BoundedSource source;
  Arena arena(&source);
  for (int i = 0; i < 100; ++i) ASSERT_NE(arena.Allocate(1000), nullptr);
  arena.Clear();
  EXPECT_EQ(source.bytes_out, 0u);
  EXPECT_EQ(arena.block_bytes(), 0u);
  EXPECT_EQ(arena.allocated_bytes(), 0u);
  ASSERT_NE(arena.Allocate(8), nullptr);
  EXPECT_EQ(source.bytes_out, 4096u);
}

}  // namespace
}  // namespace treering::base
