#include "engine/wal/segment.h"

#include <algorithm>
#include <string>
#include <utility>

#include "engine/base/check.h"
#include "engine/base/file_names.h"
#include "engine/wal/lock_wait.h"
#include "engine/wal/log_format.h"
#include "engine/wal/zero_fill.h"

namespace treering::wal {
namespace {

constexpr uint64_t kShortNanos = 2'000'000'000;
constexpr uint64_t kLongNanos = 60'000'000'000;

Status FillAndSync(io::Directory* directory, io::Queue* queue, io::BufferPool* buffers,
                   io::File* file, uint64_t bytes) {
  const Status status = ZeroFill(queue, file, buffers, bytes);
  return status.ok() ? directory->Sync() : status;
}

}  // namespace

uint64_t NextSegmentBytes(uint64_t previous_bytes, uint64_t lasted_nanos) {
  uint64_t bytes = previous_bytes;
  if (lasted_nanos < kShortNanos) {
    bytes *= 2;
  } else if (lasted_nanos > kLongNanos) {
    bytes /= 2;
  }
  return std::clamp(bytes, kSegmentBytesMin, kSegmentBytesMax);
}

Result<std::shared_ptr<Segment>> CreateSegment(io::Directory* directory, io::Queue* queue,
                                               io::BufferPool* buffers, uint64_t number,
                                               uint64_t bytes) {
  TREERING_CHECK(bytes > 0 && bytes % kLogBlockBytes == 0);
  const std::string name = base::MakeFileName(base::FileKind::kSegment, number);
  Result<std::unique_ptr<io::File>> file =
      directory->Open(name, {.mode = io::OpenMode::kCreate, .direct = true, .lock = true});
  if (!file.ok()) return file.status();
  const Status status = FillAndSync(directory, queue, buffers, file->get(), bytes);
  if (!status.ok()) {
    // Room on a full disk. If this fails too, the manifest does not name the file.
    (void)directory->Unlink(name);
    return status;
  }
  return std::make_shared<Segment>(
      Segment{SegmentInfo{number, bytes / kLogBlockBytes}, std::move(*file)});
}

Result<std::shared_ptr<Segment>> OpenSegment(io::Directory* directory, base::Clock* clock,
                                             const SegmentInfo& info, uint64_t lock_wait_nanos) {
  const std::string name = base::MakeFileName(base::FileKind::kSegment, info.number);
  Result<std::unique_ptr<io::File>> file =
      OpenLocked(directory, clock, name, /*direct=*/true, lock_wait_nanos);
  if (!file.ok()) {
    if (!file.status().IsNotFound()) return file.status();
    return Status::Corruption(directory->path() + "/" + name +
                              ": the manifest names this log segment, and it is missing");
  }
  uint64_t bytes = 0;
  const Status status = (*file)->Size(&bytes);
  if (!status.ok()) return status;
  if (bytes / kLogBlockBytes < info.blocks) {
    return Status::Corruption((*file)->path() + ": log segment is truncated: expected " +
                              std::to_string(info.blocks) + " blocks, found " +
                              std::to_string(bytes) + " bytes");
  }
  return std::make_shared<Segment>(Segment{info, std::move(*file)});
}

}  // namespace treering::wal
