#include "engine/db/operation_gate.h"

#include <gtest/gtest.h>

#include "engine/base/sim_scheduler.h"

namespace treering::db {
namespace {

TEST(OperationGate, CloseWaitsForCallsInsideAndLetsNoneIn) {
  for (uint64_t seed = 1; seed <= 100; ++seed) {
    const auto report = base::SimScheduler::Run(seed, [] {
      OperationGate gate;
      bool closed = false;
      base::Thread threads[4];
      for (base::Thread& thread : threads) {
        ASSERT_TRUE(base::Thread::Start(
                        "call",
                        [&] {
                          const OperationGate::Pass pass(&gate);
                          if (!pass) return;
                          base::SchedPoint();
                          EXPECT_FALSE(closed);
                        },
                        &thread)
                        .ok());
      }
      gate.CloseAndWait();
      closed = true;
      EXPECT_FALSE(OperationGate::Pass(&gate));
      for (base::Thread& thread : threads) thread.Join();
    });
    ASSERT_FALSE(report.deadlock) << "seed " << seed << "\n" << report.deadlock_text;
  }
}

}  // namespace
}  // namespace treering::db
