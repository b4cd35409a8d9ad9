// The ladder from uring to posix, each rung in a child process that lacks something.
#include "engine/io/drivers.h"

#include <fcntl.h>
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
#include <memory>
#include <string>
#include <vector>

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

// From now on the calling thread's `call` answers `error`, as in a container: always, or only when
// argument number `argument` has all of `bits`.
bool Refuse(long call, int error, uint32_t argument = 0, uint32_t bits = 0) {
  const auto low = static_cast<uint32_t>(offsetof(seccomp_data, args) + argument * 8);
  sock_filter filter[] = {
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr)),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, static_cast<uint32_t>(call), 0, 4),
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, low),
      BPF_STMT(BPF_ALU | BPF_AND | BPF_K, bits),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, bits, 0, 1),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | static_cast<uint32_t>(error)),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
  };
  const sock_fprog program = {.len = 7, .filter = filter};
  return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
         prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == 0;
}

bool ForbidRings(int error) { return Refuse(SYS_io_uring_setup, error); }

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

TEST(DriversTest, AContainerThatForbidsOnlyToEnterRingsIsNamed) {
  const std::string path = FreshPath("drivers");
  const std::string text = InChild([&] {
    if (!Refuse(SYS_io_uring_enter, EPERM)) return std::string("cannot forbid rings");
    return OpenAndUse(IoBackend::kAuto, path);
  });
  EXPECT_TRUE(text.starts_with("works with posix, ")) << text;
  EXPECT_NE(text.find("enter ring io_uring: EPERM (Operation not permitted); io_uring is forbidden "
                      "here"),
            std::string::npos)
      << text;
}

// A disk whose ring the kernel will refuse to enter, once it is open.
struct Doomed {
  explicit Doomed(const std::string& path, bool movable)
      : disk(OpenDisk({.backend = IoBackend::kUring, .arena_bytes_max = 64 * kMiB}).value()),
        queue((movable ? disk->NewMovableQueue(64) : disk->NewQueue(64)).value()),
        directory(disk->OpenDirectory(path, true).value()),
        file(directory->Open("f", {.mode = OpenMode::kCreate}).value()) {
    Request allocate = Request::Allocate(file.get(), 32 * kMiB);
    good = disk->arena()->GrowTo(32 * kMiB) && queue->Run(&allocate).ok();
  }
  ~Doomed() {
    for (std::byte* const slab : slabs) disk->arena()->FreeSlab(slab);
  }

  std::unique_ptr<Disk> disk;
  std::unique_ptr<Queue> queue;
  std::unique_ptr<Directory> directory;
  std::unique_ptr<File> file;
  std::vector<std::byte*> slabs;
  bool good = false;
};

TEST(DriversTest, ARingThatTheKernelRefusesFailsItsRequestsAndNobodyElse) {
  for (const bool movable : {false, true}) {
    const std::string path = FreshPath("drivers");
    const std::string text = InChild([&] {
      Doomed doomed(path, movable);
      if (!doomed.good || !Refuse(SYS_io_uring_enter, EBADF)) return std::string("no doom");
      doomed.slabs.push_back(doomed.disk->arena()->AllocateSlab());
      std::byte* const data = doomed.slabs.back();
      std::string said;
      const auto run = [&](Request request) {
        said += std::string(StatusCodeName(doomed.queue->Run(&request).code())) + " ";
      };
      Request sync = Request::Sync(doomed.file.get(), doomed.file->Completed());
      Request write = Request::Write(doomed.file.get(), 4096, {data, 4096});
      doomed.queue->Submit(&write);  // with a plain call behind it, in one round
      run(sync);
      run(Request::Write(doomed.file.get(), 0, {data, 4096}));
      Request* out[4];
      said += std::to_string(doomed.queue->Wait(out, 1, kNoTimeout)) + " ";
      said += doomed.queue->stats().broken_cause;
      // What the kernel never took needs no quarantine.
      if (doomed.disk->arena()->Quarantined(data, 4096)) said += " quarantined";
      Request left = Request::Write(doomed.file.get(), 0, {data, 4096});
      doomed.queue->Submit(&left);
      doomed.queue.reset();
      if (doomed.file->in_flight() != 0) said += " in flight";
      return said;
    });
    EXPECT_EQ(text, "Failed Failed 1 the kernel refuses the ring");
  }
}

