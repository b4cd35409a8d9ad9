#include "engine/base/block_source.h"
#include "engine/base/sanitizers.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <cstring>

namespace treering::base {
namespace {

TEST(HeapBlockSourceTest, BlocksAreAlignedAndWhollyUsable) {
  BlockSource* source = HeapBlockSource();
  EXPECT_EQ(source, HeapBlockSource());
  for (const size_t bytes : {size_t{1}, size_t{64}, size_t{4095}, size_t{4096}, size_t{1} << 20}) {
    std::byte* block = source->Allocate(bytes);
    ASSERT_NE(block, nullptr);
    EXPECT_EQ(reinterpret_cast<uintptr_t>(block) % (bytes >= 4096 ? 4096 : 64), 0u) << bytes;
    std::memset(block, 0xab, bytes);
    source->Free(block, bytes);
  }
}

TEST(HeapBlockSourceTest, SaysNullWhenTheSystemHasNoMore) {
#if TREERING_UNDER_ASAN || TREERING_UNDER_TSAN
  GTEST_SKIP() << "sanitizers end the process on an impossible allocation";
#endif
  volatile size_t impossible = size_t{1} << 62;
  EXPECT_EQ(HeapBlockSource()->Allocate(impossible), nullptr);
}

}  // namespace
}  // namespace treering::base
