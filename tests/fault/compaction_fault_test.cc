// A disk that fails compactions again and again: they are given up, not repeated for ever, the rest
// goes on; and writers pay for the level 0 that grows meanwhile, large batches like small ones.
#include <gtest/gtest.h>

#include "engine/base/clock.h"
#include "engine/base/thread.h"
#include "engine/io/sim_testing.h"
#include "tests/support/sim_db.h"
#include "tests/support/stats_json.h"

namespace treering::testing {
namespace {

constexpr uint64_t kSecond = 1'000'000'000;

class CompactionFault {
 public:
  CompactionFault() {
    Options options = SimDb::SmallOptions();
    options.memtable_bytes = 4 << 20;
    EXPECT_TRUE(db.Open(&storage, options).ok());
    io::SimFault fault;
    fault.action = io::Action::kRead;
    fault.name = "*.sst";
    fault.sticky = true;
    fault_ = storage.faults()->Add(fault);
  }
  Status AddTable(int number) {
    if (Status put = db->Put("key", std::to_string(number)); !put.ok()) return put;
    return db->Flush();
  }
  // Until automatic compaction has been given up, or two minutes have passed.
  std::string CompactionError() {
    for (int i = 0; i < 120; ++i) {
      std::string text;
      EXPECT_TRUE(db->GetProperty("treering.stats.json", &text));
      const auto error = nlohmann::json::parse(text)["work"]["compaction_error"];
      if (error != "") return error;
      base::SleepNanos(kSecond);
    }
    return "";
  }
  uint64_t hits() { return storage.faults()->Hits(fault_); }

  io::SimStorage storage;
  SimDb db;

 private:
  size_t fault_ = 0;
};

TEST(CompactionFault, IsGivenUpAfterAFewTries) {
  io::RunSim(1, [] {
    CompactionFault run;
    ASSERT_TRUE(run.AddTable(1).ok());
    ASSERT_TRUE(run.AddTable(2).ok());  // level 0 is full
    const std::string error = run.CompactionError();
    EXPECT_NE(error.find(".sst"), std::string::npos) << error;
    const uint64_t hits = run.hits();
    EXPECT_GE(hits, 8u);
    base::SleepNanos(60 * kSecond);
    EXPECT_EQ(run.hits(), hits);
    EXPECT_EQ(run.db->state(), DbState::kHealthy);
    ASSERT_TRUE(run.AddTable(3).ok());
    run.storage.faults()->Clear();
    PinnedValue value;
    ASSERT_TRUE(run.db->Get("key", &value).ok());
    EXPECT_EQ(value.ToString(), "3");
    ASSERT_TRUE(run.db.Close().ok());
  });
}

TEST(CompactionFault, FlushesGoOnWhileItWaitsForItsNextTry) {
  io::RunSim(1, [] {
    CompactionFault run;
    ASSERT_TRUE(run.AddTable(1).ok());
    ASSERT_TRUE(run.AddTable(2).ok());
    for (int i = 0; i < 100 && run.hits() == 0; ++i) base::SleepNanos(kSecond / 100);
    base::SleepNanos(kSecond / 10);
    const uint64_t started = base::SystemClock()->NowNanos();
    const Status flushed = run.AddTable(3);
    EXPECT_TRUE(flushed.ok()) << flushed.ToString();
    EXPECT_LT(base::SystemClock()->NowNanos() - started, kSecond / 2);
    EXPECT_FALSE(run.db->WaitForCompaction().ok());
    run.storage.faults()->Clear();
    ASSERT_TRUE(run.db.Close().ok());
  });
}

TEST(CompactionFault, ALargeBatchPaysForADeepLevel0) {
  io::RunSim(1, [] {
    CompactionFault run;
    ASSERT_TRUE(run.AddTable(0).ok());
    ASSERT_TRUE(run.AddTable(1).ok());
    ASSERT_NE(run.CompactionError(), "");
    for (int i = 2; i < 20; ++i) ASSERT_TRUE(run.AddTable(i).ok());
    const uint64_t started = base::SystemClock()->NowNanos();
    ASSERT_TRUE(run.db->Put("large", std::string(1 << 20, 'v')).ok());
    EXPECT_GT(base::SystemClock()->NowNanos() - started, kSecond);  // 20 ms when cut off
    run.storage.faults()->Clear();
    ASSERT_TRUE(run.db.Close().ok());
  });
}

}  // namespace
}  // namespace treering::testing
