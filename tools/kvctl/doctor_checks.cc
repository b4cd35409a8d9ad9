#include "tools/kvctl/doctor_checks.h"

#include <linux/magic.h>
#include <sys/resource.h>
#include <sys/statvfs.h>
#include <sys/utsname.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <string_view>
#include <system_error>

#include "tools/kvctl/byte_size.h"
#include "tools/kvctl/direct_io_trial.h"

namespace treering::kvctl {
namespace {

// Not in linux/magic.h of every release.
constexpr uint64_t kXfs = 0x58465342;
constexpr uint64_t kZfs = 0x2fc12fc1;
constexpr uint64_t kBcachefs = 0xca451a4e;
constexpr uint64_t kCifs = 0xff534d42;

struct FileSystem {
  uint64_t magic;
  const char* name;
  Verdict verdict;
  const char* remedy;
};

constexpr const char* kNetworkRemedy =
    "use a local disk: a network file system may keep neither locks nor order of writes";
constexpr const char* kMemoryRemedy = "for tests only: everything is gone after a reboot";

constexpr std::array<FileSystem, 12> kFileSystems = {{
    {EXT4_SUPER_MAGIC, "ext4", Verdict::kOk, ""},
    {kXfs, "xfs", Verdict::kOk, ""},
    {F2FS_SUPER_MAGIC, "f2fs", Verdict::kOk, ""},
    {BTRFS_SUPER_MAGIC, "btrfs", Verdict::kWarn,
     "turn copy-on-write off for the directory before it has files (chattr +C), or use ext4 or "
     "xfs"},
    {kBcachefs, "bcachefs", Verdict::kWarn, "prefer ext4 or xfs"},
    {kZfs, "zfs", Verdict::kWarn, "prefer ext4 or xfs: zfs may make direct I/O buffered"},
    {TMPFS_MAGIC, "tmpfs", Verdict::kWarn, kMemoryRemedy},
    {RAMFS_MAGIC, "ramfs", Verdict::kWarn, kMemoryRemedy},
    {OVERLAYFS_SUPER_MAGIC, "overlayfs", Verdict::kWarn,
     "put the database on a volume: overlayfs copies files and is gone with its container"},
    {NFS_SUPER_MAGIC, "nfs", Verdict::kWarn, kNetworkRemedy},
    {kCifs, "cifs", Verdict::kWarn, kNetworkRemedy},
    {FUSE_SUPER_MAGIC, "fuse", Verdict::kWarn, "use a local disk with ext4 or xfs"},
}};

std::string ReadLine(const char* path) {
  std::ifstream file(path);
  std::string line;
  std::getline(file, line);
  return line;
}

// The value of "name: value" in `facts`; empty when it is not there.
std::string Fact(const std::vector<std::string>& facts, std::string_view name) {
  for (const std::string& fact : facts) {
    if (fact.starts_with(name) && fact.substr(name.size(), 2) == ": ") {
      return fact.substr(name.size() + 2);
    }
  }
  return "";
}

// Whether what this process locks counts towards no limit: CAP_IPC_LOCK, which root has outside of
// containers.
bool MayLockAll() {
  constexpr uint64_t kIpcLock = 1u << 14;
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);) {
    unsigned long long effective = 0;
    if (std::sscanf(line.c_str(), "CapEff: %llx", &effective) == 1) {
      return (effective & kIpcLock) != 0;
    }
  }
  return false;
}

Finding CheckRing(const std::vector<std::string>& facts) {
  const std::string driver = Fact(facts, "driver");
  if (driver == "uring") {
    const std::string flags = Fact(facts, "ring_flags");
    return {Verdict::kOk, "io_uring", "on" + (flags.empty() ? "" : ", flags " + flags), ""};
  }
  const std::string disabled = ReadLine("/proc/sys/kernel/io_uring_disabled");
  std::string why = Fact(facts, "driver_fallback");
  std::string remedy = "in a container: allow io_uring_setup, io_uring_enter and io_uring_register";
  if (why.empty()) {
    why = "not asked for (--io posix)";
    remedy = "leave out --io to have it";
  } else if (!disabled.empty() && disabled != "0") {
    why += "; kernel.io_uring_disabled is " + disabled;
    remedy = "as root: sysctl kernel.io_uring_disabled=0";
  }
  return {Verdict::kWarn, "io_uring", "off, plain calls instead (driver " + driver + "): " + why,
          remedy};
}

