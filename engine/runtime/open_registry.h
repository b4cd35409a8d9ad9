// OpenRegistry: which database directories are open in this process, whatever their Runtime or
// path.
//
// Owner: nobody; one per process, never destroyed.
// Threads: any.
// Invariants:
//   1. One claim per (device, inode) at a time; the second gets Busy, naming the first one's path.
#ifndef TREERING_ENGINE_RUNTIME_OPEN_REGISTRY_H_
#define TREERING_ENGINE_RUNTIME_OPEN_REGISTRY_H_

#include <cstdint>
#include <string>

#include "api/result.h"

namespace treering::runtime {

// Holds a directory as open; letting go of it gives it back.
class OpenClaim {
 public:
  OpenClaim() = default;
  OpenClaim(OpenClaim&& other) noexcept;
  OpenClaim& operator=(OpenClaim&& other) noexcept;
  ~OpenClaim();

  explicit operator bool() const { return held_; }

 private:
  friend class OpenRegistry;
  uint64_t device_ = 0;
  uint64_t inode_ = 0;
  bool held_ = false;
};

class OpenRegistry {
 public:
  static Result<OpenClaim> Claim(uint64_t device, uint64_t inode, const std::string& path);
  static size_t OpenCount();
};

}  // namespace treering::runtime

#endif  // TREERING_ENGINE_RUNTIME_OPEN_REGISTRY_H_
