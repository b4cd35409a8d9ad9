#include "engine/cache/slab_store.h"

#include <gtest/gtest.h>

#include <memory>
#include <vector>

#include "engine/base/budget_unlimited.h"
#include "engine/base/epoch.h"
#include "engine/io/buffer_arena.h"

namespace treering::cache {
namespace {

using Purpose = SlabStore::Purpose;

class SlabStoreTest : public testing::Test {
 protected:
  uint64_t charged() const { return budget_.Charged(base::MemoryClass::kCache); }

  io::BufferArena arena_{{.bytes_max = 8u << 20, .huge_pages = false, .announce = {}}};
  base::UnlimitedBudget budget_;
  base::EpochDomain epochs_;
  SlabStore store_{3 * Slab::kCharge, &arena_, &budget_, &epochs_};
};

TEST_F(SlabStoreTest, GivesUpToItsBoundAndChargesEach) {
  std::vector<std::unique_ptr<Slab>> slabs;
  for (const uint32_t pages : {1u, 4u, 16u}) {
    slabs.push_back(store_.Get(pages));
    ASSERT_NE(slabs.back(), nullptr);
    EXPECT_EQ(slabs.back()->frame_count, 512 / pages);
    EXPECT_EQ(slabs.back()->frames[1].data, slabs.back()->memory + pages * size_t{4096});
    EXPECT_EQ(charged(), slabs.size() * Slab::kCharge);
  }
  EXPECT_EQ(store_.Get(1), nullptr);
  for (auto& slab : slabs) store_.Destroy(std::move(slab));
  EXPECT_EQ(charged(), 0u);
}

TEST_F(SlabStoreTest, ARetiredSlabWaitsForItsEpoch) {
  std::unique_ptr<Slab> slab = store_.Get(1);
  std::byte* const memory = slab->memory;
  std::unique_ptr<Slab> others[] = {store_.Get(1), store_.Get(1)};
  {
    base::EpochDomain::Guard guard(&epochs_);
    slab->stamp = epochs_.Stamp();
    store_.Retire(std::move(slab), Purpose::kReuse);
    EXPECT_EQ(store_.Get(2), nullptr);
    EXPECT_EQ(store_.GiveBack(1), 0u);
  }
  std::unique_ptr<Slab> again;
  for (int i = 0; i < 10 && again == nullptr; ++i) again = store_.Get(2);
  ASSERT_NE(again, nullptr);
  EXPECT_EQ(again->memory, memory);
  EXPECT_EQ(again->frame_count, 256u);
  store_.Destroy(std::move(again));
  for (auto& other : others) store_.Destroy(std::move(other));
}

TEST_F(SlabStoreTest, ASlabThatLeavesGoesToNoClass) {
  std::unique_ptr<Slab> slabs[] = {store_.Get(1), store_.Get(1), store_.Get(1)};
  for (auto& slab : slabs) {
    slab->stamp = epochs_.Stamp();
    store_.Retire(std::move(slab), Purpose::kLeave);
  }
  EXPECT_EQ(store_.leaving_bytes(), 3 * Slab::kCharge);
  EXPECT_EQ(store_.Get(1), nullptr);
  uint64_t given = 0;
  for (int i = 0; i < 10 && given == 0; ++i) given = store_.GiveBack(1);
  EXPECT_EQ(given, Slab::kCharge);
  EXPECT_EQ(charged(), 2 * Slab::kCharge);
  EXPECT_EQ(arena_.allocated_bytes(), 2 * io::BufferArena::kSlabBytes);
}

}  // namespace
}  // namespace treering::cache
