#include "tests/kernel/throttle.h"

#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string_view>

#include "engine/base/thread.h"

namespace treering::testing {
namespace {

constexpr std::string_view kGroupName = "treering-test.";

// Where the controller of block I/O is mounted; empty when it is not.
std::string FindMount(bool v2) {
  std::ifstream mounts("/proc/self/mounts");
  for (std::string line; std::getline(mounts, line);) {
    std::istringstream words(line);
    std::string device;
    std::string point;
    std::string type;
    std::string options;
    words >> device >> point >> type >> options;
    if (v2 && type == "cgroup2") {
      std::string controllers;
      std::getline(std::ifstream(point + "/cgroup.controllers"), controllers);
      if ((" " + controllers + " ").find(" io ") != std::string::npos) return point;
    }
    if (!v2 && type == "cgroup" && ("," + options + ",").find(",blkio,") != std::string::npos) {
      return point;
    }
  }
  return "";
}

// Groups of tests that were killed.
void RemoveStale(const std::string& mount) {
  std::error_code ignored;
  for (const auto& entry : std::filesystem::directory_iterator(mount, ignored)) {
    const std::string name = entry.path().filename();
    if (!name.starts_with(kGroupName)) continue;
    const auto pid = static_cast<pid_t>(std::atol(name.c_str() + kGroupName.size()));
    if (pid > 0 && kill(pid, 0) != 0 && errno == ESRCH) (void)rmdir(entry.path().c_str());
  }
}

bool WriteTo(const std::string& path, const std::string& text) {
  std::ofstream file(path);
  file << text << std::flush;
  return file.good();
}

}  // namespace

Throttle::Throttle() {
  static int made = 0;
  std::string mount = FindMount(false);
  if (mount.empty()) {
    mount = FindMount(true);
    is_v2_ = true;
    // Refused where processes stand in the root of a subtree: then the group has no io.max.
    if (!mount.empty()) (void)WriteTo(mount + "/cgroup.subtree_control", "+io");
  }
  if (mount.empty()) {
    why_ = "no control group of block I/O (blkio, or io of version 2) is mounted";
    return;
  }
  RemoveStale(mount);
  const std::string group = mount + "/" + std::string(kGroupName) + std::to_string(getpid()) + "." +
                            std::to_string(++made);
  if (mkdir(group.c_str(), 0755) != 0) {
    why_ = "mkdir " + group + ": " + std::strerror(errno);
    return;
  }
  group_ = group;
  const std::string limits = group_ + (is_v2_ ? "/io.max" : "/blkio.throttle.write_bps_device");
  if (access(limits.c_str(), W_OK) != 0) {
    why_ = limits + " is not there: this kernel does not throttle block I/O";
  }
}

Throttle::~Throttle() {
  if (group_.empty()) return;
  for (int i = 0; rmdir(group_.c_str()) != 0 && errno == EBUSY && i < 500; ++i) {
    base::SleepNanos(10'000'000);
  }
}

bool Throttle::Enter() const { return WriteTo(group_ + "/cgroup.procs", "0"); }

bool Throttle::LimitWrites(const std::string& device_numbers, uint64_t bytes_per_second) const {
  const std::string rate =
      bytes_per_second == 0 && is_v2_ ? "max" : std::to_string(bytes_per_second);
  return is_v2_ ? WriteTo(group_ + "/io.max", device_numbers + " wbps=" + rate)
                : WriteTo(group_ + "/blkio.throttle.write_bps_device", device_numbers + " " + rate);
}

}  // namespace treering::testing
