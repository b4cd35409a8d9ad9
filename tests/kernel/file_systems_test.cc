// Other file systems than the one the tests run on, mounted from a file: each serves, with the same
// promises, and a small one that is full lets go on by itself when there is room. What cannot be
// mounted here is skipped and says why.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "engine/base/thread.h"
#include "tests/kernel/mounted.h"
#include "tests/kernel/workload.h"

namespace treering::testing {
namespace {

constexpr uint64_t kSecond = 1'000'000'000;

class FileSystems : public ::testing::TestWithParam<const char*> {};

TEST_P(FileSystems, ServeOnBothDrivers) {
  const Mounted fs(GetParam(), 400);
  if (!fs.why().empty()) GTEST_SKIP() << GetParam() << ": " << fs.why();
  for (const auto backend : {IoBackend::kUring, IoBackend::kPosix}) {
    Workload work(fs.File(backend == IoBackend::kUring ? "uring" : "posix"), backend);
    EXPECT_EQ(work.All(1200), "") << (backend == IoBackend::kUring ? "uring" : "posix");
  }
}

INSTANTIATE_TEST_SUITE_P(All, FileSystems, ::testing::Values("ext4", "xfs", "btrfs", "tmpfs"),
                         [](const auto& info) { return std::string(info.param); });

// What there is too little of.
class SmallFileSystem : public ::testing::TestWithParam<const char*> {
 protected:
  // Takes all of it.
  void Fill() {
    std::filesystem::create_directory(fs_.File("ballast"));
    const std::string mib(1 << 20, 'b');
    for (int i = 0;; ++i) {
      std::ofstream file(fs_.File("ballast/" + std::to_string(i)), std::ios::binary);
      if (!file) return;  // no file more
      while (bytes_ && file << mib << std::flush) {
      }
      if (bytes_) return;
    }
  }
  void Free() { std::filesystem::remove_all(fs_.File("ballast")); }

  const bool bytes_ = std::string(GetParam()) == "bytes";
  const Mounted fs_{"ext4", 300, {.mkfs = bytes_ ? "" : "-N 256", .mount = ""}};
};

TEST_P(SmallFileSystem, RefusesWritesAndGoesOnWhenThereIsRoom) {
  if (!fs_.why().empty()) GTEST_SKIP() << fs_.why();
  Workload work(fs_.File("db"), IoBackend::kAuto);
  ASSERT_EQ(work.Open(), "");
  ASSERT_EQ(work.Write(500), "");
  ASSERT_TRUE(work.refused().ok()) << work.refused().ToString();
  Fill();
  ASSERT_EQ(work.Write(1'000'000), "");
  EXPECT_TRUE(work.refused().IsNoSpace()) << work.refused().ToString();
  EXPECT_EQ(work.db()->state(), DbState::kDegraded);
  EXPECT_EQ(work.Check(), "");
  Free();
  for (int i = 0; i < 50 && work.db()->state() != DbState::kHealthy; ++i) {
    base::SleepNanos(kSecond / 10);
  }
  ASSERT_EQ(work.Write(500), "");
  EXPECT_TRUE(work.refused().ok()) << "after five seconds of room: " << work.refused().ToString();
  EXPECT_EQ(work.Check(), "");
  EXPECT_EQ(work.Close(), "");
  ASSERT_EQ(work.Open(), "");
  EXPECT_EQ(work.Check(), "");
  EXPECT_EQ(work.Close(), "");
}

INSTANTIATE_TEST_SUITE_P(Of, SmallFileSystem, ::testing::Values("bytes", "files"),
                         [](const auto& info) { return std::string(info.param); });

}  // namespace
}  // namespace treering::testing
