// The ladder from uring to posix, each rung in a child process that lacks something.
#include "engine/io/drivers.h"

#include <gtest/gtest.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <string>

#include "engine/io/fresh_path.h"

namespace treering::io {
namespace {

constexpr uint64_t kMiB = 1ull << 20;

// What `body` returns, run in a child process; limits it sets die with it.
std::string InChild(const std::function<std::string()>& body) {
  int ends[2];
  if (pipe(ends) != 0) return "no pipe";
  const pid_t child = fork();
  if (child == 0) {
    const std::string text = body();
    const ssize_t written = write(ends[1], text.data(), text.size());
    _exit(written == static_cast<ssize_t>(text.size()) ? 0 : 1);
  }
  close(ends[1]);
  std::string text;
  char piece[512];
  for (ssize_t got; (got = read(ends[0], piece, sizeof piece)) > 0;) {
    text.append(piece, static_cast<size_t>(got));
  }
  close(ends[0]);
  int status = 0;
  waitpid(child, &status, 0);
  return status == 0 ? text : text + " (the child failed)";
}

// A page through a fresh file in `directory` and back.
std::string WriteAndRead(Disk* disk, Directory* directory) {
  auto queue = disk->NewQueue(8);
  if (!queue.ok()) return queue.status().ToString();
  auto file = directory->Open("f", {.mode = OpenMode::kCreate});
  if (!file.ok()) return file.status().ToString();
  std::byte* const slab = disk->arena()->AllocateSlab();
  if (slab == nullptr) return "no slab";
  std::memset(slab, 'a', 8192);
  Request write = Request::Write(file->get(), 0, {slab, 4096});
  Request read = Request::Read(file->get(), 0, {slab + 4096, 4096});
  Status status = (*queue)->Run(&write);
  if (status.ok()) status = (*queue)->Run(&read);
  const bool same = std::memcmp(slab, slab + 4096, 4096) == 0;
  disk->arena()->FreeSlab(slab);
  return status.ok() ? (same ? "works" : "other bytes") : status.ToString();
}

std::string OpenAndUse(IoBackend backend, const std::string& path) {
  auto disk = OpenDisk({.backend = backend, .arena_bytes_max = 4 * kMiB});
  if (!disk.ok()) return disk.status().ToString();
  auto directory = (*disk)->OpenDirectory(path, true);
  if (!directory.ok()) return directory.status().ToString();
  const std::string use = WriteAndRead(disk->get(), directory->get());
  const DiskFacts facts = (*disk)->Facts();
  return use + " with " + facts.driver + ", " +
         (facts.registered_buffers ? "registered" : "unregistered: " + facts.registered_reason) +
         "; " + facts.fallback_reason;
}

// Makes io_uring_setup answer `error`, as container runtimes do with EPERM.
bool ForbidRings(int error) {
  sock_filter filter[] = {
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr)),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_io_uring_setup, 0, 1),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | static_cast<uint32_t>(error)),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
  };
  const sock_fprog program = {.len = 4, .filter = filter};
  return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
         prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == 0;
}

TEST(DriversTest, UringIsTakenWhereItWorks) {
  EXPECT_EQ(OpenAndUse(IoBackend::kAuto, FreshPath("drivers")), "works with uring, registered; ");
  EXPECT_EQ(OpenAndUse(IoBackend::kUring, FreshPath("drivers")), "works with uring, registered; ");
}

TEST(DriversTest, PosixIsTakenWhereItIsAskedFor) {
  const std::string text = OpenAndUse(IoBackend::kPosix, FreshPath("drivers"));
  EXPECT_EQ(text, "works with posix, unregistered: buffers are registered with io_uring only; ");
}

TEST(DriversTest, AContainerThatForbidsRingsIsNamed) {
  const std::string path = FreshPath("drivers");
  const std::string text = InChild([&] {
    if (!ForbidRings(EPERM)) return std::string("cannot forbid rings");
    return OpenAndUse(IoBackend::kAuto, path) + "\n" + OpenAndUse(IoBackend::kUring, path);
  });
  const std::string cause =
      "set up ring io_uring: EPERM (Operation not permitted); io_uring is forbidden here: by "
      "sysctl "
      "kernel.io_uring_disabled, or by a container's seccomp profile that must allow "
      "io_uring_setup, io_uring_enter and io_uring_register; io_backend=posix works without";
  EXPECT_EQ(text,
            "works with posix, unregistered: buffers are registered with io_uring only; "
            "IO error: " +
                cause + "\nIO error: " + cause);
}

TEST(DriversTest, WhatElseIsMissingIsNamed) {
  const auto open_with = [](int error) {
    return InChild([error] {
      if (!ForbidRings(error)) return std::string("cannot forbid rings");
      auto disk = OpenDisk({.backend = IoBackend::kUring});
      return disk.ok() ? std::string("opened") : disk.status().ToString();
    });
  };
  EXPECT_EQ(open_with(EMFILE),
            "IO error: set up ring io_uring: EMFILE (Too many open files); raise the limit of open "
            "files (ulimit -n, LimitNOFILE)");
  EXPECT_EQ(
      open_with(ENOSYS),
      "NotSupported: set up ring io_uring: ENOSYS (Function not implemented); this kernel has "
      "no io_uring (it came with 5.1); io_backend=posix works without");
  EXPECT_EQ(
      open_with(ENOMEM),
      "OutOfMemory: set up ring io_uring: ENOMEM (Cannot allocate memory); raise the limit of "
      "locked memory (ulimit -l, LimitMEMLOCK)");
}

TEST(DriversTest, TooLittleLockedMemoryIsNamedAndDoneWithout) {
  const std::string path = FreshPath("drivers");
  const std::string text = InChild([&] {
    auto disk = OpenDisk({.arena_bytes_max = 4 * kMiB});
    if (!disk.ok()) return disk.status().ToString();
    auto directory = (*disk)->OpenDirectory(path, true);
    // Root may lock without limit: become somebody else, who owns the directory.
    const rlimit limit = {kMiB, kMiB};
    if (!directory.ok() || setrlimit(RLIMIT_MEMLOCK, &limit) != 0) return std::string("no limit");
    if (geteuid() == 0 && (chown(path.c_str(), 65534, 65534) != 0 || setuid(65534) != 0)) {
      return std::string("cannot become an ordinary user");
    }
    auto later = OpenDisk({.arena_bytes_max = 4 * kMiB});
    if (!later.ok()) return later.status().ToString();
    const std::string use = WriteAndRead(later->get(), directory->get());
    const DiskFacts facts = (*later)->Facts();
    return use + " with " + facts.driver + ", " + facts.registered_reason;
  });
  EXPECT_EQ(text,
            "works with uring, OutOfMemory: register buffers 2 MiB: ENOMEM (Cannot allocate "
            "memory); raise the limit of locked memory (ulimit -l, LimitMEMLOCK)");
}

}  // namespace
}  // namespace treering::io
