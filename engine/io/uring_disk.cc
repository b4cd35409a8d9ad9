#include "engine/io/uring_disk.h"

#include <algorithm>
#include <utility>

#include "engine/base/thread.h"
#include "engine/io/posix_directory.h"
#include "engine/io/posix_queue.h"
#include "engine/io/queue_core.h"
#include "engine/io/uring_queue.h"

namespace treering::io {
namespace {

// The memory of rings that ended is given back late: ask again, then for less.
constexpr int kRingTries = 3;
constexpr uint64_t kRingPauseNanos = 1'000'000;
constexpr uint32_t kSmallRingDepth = 16;

}  // namespace

Result<std::unique_ptr<Disk>> UringDisk::Open(const DiskOptions& options, UringLimits limits) {
  // One ring on trial: what it says here, every queue would say later.
  auto trial = Ring::Create({.sqpoll = options.sqpoll, .without_flags = limits.without_flags});
  if (!trial.ok()) return trial.status();
  return std::unique_ptr<Disk>(new UringDisk(options, limits, (*trial)->flag_names()));
}

UringDisk::UringDisk(const DiskOptions& options, UringLimits limits, std::string ring_flags)
    : options_(options),
      limits_(limits),
      ring_flags_(std::move(ring_flags)),
      registry_({.clone = limits.clone}),
      arena_({.bytes_max = options.arena_bytes_max,
              .huge_pages = options.huge_pages,
              .announce = [this](int index, const BufferArena::Chunk& chunk) {
                registry_.Add(index, chunk);
              }}) {}

Result<std::unique_ptr<Queue>> UringDisk::NewQueue(uint32_t depth) {
  return MakeQueue(
      {.depth = depth, .sqpoll = options_.sqpoll, .without_flags = limits_.without_flags});
}

Result<std::unique_ptr<Queue>> UringDisk::NewMovableQueue(uint32_t depth) {
  return MakeQueue({.depth = depth, .movable = true, .without_flags = limits_.without_flags});
}

Result<std::unique_ptr<Queue>> UringDisk::MakeQueue(RingOptions ring) {
  if (Status s = CheckQueueDepth(ring.depth); !s.ok()) return s;
  auto queue = NewUringQueue(ring, &arena_, &registry_);
  for (int i = 0; !queue.ok() && i < kRingTries; ++i) {
    base::SleepNanos(kRingPauseNanos);
    if (i + 1 == kRingTries) ring.depth = std::min(ring.depth, kSmallRingDepth);
    queue = NewUringQueue(ring, &arena_, &registry_);
    base::SchedPoint();
  }
  if (queue.ok() || options_.backend == IoBackend::kUring) return queue;
  base::MutexLock lock(&mutex_);
  fallback_reason_ = "some queues have no ring: " + queue.status().ToString();
  return NewPosixQueue();
}

Result<std::unique_ptr<Directory>> UringDisk::OpenDirectory(const std::string& path, bool create) {
  return PosixDirectory::Open(path, create);
}

Status UringDisk::RemoveDirectory(const std::string& path) { return PosixDirectory::Remove(path); }

DiskFacts UringDisk::Facts() {
  DiskFacts facts;
  facts.driver = "uring";
  facts.ring_flags = ring_flags_;
  facts.registered_buffers = registry_.on();
  facts.registered_reason = registry_.reason();
  facts.locked_bytes = registry_.bytes();
  base::MutexLock lock(&mutex_);
  facts.fallback_reason = fallback_reason_;
  return facts;
}

}  // namespace treering::io
