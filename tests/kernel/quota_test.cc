// Quotas: an ordinary user's database meets EDQUOT, for bytes and for files, keeps all it
// acknowledged, and goes on by itself when the quota is raised. Where the kernel has no quotas it
// is skipped and says why.
#include <gtest/gtest.h>
#include <sys/quota.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstdint>
#include <cstring>
#include <filesystem>
#include <functional>
#include <string>
#include <tuple>

#include "engine/base/thread.h"
#include "tests/kernel/child.h"
#include "tests/kernel/mounted.h"
#include "tests/kernel/workload.h"
#include "tests/support/temp_dir.h"

namespace {
std::atomic<bool> g_refuse_allocations{false};
}  // namespace

// Stands in for the C library's.
extern "C" int fallocate(int fd, int mode, off_t offset, off_t length) {
  if (g_refuse_allocations) {
    errno = EDQUOT;
    return -1;
  }
  return static_cast<int>(syscall(SYS_fallocate, fd, mode, offset, length));
}

namespace treering::testing {
namespace {

constexpr int kOrdinaryUser = 65534;
constexpr uint64_t kSecond = 1'000'000'000;

enum class Bound : uint8_t {
  kBytesOfAUser,     // ext4
  kFilesOfAUser,     // ext4
  kBytesOfASubtree,  // btrfs
};

// A process of its own that waits to be told, then does something as the user that we are here.
class Helper {
 public:
  explicit Helper(const std::function<bool()>& body) {
    EXPECT_EQ(pipe(ends_), 0);
    pid_ = fork();
    if (pid_ == 0) {
      close(ends_[1]);
      char byte = 0;
      const bool told = read(ends_[0], &byte, 1) == 1;
      _exit(told && body() ? 0 : 1);
    }
    close(ends_[0]);
  }
  void Tell() const { (void)!write(ends_[1], "!", 1); }
  // Whether it was told, and did it.
  bool Join() {
    close(ends_[1]);
    int status = 1;
    waitpid(pid_, &status, 0);
    return status == 0;
  }

 private:
  int ends_[2] = {-1, -1};
  pid_t pid_ = -1;
};

class Quota : public ::testing::TestWithParam<std::tuple<IoBackend, Bound>> {
 protected:
  IoBackend backend() const { return std::get<0>(GetParam()); }
  Bound bound() const { return std::get<1>(GetParam()); }

  bool of_user() const { return bound() != Bound::kBytesOfASubtree; }
  std::string type() const { return of_user() ? "ext4" : "btrfs"; }
  uint64_t count() const { return bound() == Bound::kFilesOfAUser ? 40 : 40 << 20; }

  // What may be used; 0 for as much as there is.
  bool Set(uint64_t count) {
    if (!of_user()) {
      const std::string limit = count == 0 ? "none" : std::to_string(count);
      return RunCommand("btrfs qgroup limit " + limit + " " + fs_.File("user"));
    }
    dqblk limits = {};
    limits.dqb_valid = QIF_LIMITS;
    if (bound() == Bound::kBytesOfAUser) limits.dqb_bhardlimit = count / QIF_DQBLKSIZE;
    if (bound() == Bound::kFilesOfAUser) limits.dqb_ihardlimit = count;
    return quotactl(QCMD(Q_SETQUOTA, USRQUOTA), fs_.Device().c_str(), kOrdinaryUser,
                    reinterpret_cast<char*>(&limits)) == 0;
  }
  // Empty, or why it cannot be done here.
  std::string Prepare() {
    if (!fs_.why().empty()) return fs_.why();
    const std::string path = fs_.File("user");
    if (of_user()) {
      EXPECT_EQ(mkdir(path.c_str(), 0755), 0);
    } else if (!RunCommand("btrfs quota enable " + fs_.point()) ||
               !RunCommand("btrfs subvolume create " + path)) {
      return "btrfs has no quotas here";
    }
    if (!Set(0)) return std::string("the kernel sets no quota: ") + std::strerror(errno);
    EXPECT_EQ(chown(path.c_str(), kOrdinaryUser, kOrdinaryUser), 0);
    return "";
  }
  std::string path() const { return fs_.File("user/db"); }

