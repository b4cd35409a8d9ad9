#include "engine/io/process.h"

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <climits>
#include <csignal>

namespace treering::io {
namespace {

TEST(ProcessTest, ThisOneRunsAndNumbersThatNoneHasDoNot) {
  EXPECT_TRUE(IsProcessRunning(getpid()));
  EXPECT_TRUE(IsProcessRunning(getppid()));
  for (const int64_t pid : {int64_t{0}, int64_t{-1}, int64_t{INT_MAX}, INT64_MAX, INT64_MIN}) {
    EXPECT_FALSE(IsProcessRunning(pid)) << pid;
  }
}

TEST(ProcessTest, OneThatWasKilledDoesNotRunThoughItIsThere) {
  const pid_t child = fork();
  if (child == 0) {
    while (true) pause();
  }
  EXPECT_TRUE(IsProcessRunning(child));
  ASSERT_EQ(kill(child, SIGSTOP), 0);
  int status = 0;
  ASSERT_EQ(waitpid(child, &status, WUNTRACED), child);
  EXPECT_TRUE(IsProcessRunning(child));  // it may go on
  ASSERT_EQ(kill(child, SIGKILL), 0);
  siginfo_t ended = {};
  ASSERT_EQ(waitid(P_PID, static_cast<id_t>(child), &ended, WEXITED | WNOWAIT), 0);
  EXPECT_EQ(kill(child, 0), 0);
  EXPECT_FALSE(IsProcessRunning(child));
  ASSERT_EQ(waitpid(child, &status, 0), child);
  EXPECT_FALSE(IsProcessRunning(child));
}

}  // namespace
}  // namespace treering::io
