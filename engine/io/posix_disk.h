// PosixDisk: the real file system by plain calls, for where io_uring is not to be had.
//
// Owner: as Disk.
// Threads: as Disk.
// Invariants:
//   1. Same results as the uring driver: files and directories are the same classes.
#ifndef TREERING_ENGINE_IO_POSIX_DISK_H_
#define TREERING_ENGINE_IO_POSIX_DISK_H_

#include <memory>
#include <string>

#include "engine/io/disk.h"
#include "engine/io/drivers.h"
#include "engine/io/fallbacks.h"

namespace treering::io {

class PosixDisk final : public Disk {
 public:
  // `fallback_reason`: why not uring; empty when it was asked for.
  PosixDisk(const DiskOptions& options, const std::string& fallback_reason);

  Result<std::unique_ptr<Queue>> NewQueue(uint32_t depth) override;
  Result<std::unique_ptr<Directory>> OpenDirectory(const std::string& path, bool create) override;
  Status RemoveDirectory(const std::string& path) override;
  BufferArena* arena() override { return &arena_; }
  DiskFacts Facts() override;

 private:
  Fallbacks fallbacks_;
  BufferArena arena_;
};

}  // namespace treering::io

#endif  // TREERING_ENGINE_IO_POSIX_DISK_H_
