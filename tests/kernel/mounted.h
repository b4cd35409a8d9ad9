// Mounted: a file system of its own for a test, in an image file on a loop device (or tmpfs).
//
// Owner: the test; what is open on it is closed first.
// Threads: one.
// Invariants:
//   1. Unmounted at its end, whatever the test did, and when the process is killed; the loop device
//      goes with it.
#ifndef TREERING_TESTS_KERNEL_MOUNTED_H_
#define TREERING_TESTS_KERNEL_MOUNTED_H_

#include <cstdint>
#include <string>

#include "tests/support/temp_dir.h"

namespace treering::testing {

// Whether an administrator's command, its output dropped, succeeded.
bool RunCommand(const std::string& command);

class Mounted {
 public:
  struct Options {
    std::string mkfs;   // more of what mkfs is told
    std::string mount;  // and mount, after "loop"
    bool open_to_all = false;
  };

  // `type`: ext4, xfs, btrfs or tmpfs.
  Mounted(const std::string& type, uint64_t mib) : Mounted(type, mib, Options()) {}
  Mounted(const std::string& type, uint64_t mib, const Options& options);
  ~Mounted();
  Mounted(const Mounted&) = delete;
  Mounted& operator=(const Mounted&) = delete;

  // Empty, or what is missing here: a reason to skip.
  const std::string& why() const { return why_; }
  const std::string& point() const { return point_; }
  std::string File(const std::string& name) const { return point_ + "/" + name; }
  // Of the block device, "7:3" and "/dev/loop3".
  std::string DeviceNumbers() const;
  std::string Device() const;

 private:
  TempDir dir_;
  std::string point_;
  std::string why_;
  bool mounted_ = false;
};

}  // namespace treering::testing

#endif  // TREERING_TESTS_KERNEL_MOUNTED_H_
