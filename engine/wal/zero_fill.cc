#include "engine/wal/zero_fill.h"

#include <algorithm>
#include <array>
#include <cstring>

#include "engine/base/check.h"
#include "engine/base/thread.h"

namespace treering::wal {
namespace {

constexpr uint64_t kWriteBytes = 1u << 20;
constexpr size_t kWritesInFlight = 4;

// All of [0, bytes), from one buffer of zeros.
Status WriteZeros(io::Queue* queue, io::File* file, std::span<const std::byte> zeros,
                  uint64_t bytes) {
  std::array<io::Request, kWritesInFlight> requests;
  std::array<io::Request*, kWritesInFlight> free_requests;
  size_t free_count = 0;
  for (io::Request& request : requests) free_requests[free_count++] = &request;
  Status status;
  uint64_t offset = 0;
  while (true) {
    while (status.ok() && offset < bytes && free_count > 0) {
      const uint64_t length = std::min<uint64_t>(zeros.size(), bytes - offset);
      io::Request* const request = free_requests[--free_count];
      *request = io::Request::Write(file, offset, zeros.first(length));
      queue->Submit(request);
      offset += length;
    }
    if (free_count == kWritesInFlight) return status;
    std::array<io::Request*, kWritesInFlight> done;
    const size_t count = queue->Wait(done, 1, UINT64_MAX);
    for (size_t i = 0; i < count; ++i) {
      if (status.ok()) status = done[i]->ToStatus();
      free_requests[free_count++] = done[i];
    }
    base::SchedPoint();
  }
}

}  // namespace

Status ZeroFill(io::Queue* queue, io::File* file, io::BufferPool* buffers, uint64_t bytes) {
  TREERING_CHECK(bytes > 0 && bytes % io::kPageBytes == 0);
  io::Request allocate = io::Request::Allocate(file, bytes);
  Status status = queue->Run(&allocate);
  // Where the file system cannot allocate ahead the writes do.
  if (!status.ok() && status.code() != Status::Code::kNotSupported) return status;
  const io::Buffer buffer = buffers->Allocate(std::min(bytes, kWriteBytes));
  if (!buffer) return Status::OutOfMemory("no buffer to fill " + file->path() + " with zeros");
  const std::span<std::byte> zeros = buffer.span().first(std::min(bytes, kWriteBytes));
  std::memset(zeros.data(), 0, zeros.size());
  status = WriteZeros(queue, file, zeros, bytes);
  if (!status.ok()) return status;
  io::Request sync = io::Request::Sync(file, file->Completed());
  return queue->Run(&sync);
}

}  // namespace treering::wal
