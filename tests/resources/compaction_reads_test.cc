// A compaction of cold inputs keeps the device busy: on average at least four reads of at least 128
// KiB in flight, as completions on io_uring see it.
#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "api/db.h"
#include "engine/base/prng.h"
#include "tests/support/stats_json.h"
#include "tests/support/temp_dir.h"

namespace treering::testing {
namespace {

// Several level-0 tables over an older level 1, all of them overlapping.
void FillLevels(DB* db) {
  base::Prng random(5);
  for (int round = 0; round < 6; ++round) {
    for (int group = 0; group < 1000; ++group) {
      WriteBatch batch;
      for (int i = 0; i < 100; ++i) {
        batch.Put("key" + std::to_string(random.Uniform(10'000'000)), std::string(100, 'v'));
      }
      ASSERT_TRUE(db->Write(batch).ok());
    }
    ASSERT_TRUE(db->Flush().ok());
    if (round == 1) {
      ASSERT_TRUE(db->CompactRange(nullptr, nullptr).ok());
    }
  }
}

TEST(CompactionReads, ColdInputsAreReadWithManyLargeReadsInFlight) {
  const TempDir dir;
  Options options;
  options.create_if_missing = true;
  options.disable_auto_compactions = true;
  const auto open = [&] {  // on a Runtime of its own: nothing is cached
    RuntimeOptions runtime;
    runtime.memory_budget = 128 << 20;
    runtime.io_backend = IoBackend::kUring;
    options.runtime = Runtime::Create(runtime).value();
    return DB::Open(options, dir.File("db")).value();
  };
  auto db = open();
  FillLevels(db.get());
  ASSERT_TRUE(db->Close().ok());
  db.reset();
  db = open();

  const StatsJson before(db.get());
  ASSERT_TRUE(before.Flag("io", "registered_buffers"));
  ASSERT_TRUE(db->CompactRange(nullptr, nullptr).ok());
  const StatsJson after(db.get());
  const auto grown = [&](const char* name) {
    return static_cast<double>(after.Number("io", name) - before.Number("io", name));
  };
  ASSERT_GT(grown("bytes_read"), 48e6);
  const double reads_in_flight = grown("read_depth_sum") / grown("reads");
  const double bytes_each = grown("read_depth_bytes_sum") / grown("read_depth_sum");
  std::printf("%.0f reads, %.1f in flight on average, of %.0f bytes each\n", grown("reads"),
              reads_in_flight, bytes_each);
  // No read is larger than 256 KiB: with their mean at m KiB, at least (m - 128) / 128 of them are
  // not smaller than 128 KiB.
  const double large_share = (bytes_each / 1024 - 128) / 128;
  EXPECT_GE(reads_in_flight * large_share, 4.0);
  EXPECT_EQ(grown("unregistered_ops"), 0) << "inputs and outputs go through registered buffers";
  EXPECT_GE(grown("registered_ops"), grown("reads") + grown("bytes_written") / (1 << 20));
}

}  // namespace
}  // namespace treering::testing
