// A full disk: writes fail cleanly, reads go on, nothing acknowledged is lost, and writing resumes
// by itself within five seconds of room.
#include <gtest/gtest.h>

#include "engine/base/thread.h"
#include "engine/io/sim_testing.h"
#include "tests/support/oracle.h"
#include "tests/support/sim_db.h"

namespace treering::testing {
namespace {

TEST(FullDisk, WritesFailCleanlyAndResumeByThemselves) {
  for (uint64_t seed = 1; seed <= 10; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    io::RunSim(seed, [] {
      io::SimStorage storage;
      Oracle oracle;
      SimDb db;
      ASSERT_TRUE(db.Open(&storage, SimDb::SmallOptions()).ok());
      const auto put = [&](int i) {
        return WriteNoted(
            db.db.get(), &oracle, &storage,
            {{"key" + std::to_string(i), std::to_string(i) + std::string(4'000, 'v')}},
            i % 2 == 0 ? Durability::kProcess : Durability::kDisk);
      };
      int next = 0;
      for (; next < 50; ++next) ASSERT_TRUE(put(next).ok());
      storage.SetQuota(storage.used_bytes() + (256 << 10));
      Status refused;
      for (; next < 5'000 && refused.ok(); ++next) refused = put(next);
      ASSERT_TRUE(refused.IsNoSpace()) << refused.ToString();
      EXPECT_EQ(db->state(), DbState::kDegraded);
      oracle.Refuse(oracle.count() - 1);

      // What was acknowledged is there, and nothing else.
      Content content;
      ASSERT_TRUE(ReadAll(db.db.get(), &content).ok());
      ASSERT_TRUE(content == oracle.Expected());
      EXPECT_TRUE(put(next++).IsNoSpace());
      oracle.Refuse(oracle.count() - 1);

      storage.SetQuota(UINT64_MAX);
      base::SleepNanos(5'000'000'000);
      const Status resumed = put(next++);
      ASSERT_TRUE(resumed.ok()) << resumed.ToString();
      EXPECT_EQ(db->state(), DbState::kHealthy);
      ASSERT_TRUE(db->Flush().ok());
      ASSERT_TRUE(db.Close().ok());

      ASSERT_TRUE(db.Open(&storage, SimDb::SmallOptions()).ok());
      ASSERT_TRUE(ReadAll(db.db.get(), &content).ok());
      ASSERT_TRUE(content == oracle.Expected());
      ASSERT_TRUE(db.Close().ok());
    });
  }
}

}  // namespace
}  // namespace treering::testing
