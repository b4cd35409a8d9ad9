#include "engine/runtime/io_totals.h"

#include <gtest/gtest.h>

namespace treering::runtime {
namespace {

TEST(IoTotalsTest, AddsWhatIsNewOfEachQueue) {
  IoTotals totals;
  io::QueueStats first_counted;
  io::QueueStats second_counted;
  io::QueueStats first;
  first.requests = 3;
  first.bytes_read = 8192;
  totals.Add(first, &first_counted);
  totals.Add(first, &first_counted);
  first.requests = 5;
  first.read_depth_bytes_sum = 7;
  totals.Add(first, &first_counted);
  io::QueueStats second;
  second.requests = 1;
  second.broken_cause = "lost a completion";
  totals.Add(second, &second_counted);
  const io::QueueStats all = totals.Read();
  EXPECT_EQ(all.requests, 6u);
  EXPECT_EQ(all.bytes_read, 8192u);
  EXPECT_EQ(all.read_depth_bytes_sum, 7u);
  EXPECT_EQ(all.syncs, 0u);
  EXPECT_STREQ(all.broken_cause, "lost a completion");
}

}  // namespace
}  // namespace treering::runtime
