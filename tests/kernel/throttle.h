// Throttle: a control group whose block I/O can be slowed down, for a child process to enter.
//
// Owner: the test.
// Threads: one; Enter in the child.
// Invariants:
//   1. The group is removed at its end, once its processes are gone; what was held back goes out
//      then at the latest.
#ifndef TREERING_TESTS_KERNEL_THROTTLE_H_
#define TREERING_TESTS_KERNEL_THROTTLE_H_

#include <cstdint>
#include <string>

namespace treering::testing {

class Throttle {
 public:
  Throttle();
  ~Throttle();
  Throttle(const Throttle&) = delete;
  Throttle& operator=(const Throttle&) = delete;

  // Empty, or what is missing here: a reason to skip.
  const std::string& why() const { return why_; }
  // Puts the calling process into the group.
  bool Enter() const;
  // What the group may write to the device ("7:3") in a second; 0 for as much as it likes.
  bool LimitWrites(const std::string& device_numbers, uint64_t bytes_per_second) const;

 private:
  std::string group_;
  std::string why_;
  bool is_v2_ = false;
};

}  // namespace treering::testing

#endif  // TREERING_TESTS_KERNEL_THROTTLE_H_
