#include "bench/environment.h"

#include <sys/utsname.h>

#include <filesystem>
#include <fstream>
#include <sstream>

namespace treering::bench {
namespace {

std::string ReadAll(const std::string& path) {
  std::ifstream file(path);
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

bool IsBelow(std::string_view path, std::string_view directory) {
  if (directory == "/") return true;
  return path.starts_with(directory) &&
         (path.size() == directory.size() || path[directory.size()] == '/');
}

}  // namespace

// A line: "36 35 98:0 /root /mount rw,noatime master:1 - ext3 /dev/root rw".
MountFacts FindMount(std::string_view mountinfo, std::string_view path) {
  MountFacts facts;
  std::istringstream lines{std::string(mountinfo)};
  for (std::string line; std::getline(lines, line);) {
    std::istringstream words(line);
    std::string skip;
    std::string mount_point;
    words >> skip >> skip >> skip >> skip >> mount_point;
    while (words >> skip && skip != "-") {
    }
    std::string file_system;
    std::string device;
    // A later mount hides an earlier one at the same place.
    if (!(words >> file_system >> device) || !IsBelow(path, mount_point) ||
        mount_point.size() < facts.mount_point.size()) {
      continue;
    }
    facts = {device, file_system, mount_point};
  }
  return facts;
}

MountFacts MountOf(const std::string& directory) {
  std::error_code error;
  const std::filesystem::path path =
      std::filesystem::weakly_canonical(std::filesystem::absolute(directory, error), error);
  return FindMount(ReadAll("/proc/self/mountinfo"), path.string());
}

std::string CpuText() {
  std::ifstream file("/proc/cpuinfo");
  int count = 0;
  std::string model = "unknown";
  for (std::string line; std::getline(file, line);) {
    if (!line.starts_with("model name")) continue;
    ++count;
    const size_t colon = line.find(": ");
    if (colon != std::string::npos) model = line.substr(colon + 2);
  }
  return std::to_string(count) + " * " + model;
}

std::string KernelText() {
  utsname name = {};
  if (uname(&name) != 0) return "unknown";
  return std::string(name.sysname) + " " + name.release;
}

}  // namespace treering::bench
