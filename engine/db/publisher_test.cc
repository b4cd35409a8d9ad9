#include "engine/db/publisher.h"

#include <gtest/gtest.h>

#include "engine/base/sim_scheduler.h"

namespace treering::db {
namespace {

using base::SimScheduler;

// Groups get ready in an order that the seed decides.
void RunGroups(uint64_t seed, int count, int failing, std::vector<Status>* outcomes,
               key::Sequence* visible) {
  outcomes->resize(count);
  const auto report = SimScheduler::Run(seed, [&] {
    Publisher publisher(10);
    std::vector<Publisher::Ticket> tickets(count);
    for (int i = 0; i < count; ++i) {
      tickets[i].last_sequence = 11 + i;
      publisher.Enqueue(&tickets[i]);
    }
    std::vector<base::Thread> threads(count);
    for (int i = 0; i < count; ++i) {
      ASSERT_TRUE(base::Thread::Start(
                      "group",
                      [&, i] {
                        base::SchedPoint();
                        (*outcomes)[i] = publisher.ReadyAndWait(
                            &tickets[i], i == failing ? Status::IoError("log") : Status::Ok());
                        // Whoever is told OK can read its own write.
                        if ((*outcomes)[i].ok()) {
                          EXPECT_GE(publisher.visible().load(), tickets[i].last_sequence);
                        }
                      },
                      &threads[i])
                      .ok());
    }
    for (auto& thread : threads) thread.Join();
    publisher.Drain();
    *visible = publisher.visible();
  });
  ASSERT_FALSE(report.deadlock) << report.deadlock_text;
}

TEST(Publisher, PublishesInOrderUnderEverySchedule) {
  for (uint64_t seed = 1; seed <= 200; ++seed) {
    std::vector<Status> outcomes;
    key::Sequence visible = 0;
    RunGroups(seed, 5, -1, &outcomes, &visible);
    for (const Status& status : outcomes) EXPECT_TRUE(status.ok()) << "seed " << seed;
    EXPECT_EQ(visible, 15u) << "seed " << seed;
  }
}

TEST(Publisher, AFailedGroupTakesEveryLaterOneWithIt) {
  for (uint64_t seed = 1; seed <= 200; ++seed) {
    std::vector<Status> outcomes;
    key::Sequence visible = 0;
    RunGroups(seed, 5, 2, &outcomes, &visible);
    for (int i = 0; i < 5; ++i) EXPECT_EQ(outcomes[i].ok(), i < 2) << "seed " << seed;
    EXPECT_EQ(visible, 12u) << "seed " << seed;
  }
}

TEST(Publisher, WaitVisibleEndsWithTheErrorThatStopsIt) {
  Publisher publisher(10);
  EXPECT_TRUE(publisher.WaitVisible(10).ok());
  Publisher::Ticket ticket;
  ticket.last_sequence = 11;
  publisher.Enqueue(&ticket);
  EXPECT_TRUE(publisher.ReadyAndWait(&ticket, Status::IoError("log")).IsIoError());
  EXPECT_TRUE(publisher.WaitVisible(11).IsIoError());
}

}  // namespace
}  // namespace treering::db
