// SimDisk: the simulated driver behind io::Disk, over a SimStorage.
//
// On a simulated thread (base/sim_scheduler.h) I/O takes virtual time, drawn from the seed, and
// completes in any order. On ordinary threads it is done at once, in the order of submission.
//
// Owner: the test; the SimStorage outlives it. Outlives its queues, directories and files.
// Threads: as Disk.
// Invariants:
//   1. A write's bytes are taken at some moment between submission and completion; a buffer that
//      changed meanwhile ends the process with a message.
//   2. A read's buffer holds garbage (and is poisoned for AddressSanitizer) while it is in flight.
//   3. After the storage's crash every operation answers ESHUTDOWN, for good: after Restart only
//      disks made since then work.
#ifndef TREERING_ENGINE_IO_SIM_DISK_H_
#define TREERING_ENGINE_IO_SIM_DISK_H_

#include <cstdint>
#include <memory>
#include <string>

#include "engine/io/disk.h"
#include "engine/io/sim_storage.h"

namespace treering::io {

class SimDisk final : public Disk {
 public:
  explicit SimDisk(SimStorage* storage, uint64_t arena_bytes_max = 64ull << 20);
  ~SimDisk() override;

  Result<std::unique_ptr<Queue>> NewQueue(uint32_t depth) override;
  Result<std::unique_ptr<Directory>> OpenDirectory(const std::string& path, bool create) override;
  Status RemoveDirectory(const std::string& path) override;
  BufferArena* arena() override { return &arena_; }
  DiskFacts Facts() override;

  // Its generation has crashed: ignore what is acknowledged from now on.
  bool crashed() const;

 private:
  SimWorld* const world_;
  const uint64_t generation_;
  BufferArena arena_;
};

}  // namespace treering::io

#endif  // TREERING_ENGINE_IO_SIM_DISK_H_
