#include "engine/io/sim_disk.h"

#include <memory>

#include "engine/io/queue_core.h"
#include "engine/io/sim_directory.h"
#include "engine/io/sim_queue.h"
#include "engine/io/sim_world.h"

namespace treering::io {

SimDisk::SimDisk(SimStorage* storage, uint64_t arena_bytes_max)
    : world_(storage->world()),
      generation_(world_->core().generation()),
      arena_({.bytes_max = arena_bytes_max, .huge_pages = false, .announce = {}}) {
  SimGuard guard(&world_->core());
  world_->Attach();
}

SimDisk::~SimDisk() = default;

Result<std::unique_ptr<Queue>> SimDisk::NewQueue(uint32_t depth) {
  if (Status s = CheckQueueDepth(depth); !s.ok()) return s;
  return std::unique_ptr<Queue>(
      std::make_unique<QueueCore>(std::make_unique<SimQueueDriver>(world_), depth));
}

Result<std::unique_ptr<Directory>> SimDisk::OpenDirectory(const std::string& path, bool create) {
  return SimDirectory::Open(world_, generation_, path, create);
}

Status SimDisk::RemoveDirectory(const std::string& path) {
  return SimDirectory::Remove(world_, generation_, path);
}

DiskFacts SimDisk::Facts() {
  DiskFacts facts;
  facts.driver = "sim";
  facts.registered_reason = "the simulated disk has no kernel to register with";
  return facts;
}

bool SimDisk::crashed() const {
  SimGuard guard(&world_->core());
  return !world_->core().Alive(generation_);
}

}  // namespace treering::io
