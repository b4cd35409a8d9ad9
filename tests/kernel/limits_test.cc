// What the kernel may refuse a process: rings, locked memory, descriptors, file sizes; and signals
// in the middle of everything. Each in a process of its own.
#include <gtest/gtest.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>

#include <cerrno>
#include <cstddef>
#include <set>
#include <string>
#include <utility>

#include "engine/base/sanitizers.h"
#include "tests/kernel/child.h"
#include "tests/kernel/workload.h"
#include "tests/support/temp_dir.h"

namespace treering::testing {
namespace {

constexpr int kOrdinaryUser = 65534;

// io_uring_setup, _enter and _register answer `error` from here on.
bool RefuseRings(int error) {
  sock_filter code[] = {
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr)),
      BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, SYS_io_uring_setup, 0, 2),
      BPF_JUMP(BPF_JMP | BPF_JGT | BPF_K, SYS_io_uring_register, 1, 0),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | static_cast<unsigned>(error)),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
  };
  const sock_fprog program = {sizeof code / sizeof code[0], code};
  return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
         prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == 0;
}

bool Limit(__rlimit_resource resource, rlim_t value) {
  const rlimit limit = {value, value};
  return setrlimit(resource, &limit) == 0;
}

// May be raised again.
bool SoftLimit(__rlimit_resource resource, rlim_t value) {
  rlimit limit = {};
  if (getrlimit(resource, &limit) != 0) return false;
  limit.rlim_cur = value;
  return setrlimit(resource, &limit) == 0;
}

class LimitsTest : public ::testing::Test {
 protected:
  // What a child was told, for the parent.
  LimitsTest()
      : acknowledged_(static_cast<int*>(mmap(nullptr, sizeof(int), PROT_READ | PROT_WRITE,
                                             MAP_SHARED | MAP_ANONYMOUS, -1, 0))) {}
  ~LimitsTest() override { munmap(acknowledged_, sizeof(int)); }

  std::string Path() { return dir_.File("db"); }
  int* const acknowledged_;
  TempDir dir_;
};

class RefusedRings : public LimitsTest, public ::testing::WithParamInterface<int> {};

TEST_P(RefusedRings, ThePosixDriverServesAndTheCauseIsNamed) {
  EXPECT_EQ(RunChild([&]() -> std::string {
              if (!RefuseRings(GetParam())) return "no filter";
              Workload work(Path(), IoBackend::kAuto);
              if (std::string wrong = work.All(600); !wrong.empty()) return wrong;
              if (!work.HasFact("driver: posix")) return "not the posix driver";
              std::string facts;
              for (const std::string& fact : work.runtime().Facts()) facts += fact + "\n";
              return facts.find("io_uring") == std::string::npos ? "no cause in:\n" + facts : "";
            }),
            "");
}

TEST_P(RefusedRings, WhoInsistsOnRingsGetsTheCause) {
  EXPECT_EQ(RunChild([&]() -> std::string {
              if (!RefuseRings(GetParam())) return "no filter";
              Workload work(Path(), IoBackend::kUring);
              const std::string wrong = work.Open();
              return wrong.find("io_uring") == std::string::npos ? "not named: " + wrong : "";
            }),
            "");
}

INSTANTIATE_TEST_SUITE_P(Errors, RefusedRings, ::testing::Values(EPERM, ENOSYS),
                         [](const auto& info) { return info.param == EPERM ? "EPERM" : "ENOSYS"; });

TEST_F(LimitsTest, AnOrdinaryUserWithLittleLockedMemory) {
  if (geteuid() != 0) GTEST_SKIP() << "becoming another user needs root";
  const TempDir dir(/*open_to_all=*/true);
  ASSERT_EQ(chown(dir.path().c_str(), kOrdinaryUser, kOrdinaryUser), 0);
  for (const rlim_t bytes : {rlim_t{0}, rlim_t{64} << 10, rlim_t{8} << 20}) {
    EXPECT_EQ(RunChild([&]() -> std::string {
                if (!Limit(RLIMIT_MEMLOCK, bytes)) return "no limit";
                if (setgid(kOrdinaryUser) != 0 || setuid(kOrdinaryUser) != 0) return "no user";
                Workload work(dir.File(std::to_string(bytes)), IoBackend::kAuto);
                return work.All(600);
              }),
              "")
        << bytes << " bytes";
  }
}

