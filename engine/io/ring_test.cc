#include "engine/io/ring.h"

#include <gtest/gtest.h>
#include <poll.h>
#include <sys/eventfd.h>

#include <cerrno>
#include <string>
#include <vector>

#include "engine/base/thread.h"
#include "engine/io/posix_file.h"
#include "engine/io/queue.h"

namespace treering::io {
namespace {

class RingTest : public testing::Test {
 protected:
  // Ready at once, for entries that complete at once.
  const Descriptor event_{eventfd(1, EFD_CLOEXEC)};
};

std::string FlagsWithout(uint32_t flags, bool movable = false, bool sqpoll = false) {
  auto ring = Ring::Create({.movable = movable, .sqpoll = sqpoll, .without_flags = flags});
  return ring.ok() ? (*ring)->flag_names() : ring.status().ToString();
}

TEST_F(RingTest, TakesTheBestFlagsAndClimbsDown) {
  EXPECT_EQ(FlagsWithout(0), "SINGLE_ISSUER|DEFER_TASKRUN|SUBMIT_ALL");
  EXPECT_EQ(FlagsWithout(IORING_SETUP_DEFER_TASKRUN), "COOP_TASKRUN|SUBMIT_ALL");
  EXPECT_EQ(FlagsWithout(IORING_SETUP_TASKRUN_FLAG), "SUBMIT_ALL");
  EXPECT_EQ(FlagsWithout(IORING_SETUP_SUBMIT_ALL), "none");
  EXPECT_EQ(FlagsWithout(0, /*movable=*/true), "COOP_TASKRUN|SUBMIT_ALL");
  EXPECT_EQ(FlagsWithout(0, false, /*sqpoll=*/true), "SQPOLL|SUBMIT_ALL");
  EXPECT_NE(FlagsWithout(IORING_SETUP_CQSIZE).find("EINVAL"), std::string::npos);
}

TEST_F(RingTest, GivesBackEveryTagOnce) {
  auto ring = Ring::Create({.depth = 40});
  ASSERT_TRUE(ring.ok());
  std::vector<int> seen(40);
  for (uint64_t i = 0; i < 40; ++i) {
    io_uring_sqe* const entry = (*ring)->NextEntry();
    io_uring_prep_poll_add(entry, event_.get(), POLLIN);
    entry->user_data = i;
  }
  EXPECT_EQ((*ring)->unsent(), 40u);
  uint32_t count = 0;
  while (count < 40) {
    ASSERT_EQ((*ring)->Enter(40 - count, kNoTimeout), 0);
    count += (*ring)->Reap([&](uint64_t tag, int32_t result) {
      EXPECT_EQ(result, POLLIN);
      ++seen[tag];
    });
  }
  EXPECT_EQ((*ring)->unsent(), 0u);
  EXPECT_EQ(seen, std::vector<int>(40, 1));
}

TEST_F(RingTest, StrayEntriesAreRefused) {
  auto ring = Ring::Create({});
  ASSERT_TRUE(ring.ok());
  io_uring_prep_openat((*ring)->NextEntry(), -1, "/etc/passwd", 0, 0);
  ASSERT_EQ((*ring)->Enter(1, kNoTimeout), 0);
  EXPECT_EQ((*ring)->Reap([](uint64_t, int32_t result) { EXPECT_EQ(result, -EACCES); }), 1u);
}

TEST_F(RingTest, EnterEndsAtItsTime) {
  auto ring = Ring::Create({});
  ASSERT_TRUE(ring.ok());
  EXPECT_EQ((*ring)->Enter(1, 1'000'000), -ETIME);
}

TEST_F(RingTest, ManyThreadsMakeAndEndRings) {
  // Rings of one thread after another come to lie at the same addresses.
  for (int round = 0; round < 4; ++round) {
    std::vector<base::Thread> threads(4);
    for (base::Thread& thread : threads) {
      const Status started = base::Thread::Start(
          "ring",
          [event = event_.get()] {
            for (int i = 0; i < 5; ++i) {
              auto ring = Ring::Create({.depth = 4});
              ASSERT_TRUE(ring.ok());
              io_uring_prep_poll_add((*ring)->NextEntry(), event, POLLIN);
              ASSERT_EQ((*ring)->Enter(1, kNoTimeout), 0);
              EXPECT_EQ((*ring)->Reap([](uint64_t, int32_t) {}), 1u);
            }
          },
          &thread);
      ASSERT_TRUE(started.ok());
    }
    for (base::Thread& thread : threads) thread.Join();
  }
}

}  // namespace
}  // namespace treering::io
