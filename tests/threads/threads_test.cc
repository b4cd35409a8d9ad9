// The same work on real threads and the real disk, for ThreadSanitizer and for whatever order the
// machine picks: closed beside its writers, opened again, compared.
#include <gtest/gtest.h>

#include "engine/base/thread.h"
#include "tests/support/sim_db.h"
#include "tests/support/temp_dir.h"
#include "tests/threads/mixed_work.h"

namespace treering::testing {
namespace {

class ThreadsTest : public ::testing::TestWithParam<IoBackend> {};

TEST_P(ThreadsTest, ClosedBesideWritersNothingAcknowledgedIsLost) {
  const TempDir dir;
  RuntimeOptions runtime;
  runtime.memory_budget = 32 << 20;
  runtime.io_backend = GetParam();
  runtime.background_threads = 4;
  auto made = Runtime::Create(runtime);
  ASSERT_TRUE(made.ok()) << made.status().ToString();
  Options options = SimDb::SmallOptions();
  options.runtime = *std::move(made);
  Histories histories(4);
  for (uint64_t round = 0; round < 4 && !HasFailure(); ++round) {
    SCOPED_TRACE("round " + std::to_string(round));
    options.log = round % 2 == 0 ? LogMode::kTail : LogMode::kWrite;
    auto db = DB::Open(options, dir.File("db"));
    ASSERT_TRUE(db.ok()) << db.status().ToString();
    Content content;
    ASSERT_TRUE(ReadAll(db->get(), &content).ok());
    ASSERT_EQ(histories.CheckAndSettle(content, Ending::kClose), "");
    MixedWork work;
    work.db = db->get();
    work.histories = &histories;
    work.seed = round;
    work.batches_per_writer = 400;
    work.Run([&] {
      base::SleepNanos(100'000'000);
      EXPECT_TRUE((*db)->Close().ok());
    });
  }
}

INSTANTIATE_TEST_SUITE_P(Drivers, ThreadsTest,
                         ::testing::Values(IoBackend::kUring, IoBackend::kPosix),
                         [](const auto& info) {
                           return info.param == IoBackend::kUring ? "uring" : "posix";
                         });

}  // namespace
}  // namespace treering::testing
