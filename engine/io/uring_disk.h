// UringDisk: the real file system through io_uring, one ring a queue, arena registered once.
//
// Owner: as Disk.
// Threads: as Disk.
// Invariants:
//   1. Files and directories are the posix driver's; a queue for which there is no ring to be had
//      (the limit of locked memory or of open files) is a posix queue unless rings are required,
//      and Facts().fallback_reason says so from then on.
#ifndef TREERING_ENGINE_IO_URING_DISK_H_
#define TREERING_ENGINE_IO_URING_DISK_H_

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>

#include "engine/io/buffer_registry.h"
#include "engine/io/disk.h"
#include "engine/io/drivers.h"
#include "engine/io/fallbacks.h"
#include "engine/io/ring.h"

namespace treering::io {

// What tests may take away.
struct UringLimits {
  uint32_t without_flags = 0;            // as RingOptions
  bool clone = true;                     // as BufferRegistry::Options
  std::atomic<int>* refusals = nullptr;  // as RingOptions
};

class UringDisk final : public Disk {
 public:
  // An error, with cause and remedy, where this system has no io_uring that serves.
  static Result<std::unique_ptr<Disk>> Open(const DiskOptions& options, UringLimits limits = {});

  Result<std::unique_ptr<Queue>> NewQueue(uint32_t depth) override;
  Result<std::unique_ptr<Queue>> NewMovableQueue(uint32_t depth) override;
  Result<std::unique_ptr<Queue>> NewPlainQueue(uint32_t depth) override;
  Result<std::unique_ptr<Directory>> OpenDirectory(const std::string& path, bool create) override;
  Status RemoveDirectory(const std::string& path) override;
  BufferArena* arena() override { return &arena_; }
  DiskFacts Facts() override;

 private:
  UringDisk(const DiskOptions& options, UringLimits limits, std::string ring_flags);
  Result<std::unique_ptr<Queue>> MakeQueue(const RingOptions& ring);

  const DiskOptions options_;
  const UringLimits limits_;
  const std::string ring_flags_;
  Fallbacks fallbacks_;
  BufferRegistry registry_;
  BufferArena arena_;  // announces to the registry
};

}  // namespace treering::io

#endif  // TREERING_ENGINE_IO_URING_DISK_H_