// What a process does whose calls the kernel refuses with `name`: "open refused", "write refused",
// "served", or what was wrong with that.
std::string WorkUnderALimit(const std::string& path, IoBackend backend, const std::string& name,
                            int* acknowledged) {
  Workload work(path, backend);
  const std::string opened = work.Open();
  if (!opened.empty()) {
    return opened.find(name) == std::string::npos ? "not named: " + opened : "open refused";
  }
  if (std::string wrong = work.Write(4000); !wrong.empty()) return wrong;
  *acknowledged = work.acknowledged();
  if (work.refused().ok()) return "served";
  const std::string text = work.refused().ToString();
  if (text.find(name) == std::string::npos) return "not named: " + text;
  return "write refused";
}

// What another process finds there, without limits: a prefix, whole, with all that was
// acknowledged.
std::string CheckAfterwards(const std::string& path, int acknowledged) {
  return RunChild([&]() -> std::string {
    Workload work(path, IoBackend::kAuto);
    if (std::string wrong = work.Open(); !wrong.empty()) return wrong;
    int found = 0;
    const auto it = work.db()->NewIterator();
    for (it->SeekToFirst(); it->Valid(); it->Next()) ++found;
    if (found < acknowledged) {
      return std::to_string(found) + " records of " + std::to_string(acknowledged);
    }
    work.SetAcknowledged(found);
    return work.Check();
  });
}

// Too few files for the tables: what the process is told is clear, and what it was told before
// stays true.
TEST_F(LimitsTest, FewDescriptors) {
#if TREERING_UNDER_ASAN
  GTEST_SKIP() << "the sanitizer needs descriptors of its own";
#endif
  std::set<std::string> outcomes;
  for (const rlim_t count : {rlim_t{8}, rlim_t{16}, rlim_t{20}, rlim_t{24}, rlim_t{28}}) {
    SCOPED_TRACE(std::to_string(count) + " descriptors");
    const std::string path = Path() + std::to_string(count);
    outcomes.insert(RunChild([&]() -> std::string {
      if (!Limit(RLIMIT_NOFILE, count)) return "no limit";
      return WorkUnderALimit(path, IoBackend::kAuto, "EMFILE", acknowledged_);
    }));
    EXPECT_EQ(CheckAfterwards(path, std::exchange(*acknowledged_, 0)), "");
  }
  EXPECT_EQ(outcomes, (std::set<std::string>{"open refused", "write refused"}));
}

// No thread more for this user: an open says so, or serves with those it has, and undoes itself.
TEST_F(LimitsTest, FewThreads) {
  if (geteuid() != 0) GTEST_SKIP() << "becoming another user needs root";
  const TempDir dir(/*open_to_all=*/true);
  ASSERT_EQ(chown(dir.path().c_str(), kOrdinaryUser, kOrdinaryUser), 0);
  for (const rlim_t count : {rlim_t{1}, rlim_t{2}, rlim_t{4}}) {
    const std::string outcome = RunChild([&]() -> std::string {
      if (!Limit(RLIMIT_NPROC, count)) return "no limit";
      if (setgid(kOrdinaryUser) != 0 || setuid(kOrdinaryUser) != 0) return "no user";
      return WorkUnderALimit(dir.File(std::to_string(count)), IoBackend::kAuto, "thread",
                             acknowledged_);
    });
    // This process is one, and others of this user may run beside it.
    EXPECT_TRUE(outcome == "open refused" || (outcome == "served" && count > 1)) << outcome;
  }
}

