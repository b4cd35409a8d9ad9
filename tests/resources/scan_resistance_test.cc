// A scan over four times the cache does not push out what point reads come back for.
#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "api/db.h"
#include "engine/base/zipf_testing.h"
#include "tests/support/stats_json.h"
#include "tests/support/temp_dir.h"

namespace treering::testing {
namespace {

constexpr uint64_t kBudget = 32 << 20;
constexpr int kKeys = 1'200'000;  // of about 116 bytes: over four times the budget

std::string KeyOf(uint64_t number) {
  char text[24];
  std::snprintf(text, sizeof text, "key%013llu", static_cast<unsigned long long>(number));
  return text;
}

TEST(ScanResistance, TheHotSetKeepsItsHitRateAfterAScanOfFourTimesTheCache) {
  const TempDir dir;
  RuntimeOptions runtime;
  runtime.memory_budget = kBudget;
  Options options;
  options.create_if_missing = true;
  options.runtime = Runtime::Create(runtime).value();
  auto db = DB::Open(options, dir.File("db")).value();
  for (int next = 0; next < kKeys;) {
    WriteBatch batch;
    for (int i = 0; i < 1000; ++i, ++next) batch.Put(KeyOf(next), std::string(100, 'v'));
    ASSERT_TRUE(db->Write(batch).ok());
  }
  ASSERT_TRUE(db->Flush().ok());
  ASSERT_TRUE(db->CompactRange(nullptr, nullptr).ok());

  // Hot keys lie far from one another, each on a page of its own.
  base::Zipf zipf(kKeys / 64, 11);
  const auto hit_points = [&](int reads) {
    const StatsJson before(db.get());
    PinnedValue value;
    for (int i = 0; i < reads; ++i) {
      const Status status = db->Get(KeyOf(zipf.Next() * 64), &value);
      if (!status.ok()) ADD_FAILURE() << status.ToString();
    }
    const StatsJson after(db.get());
    const auto grown = [&](const char* name) {
      return static_cast<double>(after.Number("memory", name) - before.Number("memory", name));
    };
    return 100 * grown("cache_hits") / (grown("cache_hits") + grown("cache_misses"));
  };
  hit_points(150'000);
  const double before = hit_points(20'000);
  int seen = 0;
  const auto it = db->NewIterator();
  for (it->SeekToFirst(); it->Valid(); it->Next()) ++seen;
  ASSERT_TRUE(it->status().ok()) << it->status().ToString();
  ASSERT_EQ(seen, kKeys);
  const double after = hit_points(20'000);
  std::printf("hits: %.1f %% before the scan, %.1f %% after it\n", before, after);
  EXPECT_GT(before, 50);
  EXPECT_LT(before, 99);  // else the scan had nothing to push out
  EXPECT_LT(before - after, 5);
}

}  // namespace
}  // namespace treering::testing
