#include "engine/manifest/manifest_io.h"

#include <algorithm>
#include <utility>

#include "engine/base/clock.h"
#include "engine/base/thread.h"
#include "engine/io/request.h"

namespace treering::manifest {

Result<std::unique_ptr<io::File>> OpenWaiting(io::Directory* directory, const std::string& name,
                                              uint64_t wait_nanos) {
  constexpr uint64_t kPauseNanosMax = 20'000'000;
  uint64_t pause_nanos = 100'000;
  const uint64_t start = base::SystemClock()->NowNanos();
  while (true) {
    base::SchedPoint();
    auto file =
        directory->Open(name, {.mode = io::OpenMode::kReadWrite, .direct = true, .lock = true});
    if (file.ok() || !file.status().IsBusy()) return file;
    const uint64_t waited = base::SystemClock()->NowNanos() - start;
    if (waited >= wait_nanos) return file;
    base::SleepNanos(std::min(pause_nanos, wait_nanos - waited));
    pause_nanos = std::min(pause_nanos * 2, kPauseNanosMax);
  }
}

Result<io::Buffer> AllocateBuffer(io::BufferPool* buffers, size_t bytes) {
  io::Buffer buffer = buffers->Allocate(bytes, base::MemoryClass::kIoBuffer, base::Need::kMust);
  if (!buffer) {
    return Status::OutOfMemory("no I/O buffer of " + std::to_string(bytes) +
                               " bytes for the manifest");
  }
  return buffer;
}

Status WriteAt(io::Queue* queue, io::File* file, uint64_t offset, std::span<const std::byte> from) {
  io::Request request = io::Request::Write(file, offset, from);
  return queue->Run(&request);
}

Status SyncFile(io::Queue* queue, io::File* file) {
  io::Request request = io::Request::Sync(file, file->Completed());
  return queue->Run(&request);
}

Status ReadAt(io::Queue* queue, io::File* file, uint64_t offset, std::span<std::byte> into,
              size_t* count) {
  io::Request request = io::Request::Read(file, offset, into);
  Status status = queue->Run(&request);
  *count = static_cast<size_t>(request.transferred);
  return status;
}

}  // namespace treering::manifest
