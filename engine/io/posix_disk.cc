#include "engine/io/posix_disk.h"

#include "engine/io/posix_directory.h"
#include "engine/io/posix_queue.h"
#include "engine/io/queue_core.h"

namespace treering::io {

PosixDisk::PosixDisk(const DiskOptions& options, const std::string& fallback_reason)
    : fallbacks_(options.on_fallback),
      arena_({.bytes_max = options.arena_bytes_max,
              .total_bytes_max = options.memory_bytes_max,
              .huge_pages = options.huge_pages,
              .announce = {}}) {
  if (!fallback_reason.empty()) fallbacks_.Note(FastPath::kRing, fallback_reason);
}

Result<std::unique_ptr<Queue>> PosixDisk::NewQueue(uint32_t depth) {
  if (Status s = CheckQueueDepth(depth); !s.ok()) return s;
  return NewPosixQueue();
}

Result<std::unique_ptr<Directory>> PosixDisk::OpenDirectory(const std::string& path, bool create) {
  return PosixDirectory::Open(path, create, &fallbacks_);
}

Status PosixDisk::RemoveDirectory(const std::string& path) { return PosixDirectory::Remove(path); }

DiskFacts PosixDisk::Facts() {
  DiskFacts facts;
  facts.driver = "posix";
  facts.registered_reason = "buffers are registered with io_uring only";
  facts.fallback_reason = fallbacks_.Reason(FastPath::kRing);
  facts.direct_io_reason = fallbacks_.Reason(FastPath::kDirectIo);
  facts.direct_io = facts.direct_io_reason.empty();
  return facts;
}

}  // namespace treering::io
