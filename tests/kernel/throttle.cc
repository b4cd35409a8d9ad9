#include "tests/kernel/throttle.h"

#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <fstream>
#include <sstream>

#include "engine/base/thread.h"

namespace treering::testing {
namespace {

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
  const std::string group =
      mount + "/treering-test." + std::to_string(getpid()) + "." + std::to_string(++made);
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
