#include "tests/kernel/mounted.h"

#include <sched.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>

namespace treering::testing {
namespace {

// What is mounted is for this process and its children alone, and goes with them. Where that is
// refused, everybody sees it.
void HideMounts() {
  static const bool hidden =
      unshare(CLONE_NEWNS) == 0 && mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) == 0;
  (void)hidden;
}

}  // namespace

bool RunCommand(const std::string& command) {
  return std::system(("PATH=$PATH:/usr/sbin:/sbin " + command + " >/dev/null 2>&1").c_str()) == 0;
}

Mounted::Mounted(const std::string& type, uint64_t mib, const Options& options)
    : dir_(options.open_to_all), point_(dir_.File("mnt")) {
  HideMounts();
  std::filesystem::create_directory(point_);
  if (options.open_to_all) {
    std::filesystem::permissions(dir_.path(), std::filesystem::perms(0711));
  }
  if (geteuid() != 0) {
    why_ = "mounting needs root";
  } else if (type == "tmpfs") {
    const std::string size = "size=" + std::to_string(mib) + "m";
    if (mount("none", point_.c_str(), "tmpfs", 0, size.c_str()) != 0) why_ = std::strerror(errno);
  } else {
    const std::string image = dir_.File("image");
    std::ofstream(image).close();
    std::filesystem::resize_file(image, mib << 20);
    const std::string quiet = type == "ext4" ? " -q -F " : " -q -f ";
    if (!RunCommand("mkfs." + type + quiet + options.mkfs + " " + image)) {
      why_ = "mkfs." + type + " is missing or refuses " + options.mkfs;
    } else if (!RunCommand("mount -o loop" + (options.mount.empty() ? "" : "," + options.mount) +
                           " -t " + type + " " + image + " " + point_)) {
      why_ = "the kernel does not mount " + type + " here " + options.mount;
    }
  }
  mounted_ = why_.empty();
}

Mounted::~Mounted() {
  if (mounted_) (void)umount2(point_.c_str(), MNT_DETACH);
}

std::string Mounted::DeviceNumbers() const {
  struct stat info = {};
  EXPECT_EQ(stat(point_.c_str(), &info), 0) << point_;
  return std::to_string(major(info.st_dev)) + ":" + std::to_string(minor(info.st_dev));
}

std::string Mounted::Device() const {
  std::error_code error;
  const auto link = std::filesystem::read_symlink("/sys/dev/block/" + DeviceNumbers(), error);
  EXPECT_FALSE(error) << error.message();
  return "/dev/" + link.filename().string();
}

}  // namespace treering::testing
