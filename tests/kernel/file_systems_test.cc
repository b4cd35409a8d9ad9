// Other file systems than the one the tests run on, mounted from a file: each serves, with the same
// promises, and a small one that is full lets go on by itself when there is room. What cannot be
// mounted here is skipped and says why.
#include <gtest/gtest.h>
#include <sys/mount.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>

#include "engine/base/thread.h"
#include "tests/kernel/workload.h"
#include "tests/support/temp_dir.h"

namespace treering::testing {
namespace {

constexpr uint64_t kSecond = 1'000'000'000;

// A file system of `type` for the test's time; `why` says what is missing.
class Mounted {
 public:
  Mounted(const std::string& type, uint64_t mib) : point_(dir_.File("mnt")) {
    std::filesystem::create_directory(point_);
    if (geteuid() != 0) {
      why_ = "mounting needs root";
    } else if (type == "tmpfs") {
      const std::string size = "size=" + std::to_string(mib) + "m";
      if (mount("none", point_.c_str(), "tmpfs", 0, size.c_str()) != 0) why_ = std::strerror(errno);
    } else {
      const std::string image = dir_.File("image");
      std::ofstream(image).close();
      std::filesystem::resize_file(image, mib << 20);
      const std::string quiet = " >/dev/null 2>&1";
      const std::string options = type == "ext4" ? " -q -F " : " -q -f ";
      if (std::system(("PATH=$PATH:/usr/sbin mkfs." + type + options + image + quiet).c_str()) !=
          0) {
        why_ = "mkfs." + type + " is missing or refuses";
      } else if (std::system(("PATH=$PATH:/usr/sbin mount -o loop -t " + type + " " + image + " " +
                              point_ + quiet)
                                 .c_str()) != 0) {
        why_ = "the kernel does not mount " + type + " here";
      }
    }
    mounted_ = why_.empty();
  }
  ~Mounted() {
    if (mounted_) (void)umount2(point_.c_str(), MNT_DETACH);
  }
  const std::string& why() const { return why_; }
  std::string File(const std::string& name) const { return point_ + "/" + name; }

 private:
  TempDir dir_;
  std::string point_;
  std::string why_;
  bool mounted_ = false;
};

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

TEST(SmallFileSystem, RefusesWritesAndGoesOnWhenThereIsRoom) {
  const Mounted fs("ext4", 300);
  if (!fs.why().empty()) GTEST_SKIP() << fs.why();
  const std::string ballast = fs.File("ballast");
  Workload work(fs.File("db"), IoBackend::kAuto);
  ASSERT_EQ(work.Open(), "");
  ASSERT_EQ(work.Write(500), "");
  ASSERT_TRUE(work.refused().ok()) << work.refused().ToString();
  {
    std::ofstream file(ballast, std::ios::binary);
    const std::string mib(1 << 20, 'b');
    while (file << mib << std::flush) {
    }
  }
  ASSERT_EQ(work.Write(1'000'000), "");
  EXPECT_TRUE(work.refused().IsNoSpace()) << work.refused().ToString();
  EXPECT_EQ(work.db()->state(), DbState::kDegraded);
  EXPECT_EQ(work.Check(), "");
  std::filesystem::remove(ballast);
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

}  // namespace
}  // namespace treering::testing