Finding CheckRegistration(const std::vector<std::string>& facts, const IoTrial& trial) {
  const std::string name = "registered buffers";
  if (Fact(facts, "registered_buffers") != "yes") {
    const std::string why = Fact(facts, "registered_buffers_off");
    return {Verdict::kWarn, name, "off" + (why.empty() ? "" : ": " + why),
            Fact(facts, "driver") == "uring"
                ? "raise the limit of locked memory: ulimit -l unlimited"
                : "they come with io_uring"};
  }
  if (!trial.error.empty()) {
    return {Verdict::kWarn, name, "could not be tried: " + trial.error,
            "TMPDIR names a folder where a trial may write"};
  }
  if (trial.with_registration == 0) {
    return {Verdict::kWarn, name,
            "off: none of the " + FormatCount(trial.requests) + " requests of a trial used one",
            "'kvctl doctor -v' prints what the engine has to say"};
  }
  const Result<uint64_t> locked = ParseNumber(Fact(facts, "locked_bytes"));
  return {Verdict::kOk, name,
          "on: " + FormatCount(trial.with_registration) + " transfers of a trial used one; " +
              FormatByteSize(locked.ok() ? *locked : 0) +
              " are registered and so kept in memory, more as it is needed",
          ""};
}

// The nearest directory above `path` that exists, or `path` itself.
std::filesystem::path NearestDirectory(const std::string& path) {
  std::error_code error;
  std::filesystem::path directory = std::filesystem::absolute(path, error);
  while (!std::filesystem::is_directory(directory, error) && directory.has_relative_path()) {
    directory = directory.parent_path();
  }
  return directory;
}

Finding CheckDirect(const std::string& directory) {
  const DirectIoTrial trial = TryDirectIo(directory);
  switch (trial.outcome) {
    case DirectIoTrial::Outcome::kWorks:
      return {Verdict::kOk, "O_DIRECT", "on: 4 KiB were written and read back with direct I/O", ""};
    case DirectIoTrial::Outcome::kReads:
      return {Verdict::kOk, "O_DIRECT",
              "on: 4 KiB were read with direct I/O from " + trial.subject +
                  "; writing was not tried (" + trial.reason + ")",
              ""};
    case DirectIoTrial::Outcome::kRefused:
      return {Verdict::kWarn, "O_DIRECT", "off: this file system has no direct I/O",
              "use ext4 or xfs; until then I/O goes through the page cache"};
    case DirectIoTrial::Outcome::kUnknown:
      break;
  }
  return {Verdict::kWarn, "O_DIRECT",
          "direct I/O could not be tried in " + directory + ": " + trial.reason,
          "check permissions, limits and space, or try again when the database has files"};
}

}  // namespace

Finding CheckKernel() {
  utsname name = {};
  if (uname(&name) != 0) return {Verdict::kWarn, "kernel", "unknown", "check uname"};
  unsigned major = 0;
  unsigned minor = 0;
  std::sscanf(name.release, "%u.%u", &major, &minor);
  const std::string what = std::string(name.sysname) + " " + name.release + " " + name.machine;
  if (major > 6 || (major == 6 && minor >= 1)) return {Verdict::kOk, "kernel", what, ""};
  return {Verdict::kWarn, "kernel", what,
          "6.1 or newer has all of io_uring that is used here, 6.12 shares registered buffers"};
}

std::vector<Finding> CheckRuntime(const std::vector<std::string>& facts, const IoTrial& trial,
                                  const std::string& error) {
  if (!error.empty()) {
    return {{Verdict::kProblem, "io_uring", error, "--io auto does without it"},
            {Verdict::kProblem, "registered buffers", "off: there is no runtime", "as above"}};
  }
  return {CheckRing(facts), CheckRegistration(facts, trial)};
}