  const Mounted fs_{type(), 600,
                    of_user() ? Mounted::Options{.mkfs = "-O quota -E quotatype=usrquota",
                                                 .mount = "usrquota",
                                                 .open_to_all = true}
                              : Mounted::Options{.mkfs = "", .mount = "", .open_to_all = true}};
};

// Fills its quota, asks for more of it, and goes on. `in_place`: what was allocated can always be
// written, so the log never meets the quota in the middle of a write (docs/durability.md).
std::string FillAndGoOn(Workload* work, bool in_place, const std::function<void()>& raise) {
  // A compaction that is refused gives back what it took.
  for (int i = 0; i < 100 && work->db()->state() == DbState::kHealthy; ++i) {
    if (std::string wrong = work->Write(1'000'000); !wrong.empty()) return wrong;
    const std::string text = work->refused().ToString();
    if (!work->refused().IsNoSpace() || text.find("EDQUOT") == std::string::npos) {
      return "not by the quota: " + text;
    }
  }
  const bool ended = work->db()->state() == DbState::kReadOnly && !in_place;
  if (work->db()->state() != DbState::kDegraded && !ended) {
    return "neither degraded nor ended: " + work->refused().ToString();
  }
  if (std::string wrong = work->Check(); !wrong.empty()) return wrong;
  raise();
  if (ended) {
    (void)work->Close();
    base::SleepNanos(kSecond);
    if (std::string wrong = work->Open(); !wrong.empty()) return wrong;
  }
  for (int i = 0; i < 100 && work->db()->state() != DbState::kHealthy; ++i) {
    base::SleepNanos(kSecond / 10);
  }
  if (work->db()->state() != DbState::kHealthy) return "not healthy in ten seconds";
  if (std::string wrong = work->Write(500); !wrong.empty()) return wrong;
  if (!work->refused().ok()) return "late: " + work->refused().ToString();
  for (int round = 0; round < 2; ++round) {
    if (std::string wrong = work->Check(); !wrong.empty()) return wrong;
    if (std::string wrong = work->Close(); !wrong.empty()) return wrong;
    if (std::string wrong = work->Open(); !wrong.empty()) return wrong;
  }
  return work->Check();
}

TEST_P(Quota, RefusesWritesAndGoesOnWhenItIsRaised) {
  if (const std::string why = Prepare(); !why.empty()) GTEST_SKIP() << why;
  ASSERT_TRUE(Set(count())) << std::strerror(errno);
  Helper raise([this] { return Set(4 * count()); });
  EXPECT_EQ(RunChild([&]() -> std::string {
              Workload work(path(), backend());
              if (setgid(kOrdinaryUser) != 0 || setuid(kOrdinaryUser) != 0) return "no user";
              if (std::string wrong = work.Open(); !wrong.empty()) return wrong;
              if (std::string wrong = work.Write(300); !wrong.empty()) return wrong;
              if (!work.refused().ok()) return "early: " + work.refused().ToString();
              return FillAndGoOn(&work, of_user(), [&] { raise.Tell(); });
            }),
            "");
  EXPECT_TRUE(raise.Join());
}

// The same where blocks are set aside in place, on kernels whose file systems of that kind have no
// quotas: from some moment on every allocation is refused, as by one.
class RefusedAllocations : public ::testing::TestWithParam<IoBackend> {
 protected:
  ~RefusedAllocations() override { g_refuse_allocations = false; }
};

TEST_P(RefusedAllocations, RefuseWritesUntilTheyAreNot) {
  const TempDir dir;
  Workload work(dir.File("db"), GetParam());
  ASSERT_EQ(work.Open(), "");
  ASSERT_EQ(work.Write(100), "");
  g_refuse_allocations = true;
  EXPECT_EQ(FillAndGoOn(&work, /*in_place=*/true, [] { g_refuse_allocations = false; }), "");
}

INSTANTIATE_TEST_SUITE_P(Drivers, RefusedAllocations,
                         ::testing::Values(IoBackend::kUring, IoBackend::kPosix),
                         [](const auto& info) {
                           return info.param == IoBackend::kUring ? "uring" : "posix";
                         });

std::string NameOf(const ::testing::TestParamInfo<std::tuple<IoBackend, Bound>>& info) {
  constexpr const char* kNames[] = {"BytesOfAUser", "FilesOfAUser", "BytesOfASubtree"};
  return std::string(std::get<0>(info.param) == IoBackend::kUring ? "uring" : "posix") +
         kNames[static_cast<size_t>(std::get<1>(info.param))];
}

INSTANTIATE_TEST_SUITE_P(Drivers, Quota,
                         ::testing::Combine(::testing::Values(IoBackend::kUring, IoBackend::kPosix),
                                            ::testing::Values(Bound::kBytesOfAUser,
                                                              Bound::kFilesOfAUser,
                                                              Bound::kBytesOfASubtree)),
                         NameOf);

}  // namespace
}  // namespace treering::testing
