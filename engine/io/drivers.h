// The real drivers: how a Disk is made.
//
// Owner: the caller owns the Disk.
// Threads: any.
// Invariants:
//   1. kAuto gives uring, or posix with Facts().fallback_reason saying why; kUring gives uring or
//      an error that names cause and remedy.
#ifndef TREERING_ENGINE_IO_DRIVERS_H_
#define TREERING_ENGINE_IO_DRIVERS_H_

#include <cstdint>
#include <functional>
#include <memory>

#include "api/options.h"
#include "api/result.h"
#include "engine/io/disk.h"

namespace treering::io {

struct DiskOptions {
  IoBackend backend = IoBackend::kAuto;
  uint64_t arena_bytes_max = 256ull << 20;
  uint64_t memory_bytes_max = UINT64_MAX;  // as BufferArena::Options::total_bytes_max
  bool huge_pages = true;
  bool sqpoll = false;
  // Called when Facts() begin to name a fast path that is off (see Fallbacks for what it may do).
  std::function<void()> on_fallback = {};
};

Result<std::unique_ptr<Disk>> OpenDisk(const DiskOptions& options);

// Never fails: plain pread and pwrite on the calling thread.
std::unique_ptr<Disk> OpenPosixDisk(const DiskOptions& options);

}  // namespace treering::io

#endif  // TREERING_ENGINE_IO_DRIVERS_H_
