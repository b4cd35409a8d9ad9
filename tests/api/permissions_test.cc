// Directories that may not be read, as another user sees them: root may read everything.
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>

#include "api/db.h"
#include "tests/support/temp_dir.h"

namespace treering {
namespace {

// What the child found, as its exit code.
enum Outcome { kRefused = 0, kNobodyMayChangeUsers, kNoRuntime, kOpened, kAnotherError, kNoName };

Result<std::unique_ptr<DB>> OpenIn(const std::string& path, bool create) {
  RuntimeOptions runtime;
  runtime.memory_budget = 16 << 20;
  runtime.io_backend = IoBackend::kPosix;  // rings count locked memory against the user
  auto made = Runtime::Create(runtime);
  if (!made.ok()) return Status::Busy(made.status().ToString());
  Options options;
  options.create_if_missing = create;
  options.memtable_bytes = 256 << 10;
  options.runtime = *std::move(made);
  return DB::Open(options, path);
}

// Opens `path`, relative to `from`, as nobody.
int OpenAsNobody(const std::string& from, const std::string& path) {
  const pid_t child = fork();
  if (child == 0) {
    // Before: nobody may not walk to it.
    if (chdir(from.c_str()) != 0 || setresgid(65534, 65534, 65534) != 0 ||
        setresuid(65534, 65534, 65534) != 0) {
      _exit(kNobodyMayChangeUsers);
    }
    const auto opened = OpenIn(path, false);
    if (opened.ok()) _exit(kOpened);
    const Status& status = opened.status();
    if (status.IsBusy()) _exit(kNoRuntime);
    if (!status.IsIoError()) _exit(kAnotherError);
    const bool is_named = status.message().find("EACCES") != std::string_view::npos &&
                          status.message().find(path) != std::string_view::npos &&
                          status.message().find("check owner") != std::string_view::npos;
    _exit(is_named ? kRefused : kNoName);
  }
  int status = 0;
  EXPECT_EQ(waitpid(child, &status, 0), child);
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

TEST(Permissions, ADirectoryThatMayNotBeReadIsAnErrorWithARemedy) {
  if (getuid() != 0) GTEST_SKIP() << "needs root, to become somebody else";
  testing::TempDir dir;
  std::filesystem::permissions(dir.path(), std::filesystem::perms(0755));
  ASSERT_TRUE(OpenIn(dir.File("db"), true).ok());
  const int outcome = OpenAsNobody(dir.path(), "db");
  if (outcome == kNobodyMayChangeUsers) GTEST_SKIP() << "this sandbox lets nobody change users";
  EXPECT_EQ(outcome, kRefused);
}

// What everybody may write to, anybody may replace. A new directory inside is its owner's alone.
TEST(Permissions, ADirectoryThatAllMayWriteToIsRefused) {
  testing::TempDir dir;
  const std::string path = dir.File("db");
  ASSERT_TRUE(OpenIn(path, true).ok());
  std::filesystem::permissions(path, std::filesystem::perms(0777));
  const auto refused = OpenIn(path, true);
  ASSERT_TRUE(refused.status().IsInvalidArgument()) << refused.status().ToString();
  EXPECT_NE(refused.status().message().find(path), std::string_view::npos);
  EXPECT_NE(refused.status().message().find("chmod o-w"), std::string_view::npos);
  EXPECT_TRUE(OpenIn(path + "/inside", true).ok());
  std::filesystem::remove_all(path + "/inside");
  std::filesystem::permissions(path,
                               std::filesystem::perms(0775));  // its group is the user's choice
  EXPECT_TRUE(OpenIn(path, false).ok());
}

}  // namespace
}  // namespace treering