TEST(DriversTest, WhatTheKernelNeverGivesBackIsGivenUpAndItsMemoryNotUsedAgain) {
  const std::string path = FreshPath("drivers");
  const std::string text = InChild([&] {
    Doomed doomed(path, /*movable=*/false);
    std::vector<Request> reads;
    for (uint64_t i = 0; i < 14; ++i) {
      doomed.slabs.push_back(doomed.disk->arena()->AllocateSlab());
      // Written, so that reading it takes the device's time.
      Request write =
          Request::Write(doomed.file.get(), i * 2 * kMiB, {doomed.slabs.back(), 2 * kMiB});
      if (!doomed.queue->Run(&write).ok()) return std::string("not written");
      reads.push_back(
          Request::Read(doomed.file.get(), i * 2 * kMiB, {doomed.slabs.back(), 2 * kMiB}));
    }
    for (Request& read : reads) doomed.queue->Submit(&read);
    std::vector<Request*> out(reads.size());
    size_t back = doomed.queue->Poll(out);  // the kernel has them now
    // Its completions come by entering only.
    if (!doomed.good || !Refuse(SYS_io_uring_enter, EBADF)) return std::string("no doom");
    while (back < reads.size()) back += doomed.queue->Wait(out, 1, kNoTimeout);
    size_t given_up = 0;
    for (const Request& read : reads) {
      given_up += read.error == ENOTRECOVERABLE &&
                  doomed.disk->arena()->Quarantined(read.data, read.length);
    }
    const uint64_t lost = given_up * 2 * kMiB;
    for (std::byte* const slab : doomed.slabs) doomed.disk->arena()->FreeSlab(slab);
    doomed.slabs.clear();
    while (std::byte* const slab = doomed.disk->arena()->AllocateSlab()) {
      doomed.slabs.push_back(slab);
      if (doomed.disk->arena()->Quarantined(slab, 2 * kMiB)) return std::string("used again");
    }
    if (doomed.slabs.size() * 2 * kMiB + lost != 64 * kMiB) return std::string("other sizes");
    return std::string(given_up > 0 ? "given up" : "nothing was left");
  });
  EXPECT_EQ(text, "given up");
}

TEST(DriversTest, AFileWithoutDirectIoIsNamed) {
  const std::string path = FreshPath("drivers");
  const std::string text = InChild([&] {
    int told = 0;
    auto disk = OpenDisk({.arena_bytes_max = 4 * kMiB, .on_fallback = [&] { ++told; }});
    if (!disk.ok() || !Refuse(SYS_fcntl, EINVAL, 2, O_DIRECT)) return std::string("no refusal");
    const std::string before = (*disk)->Facts().direct_io ? "yes, then " : "no, then ";
    auto directory = (*disk)->OpenDirectory(path, true);
    const std::string use = WriteAndRead(disk->get(), directory->get());
    auto other = (*directory)->Open("other", {.mode = OpenMode::kCreate});
    const DiskFacts facts = (*disk)->Facts();
    return before + (facts.direct_io ? "yes" : "no: " + facts.direct_io_reason) + "; " + use +
           ", told " + std::to_string(told);
  });
  EXPECT_EQ(text, "yes, then no: " + path + "/f: the file system refuses O_DIRECT; works, told 1");
}

TEST(DriversTest, ACreateThatFailsLeavesNoFile) {
  const std::string path = FreshPath("drivers");
  const std::string text = InChild([&] {
    auto disk = OpenPosixDisk({});
    auto directory = disk->OpenDirectory(path, true);
    if (!directory.ok() || !Refuse(SYS_fchmod, EIO)) return std::string("no refusal");
    auto file = (*directory)->Open("f", {.mode = OpenMode::kCreate});
    return std::string(StatusCodeName(file.status().code())) + ", " +
           std::to_string((*directory)->List()->size()) + " files";
  });
  EXPECT_EQ(text, "IO error, 0 files");
}

TEST(DriversTest, OpeningADirectoryToCreateItSyncsItsParentThoughItIsThere) {
  const std::string path = FreshPath("drivers");
  const std::string text = InChild([&] {
    auto disk = OpenPosixDisk({});
    // Whoever made it may have died before it was durable.
    if (!disk->OpenDirectory(path, true).ok()) return std::string("no directory");
    if (!Refuse(SYS_fsync, EIO)) return std::string("no refusal");
    return disk->OpenDirectory(path, true).status().ToString() + "; " +
           disk->OpenDirectory(path, false).status().ToString();
  });
  EXPECT_TRUE(text.starts_with("IO error: sync directory ")) << text;
  EXPECT_TRUE(text.ends_with("; OK")) << text;
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
