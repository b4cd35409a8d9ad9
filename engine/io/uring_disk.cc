#include "engine/io/uring_disk.h"

#include <utility>

#include "engine/io/errors.h"
#include "engine/io/posix_directory.h"
#include "engine/io/posix_queue.h"
#include "engine/io/queue_core.h"
#include "engine/io/uring_queue.h"

namespace treering::io {

Result<std::unique_ptr<Disk>> UringDisk::Open(const DiskOptions& options, UringLimits limits) {
  // One ring on trial: what it says here, every queue would say later.
  RingOptions ring{
      .sqpoll = options.sqpoll, .without_flags = limits.without_flags, .refusals = limits.refusals};
  auto trial = Ring::CreatePatiently(&ring);
  if (!trial.ok()) return trial.status();
  if (const int result = (*trial)->TryEnter(); result < 0) {
    return ErrorStatus(Action::kEnterRing, "io_uring", kNoOffset, -result);
  }
  return std::unique_ptr<Disk>(new UringDisk(options, limits, (*trial)->flag_names()));
}

UringDisk::UringDisk(const DiskOptions& options, UringLimits limits, std::string ring_flags)
    : options_(options),
      limits_(limits),
      ring_flags_(std::move(ring_flags)),
      fallbacks_(options.on_fallback),
      registry_({.clone = limits.clone, .refusals = limits.refusals}, &fallbacks_),
      arena_({.bytes_max = options.arena_bytes_max,
              .total_bytes_max = options.memory_bytes_max,
              .huge_pages = options.huge_pages,
              .announce = [this](int index, const BufferArena::Chunk& chunk) {
                registry_.Add(index, chunk);
              }}) {}

Result<std::unique_ptr<Queue>> UringDisk::NewQueue(uint32_t depth) {
  return MakeQueue({.depth = depth,
                    .sqpoll = options_.sqpoll,
                    .without_flags = limits_.without_flags,
                    .refusals = limits_.refusals});
}

Result<std::unique_ptr<Queue>> UringDisk::NewMovableQueue(uint32_t depth) {
  return MakeQueue({.depth = depth,
                    .movable = true,
                    .without_flags = limits_.without_flags,
                    .refusals = limits_.refusals});
}

Result<std::unique_ptr<Queue>> UringDisk::NewPlainQueue(uint32_t depth) {
  if (Status s = CheckQueueDepth(depth); !s.ok()) return s;
  return NewPosixQueue();
}

Result<std::unique_ptr<Queue>> UringDisk::MakeQueue(const RingOptions& ring) {
  if (Status s = CheckQueueDepth(ring.depth); !s.ok()) return s;
  auto queue = NewUringQueue(ring, &arena_, &registry_);
  if (queue.ok() || options_.backend == IoBackend::kUring) return queue;
  fallbacks_.Note(FastPath::kRing, "some queues have no ring: " + queue.status().ToString());
  return NewPosixQueue();
}

Result<std::unique_ptr<Directory>> UringDisk::OpenDirectory(const std::string& path, bool create) {
  return PosixDirectory::Open(path, create, &fallbacks_);
}

Status UringDisk::RemoveDirectory(const std::string& path) { return PosixDirectory::Remove(path); }

DiskFacts UringDisk::Facts() {
  DiskFacts facts;
  facts.driver = "uring";
  facts.ring_flags = ring_flags_;
  facts.registered_buffers = registry_.on();
  facts.registered_reason = fallbacks_.Reason(FastPath::kRegisteredBuffers);
  if (!facts.registered_buffers && facts.registered_reason.empty()) {
    facts.registered_reason = "no memory was needed yet";
  }
  facts.locked_bytes = registry_.bytes();
  facts.fallback_reason = fallbacks_.Reason(FastPath::kRing);
  facts.direct_io_reason = fallbacks_.Reason(FastPath::kDirectIo);
  facts.direct_io = facts.direct_io_reason.empty();
  return facts;
}

}  // namespace treering::io