Finding CheckLockedMemory(uint64_t memory_budget) {
  rlimit limit = {};
  if (getrlimit(RLIMIT_MEMLOCK, &limit) != 0) return {Verdict::kWarn, "memlock", "unknown", ""};
  if (limit.rlim_cur == RLIM_INFINITY)
    return {Verdict::kOk, "memlock", "RLIMIT_MEMLOCK unlimited", ""};
  const std::string what = "RLIMIT_MEMLOCK " + FormatByteSize(limit.rlim_cur) + ", memory budget " +
                           FormatByteSize(memory_budget);
  if (limit.rlim_cur >= memory_budget) return {Verdict::kOk, "memlock", what, ""};
  if (MayLockAll()) {
    return {Verdict::kOk, "memlock", what + "; CAP_IPC_LOCK is there, so nothing is counted", ""};
  }
  return {Verdict::kWarn, "memlock", what,
          "let it cover the budget: ulimit -l, memlock in /etc/security/limits.conf or "
          "LimitMEMLOCK= of systemd"};
}

Finding CheckOpenFiles() {
  constexpr rlim_t kEnough = 4096;
  rlimit limit = {};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return {Verdict::kWarn, "open files", "unknown", ""};
  const std::string what =
      "RLIMIT_NOFILE " +
      (limit.rlim_cur == RLIM_INFINITY ? std::string("unlimited") : FormatCount(limit.rlim_cur));
  if (limit.rlim_cur >= kEnough) return {Verdict::kOk, "open files", what, ""};
  return {Verdict::kWarn, "open files", what, "a large database has thousands: ulimit -n 65536"};
}

Finding JudgeFileSystemType(uint64_t magic) {
  for (const FileSystem& known : kFileSystems) {
    if (known.magic == magic) return {known.verdict, "file system", known.name, known.remedy};
  }
  char text[48];
  std::snprintf(text, sizeof text, "of type 0x%llx", static_cast<unsigned long long>(magic));
  return {Verdict::kWarn, "file system", text, "not tried with it; ext4 and xfs are"};
}

Finding JudgeFreeSpace(uint64_t free_bytes, uint64_t total_bytes) {
  constexpr uint64_t kTooLittle = 256ull << 20;  // a few tables and log segments
  const std::string what = FormatByteSize(free_bytes) + " free of " + FormatByteSize(total_bytes);
  if (free_bytes < kTooLittle) {
    return {Verdict::kProblem, "free space", what,
            "make room: compaction writes new tables before it deletes old ones"};
  }
  if (free_bytes < total_bytes / 20) {
    return {Verdict::kWarn, "free space", what,
            "less than 5 % is left: writes slow down, then stop"};
  }
  return {Verdict::kOk, "free space", what, ""};
}

std::vector<Finding> CheckFileSystem(const std::string& path) {
  const std::filesystem::path directory = NearestDirectory(path);
  struct statfs type = {};
  struct statvfs space = {};
  if (::statfs(directory.c_str(), &type) != 0 || ::statvfs(directory.c_str(), &space) != 0) {
    return {{Verdict::kProblem, "file system", directory.string() + ": " + std::strerror(errno),
             "check the path"}};
  }
  std::vector<Finding> findings;
  findings.push_back(JudgeFileSystemType(static_cast<uint32_t>(type.f_type)));
  findings.back().what += " at " + directory.string();
  findings.push_back(CheckDirect(directory.string()));
  findings.push_back(JudgeFreeSpace(static_cast<uint64_t>(space.f_bavail) * space.f_frsize,
                                    static_cast<uint64_t>(space.f_blocks) * space.f_frsize));
  if ((space.f_flag & ST_RDONLY) != 0) {
    findings.push_back({Verdict::kWarn, "writable", "the file system is mounted read-only",
                        "reading commands work; remount it to write"});
  } else if (::access(directory.c_str(), W_OK | X_OK) != 0) {
    findings.push_back({Verdict::kWarn, "writable", directory.string() + ": no permission to write",
                        "reading commands may work; chown or chmod it to write"});
  } else {
    findings.push_back({Verdict::kOk, "writable", "yes", ""});
  }
  return findings;
}

}  // namespace treering::kvctl
