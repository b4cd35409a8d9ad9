#include "engine/io/drivers.h"

#include <utility>

#include "engine/io/posix_disk.h"
#include "engine/io/uring_disk.h"

namespace treering::io {

Result<std::unique_ptr<Disk>> OpenDisk(const DiskOptions& options) {
  if (options.backend == IoBackend::kPosix) return OpenPosixDisk(options);
  auto uring = UringDisk::Open(options);
  if (uring.ok() || options.backend == IoBackend::kUring) return uring;
  return std::unique_ptr<Disk>(std::make_unique<PosixDisk>(options, uring.status().ToString()));
}

std::unique_ptr<Disk> OpenPosixDisk(const DiskOptions& options) {
  return std::make_unique<PosixDisk>(options, "");
}

}  // namespace treering::io