// Stopped and continued in the middle of everything: no time that passes unseen is an error.
TEST_F(LimitsTest, StoppedAndContinued) {
  for (const auto backend : {IoBackend::kUring, IoBackend::kPosix}) {
    const std::string path = Path() + (backend == IoBackend::kUring ? "uring" : "posix");
    EXPECT_EQ(RunChild([&]() -> std::string {
                const pid_t worker = getpid();
                const pid_t other = fork();
                if (other == 0) {
                  for (int i = 0; i < 5; ++i) {
                    usleep(20'000);
                    (void)kill(worker, SIGSTOP);
                    usleep(120'000);
                    (void)kill(worker, SIGCONT);
                  }
                  _exit(0);
                }
                Workload work(path, backend);
                const std::string wrong = work.All(800);
                int status = 1;
                waitpid(other, &status, 0);
                return status == 0 ? wrong : "was not stopped";
              }),
              "");
  }
}

class FileSizes : public LimitsTest, public ::testing::WithParamInterface<IoBackend> {};

// Files may not grow beyond so much, and the program says nothing about SIGXFSZ, which would end
// it: it gets an error that names the cause.
TEST_P(FileSizes, ABoundIsAnErrorAndNoSignal) {
  std::set<std::string> outcomes;
  for (const rlim_t kib : {0, 1, 100, 1'024, 3'000, 262'144}) {
    SCOPED_TRACE(std::to_string(kib) + " KiB");
    const std::string path = Path() + std::to_string(kib);
    const std::string outcome = RunChild([&]() -> std::string {
      (void)signal(SIGXFSZ, SIG_DFL);
      if (!Limit(RLIMIT_FSIZE, kib << 10)) return "no limit";
      return WorkUnderALimit(path, GetParam(), "EFBIG", acknowledged_);
    });
    EXPECT_TRUE(outcome == "open refused" || outcome == "write refused" || outcome == "served")
        << outcome;
    outcomes.insert(outcome);
    EXPECT_EQ(CheckAfterwards(path, std::exchange(*acknowledged_, 0)), "");
  }
  EXPECT_TRUE(outcomes.contains("open refused"));
  EXPECT_TRUE(outcomes.contains("served"));
}

// The bound comes while the database is open, below what its files have already: everything stays
// readable, and without the bound it serves again.
TEST_P(FileSizes, ABoundThatComesLater) {
  for (const rlim_t kib : {0, 8, 1'024}) {
    EXPECT_EQ(RunChild([&]() -> std::string {
                (void)signal(SIGXFSZ, SIG_DFL);
                Workload work(Path() + std::to_string(kib), GetParam());
                if (std::string wrong = work.Open(); !wrong.empty()) return wrong;
                if (std::string wrong = work.Write(1'000); !wrong.empty()) return wrong;
                if (!work.refused().ok()) return "early: " + work.refused().ToString();
                if (!SoftLimit(RLIMIT_FSIZE, kib << 10)) return "no limit";
                if (std::string wrong = work.Write(100'000); !wrong.empty()) return wrong;
                const std::string text = work.refused().ToString();
                if (text.find("EFBIG") == std::string::npos) return "not named: " + text;
                if (std::string wrong = work.Check(); !wrong.empty()) return wrong;
                (void)work.Close();
                if (!SoftLimit(RLIMIT_FSIZE, RLIM_INFINITY)) return "no end of the limit";
                if (std::string wrong = work.Open(); !wrong.empty()) return wrong;
                if (std::string wrong = work.Check(); !wrong.empty()) return wrong;
                if (std::string wrong = work.Write(1'000); !wrong.empty()) return wrong;
                if (!work.refused().ok()) return "late: " + work.refused().ToString();
                return work.Check();
              }),
              "")
        << kib << " KiB";
  }
}

INSTANTIATE_TEST_SUITE_P(Drivers, FileSizes,
                         ::testing::Values(IoBackend::kUring, IoBackend::kPosix),
                         [](const auto& info) {
                           return info.param == IoBackend::kUring ? "uring" : "posix";
                         });

class SignalStorm : public LimitsTest, public ::testing::WithParamInterface<IoBackend> {};

TEST_P(SignalStorm, DisturbsNothing) {
  EXPECT_EQ(RunChild([&]() -> std::string {
              struct sigaction action = {};
              action.sa_handler = [](int) {};  // and no SA_RESTART
              if (sigaction(SIGALRM, &action, nullptr) != 0) return "no handler";
              const itimerval often = {.it_interval = {0, 300}, .it_value = {0, 300}};
              if (setitimer(ITIMER_REAL, &often, nullptr) != 0) return "no timer";
              Workload work(Path(), GetParam());
              const std::string wrong = work.All(1500);
              const itimerval never = {};
              (void)setitimer(ITIMER_REAL, &never, nullptr);
              return wrong;
            }),
            "");
}

INSTANTIATE_TEST_SUITE_P(Drivers, SignalStorm,
                         ::testing::Values(IoBackend::kUring, IoBackend::kPosix),
                         [](const auto& info) {
                           return info.param == IoBackend::kUring ? "uring" : "posix";
                         });

}  // namespace
}  // namespace treering::testing
