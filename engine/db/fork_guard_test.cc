#include "engine/db/fork_guard.h"

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

namespace treering::db {
namespace {

TEST(ForkGuard, ToldApartInAChildAndItsChildren) {
  const ForkGuard guard;
  EXPECT_TRUE(guard.Check().ok());
  const pid_t child = fork();
  if (child == 0) {
    if (!guard.Check().IsFailed()) _exit(1);
    const ForkGuard own;
    if (!own.Check().ok()) _exit(2);
    const pid_t grandchild = fork();
    if (grandchild == 0) _exit(guard.InChild() && own.InChild() ? 0 : 3);
    int status = 0;
    waitpid(grandchild, &status, 0);
    _exit(status == 0 && own.Check().ok() ? 0 : 4);
  }
  int status = 0;
  waitpid(child, &status, 0);
  EXPECT_EQ(status, 0);
  EXPECT_TRUE(guard.Check().ok());
}

}  // namespace
}  // namespace treering::db
