#include "engine/db/effective_options.h"

#include <gtest/gtest.h>

namespace treering::db {
namespace {

constexpr uint64_t kBudget = 256ull << 20;

TEST(EffectiveOptions, DefaultsResolve) {
  const auto effective = ResolveOptions(Options(), kBudget);
  ASSERT_TRUE(effective.ok()) << effective.status().ToString();
  EXPECT_EQ(effective->memtable_bytes, kBudget / 8);
  EXPECT_EQ(effective->batch_bytes_max, kBudget / 4);
}

TEST(EffectiveOptions, ASmallBudgetMakesSmallMemtables) {
  const auto effective = ResolveOptions(Options(), 1 << 20);
  ASSERT_TRUE(effective.ok()) << effective.status().ToString();
  EXPECT_EQ(effective->memtable_bytes, 128u << 10);
}

// Each refusal names the option and what it may be.
TEST(EffectiveOptions, RefusesWhatIsOutOfRange) {
  const auto refused = [](const std::function<void(Options*)>& change, const std::string& names) {
    Options options;
    change(&options);
    const auto effective = ResolveOptions(options, kBudget);
    ASSERT_FALSE(effective.ok()) << names;
    EXPECT_NE(effective.status().message().find(names), std::string_view::npos)
        << effective.status().ToString();
  };
  refused([](Options* o) { o->memtable_bytes = 1; }, "memtable_bytes is 1, must be 65536 to");
  refused([](Options* o) { o->memtable_bytes = kBudget; }, "memtable_bytes");
  refused([](Options* o) { o->table_bytes = 0; }, "table_bytes");
  refused([](Options* o) { o->block_bytes = 100; }, "block_bytes is 100");
  refused([](Options* o) { o->bloom_bits_per_key = 33; }, "bloom_bits_per_key");
  refused([](Options* o) { o->level0_trigger = 0; }, "level0_trigger");
  refused([](Options* o) { o->level_base_bytes = 1; }, "level_base_bytes");
  refused([](Options* o) { o->level_multiplier = 1; }, "level_multiplier");
  refused([](Options* o) { o->comparator = nullptr; }, "comparator");
  refused([](Options* o) { o->log = LogMode::kOff; }, "kMemory only");
  refused([](Options* o) { o->durability = static_cast<Durability>(9); }, "durability is 9");
  refused([](Options* o) { o->compression_per_level = {Compression::kLz4}; }, "uncompressed");
  refused([](Options* o) { o->read_only = o->create_if_missing = true; }, "read_only");
}

}  // namespace
}  // namespace treering::db
