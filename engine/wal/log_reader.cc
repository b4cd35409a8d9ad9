#include "engine/wal/log_reader.h"

#include <algorithm>
#include <array>
#include <utility>

#include "engine/base/contain.h"
#include "engine/base/file_names.h"
#include "engine/base/thread.h"
#include "engine/wal/lock_wait.h"
#include "engine/wal/log_format.h"
#include "engine/wal/segment.h"

namespace treering::wal {
namespace {

constexpr uint64_t kPieceBlocks = 64;  // 256 KiB
constexpr size_t kSlots = 8;           // fewer where memory is short
constexpr uint64_t kSegmentBlocksMax = kSegmentBytesMax / kLogBlockBytes;

// Which of the segments holds the start.
Result<size_t> StartIndex(const std::vector<SegmentInfo>& segments, const ReplayStart& start) {
  const bool is_possible = start.lsn >= start.block_index && start.lsn <= kLsnMax;
  for (size_t i = 0; is_possible && i < segments.size(); ++i) {
    if (segments[i].number != start.segment && start.segment != 0) continue;
    if (start.block_index > segments[i].blocks) break;
    return i;
  }
  if (is_possible && segments.empty() && start.segment == 0) return size_t{0};
  return Status::Corruption("manifest: the replay start (block " + std::to_string(start.lsn) +
                            ", segment " + std::to_string(start.segment) + ", block index " +
                            std::to_string(start.block_index) +
                            ") lies in none of the registered segments");
}

}  // namespace

struct LogReader::Slot {
  io::Buffer buffer;
  io::Request request;
  Piece piece;
  bool done = false;
};

Result<std::unique_ptr<LogReader>> LogReader::Open(io::Directory* directory,
                                                   const std::vector<SegmentInfo>& segments,
                                                   const ReplayStart& start,
                                                   const Options& options) {
  const Result<size_t> first = StartIndex(segments, start);
  if (!first.ok()) return first.status();
  std::unique_ptr<LogReader> reader(new LogReader());
  reader->buffers_ = options.buffers;
  reader->end_lsn_ = start.lsn - start.block_index;
  for (size_t i = *first; i < segments.size(); ++i) {
    const Status status = reader->OpenSource(directory, segments[i], options);
    if (!status.ok()) return status;
  }
  return reader;
}

Status LogReader::OpenSource(io::Directory* directory, const SegmentInfo& info,
                             const Options& options) {
  const std::string name = base::MakeFileName(base::FileKind::kSegment, info.number);
  const std::string path = directory->path() + "/" + name;
  if (info.blocks == 0 || info.blocks > kSegmentBlocksMax || end_lsn_ > kLsnMax) {
    return Status::Corruption("manifest: log segment " + name + ": impossible length of " +
                              std::to_string(info.blocks) + " blocks");
  }
  Result<std::unique_ptr<io::File>> file =
      options.read_only
          ? directory->Open(name, {.mode = io::OpenMode::kRead, .direct = true})
          : OpenLocked(directory, options.clock, name, /*direct=*/true, options.lock_wait_nanos);
  if (!file.ok()) {
    if (!file.status().IsNotFound()) return file.status();
    if (options.read_only) return Status::Aborted(path + " is gone: view too old");
    return Status::Corruption(path + ": the manifest names this log segment (blocks " +
                              std::to_string(end_lsn_) + " to " +
                              std::to_string(end_lsn_ + info.blocks) + "), and it is missing");
  }
  uint64_t bytes = 0;
  const Status status = (*file)->Size(&bytes);
  if (!status.ok()) return status;
  if (bytes / kLogBlockBytes < info.blocks) {
    return Status::Corruption(path + ": log segment is truncated: expected " +
                              std::to_string(info.blocks * kLogBlockBytes) + " bytes, found " +
                              std::to_string(bytes));
  }
  sources_.push_back(Source{info, end_lsn_, std::move(*file)});
  end_lsn_ += info.blocks;
  return Status::Ok();
}

std::vector<SegmentInfo> LogReader::SegmentsFrom(uint64_t lsn) const {
  std::vector<SegmentInfo> out;
  for (const Source& source : sources_) {
    if (source.first_lsn >= lsn) out.push_back(source.info);
  }
  return out;
}

std::vector<LogReader::Piece> LogReader::PiecesFrom(uint64_t lsn) const {
  std::vector<Piece> pieces;
  for (const Source& source : sources_) {
    uint64_t block = lsn > source.first_lsn ? lsn - source.first_lsn : 0;
    while (block < source.info.blocks) {
      const uint64_t count = std::min(kPieceBlocks, source.info.blocks - block);
      pieces.push_back(Piece{&source, block, count});
      block += count;
    }
  }
  return pieces;
}

Status LogReader::Consume(const Slot& slot,
                          const std::function<Status(const Block& block)>& consume) {
  const Source& source = *slot.piece.source;
  const Status status = slot.request.ToStatus();
  if (!status.ok()) return status;
  if (slot.request.transferred < slot.request.length) {
    return Status::Corruption(source.file->path() + ": log segment is truncated: expected " +
                              std::to_string(source.info.blocks * kLogBlockBytes) +
                              " bytes, found " +
                              std::to_string(slot.request.offset + slot.request.transferred));
  }
  for (uint64_t i = 0; i < slot.piece.blocks; ++i) {
    const uint64_t block = slot.piece.first_block + i;
    const Status consumed = consume(
        {source.first_lsn + block,
         std::span<const std::byte>(slot.buffer.data() + i * kLogBlockBytes, kLogBlockBytes),
         source.file->path(), block * kLogBlockBytes});
    if (!consumed.ok()) return consumed;
  }
  return Status::Ok();
}

Status LogReader::Read(io::Queue* queue, uint64_t lsn,
                       const std::function<Status(const Block& block)>& consume) {
  const std::vector<Piece> pieces = PiecesFrom(lsn);
  std::array<Slot, kSlots> slots;
  size_t slot_count = 0;
  for (; slot_count < std::min(kSlots, pieces.size()); ++slot_count) {
    const auto need = slot_count == 0 ? base::Need::kMust : base::Need::kSpare;
    Slot& slot = slots[slot_count];
    slot.buffer =
        buffers_->Allocate(kPieceBlocks * kLogBlockBytes, base::MemoryClass::kIoBuffer, need);
    if (!slot.buffer) break;
  }
  if (slot_count == 0 && !pieces.empty()) {
    return Status::OutOfMemory("no buffer to read the log with");
  }
  size_t submitted = 0;
  size_t in_flight = 0;
  const auto submit_next = [&] {
    Slot& slot = slots[submitted % slot_count];
    slot.piece = pieces[submitted++];
    slot.done = false;
    slot.request =
        io::Request::Read(slot.piece.source->file.get(), slot.piece.first_block * kLogBlockBytes,
                          slot.buffer.span().first(slot.piece.blocks * kLogBlockBytes));
    slot.request.owner = &slot;
    queue->Submit(&slot.request);
    ++in_flight;
  };
  const auto wait_some = [&] {
    std::array<io::Request*, kSlots> done;
    const size_t count = queue->Wait(done, 1, UINT64_MAX);
    for (size_t i = 0; i < count; ++i) static_cast<Slot*>(done[i]->owner)->done = true;
    in_flight -= count;
    base::SchedPoint();
  };
  while (submitted < slot_count) submit_next();
  Status status;
  for (size_t i = 0; i < pieces.size() && status.ok(); ++i) {
    Slot& slot = slots[i % slot_count];
    while (!slot.done) wait_some();
    // Whatever is thrown, what is in flight must land first.
    status = base::Contain([&] { return Consume(slot, consume); });
    if (status.ok() && submitted < pieces.size()) submit_next();
  }
  while (in_flight > 0) wait_some();
  return status;
}

}  // namespace treering::wal
