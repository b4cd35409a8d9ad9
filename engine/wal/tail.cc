#include "engine/wal/tail.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <utility>

#include "engine/base/check.h"
#include "engine/base/coding.h"
#include "engine/base/file_names.h"
#include "engine/wal/lock_wait.h"
#include "engine/wal/tail_format.h"
#include "engine/wal/zero_fill.h"

namespace treering::wal {

Status CreateTailFile(io::Directory* directory, io::Queue* queue, io::BufferPool* buffers,
                      base::Clock* clock, uint64_t capacity, uint64_t lock_wait_nanos) {
  TREERING_CHECK(TailCapacityValid(capacity));
  const std::string name = base::MakeFileName(base::FileKind::kTail);
  const Result<io::FileInfo> info = directory->Stat(name);
  if (!info.ok()) return info.status();
  Result<std::unique_ptr<io::File>> file =
      info->exists
          ? OpenLocked(directory, clock, name, /*direct=*/false, lock_wait_nanos)
          : directory->Open(name, {.mode = io::OpenMode::kCreate, .direct = false, .lock = true});
  if (!file.ok()) return file.status();
  const uint64_t bytes = kTailHeaderPageBytes + capacity;
  if (info->exists) {
    io::Request truncate = io::Request::Truncate(file->get(), bytes);
    const Status status = queue->Run(&truncate);
    if (!status.ok()) return status;
  }
  const Status status = ZeroFill(queue, file->get(), buffers, bytes);
  return status.ok() ? directory->Sync() : status;
}

Result<std::unique_ptr<Tail>> Tail::Start(io::Directory* directory, const base::Id128& id,
                                          uint64_t generation, uint64_t capacity) {
  TREERING_CHECK(TailCapacityValid(capacity));
  Result<std::unique_ptr<io::MappedFile>> file =
      directory->Map(base::MakeFileName(base::FileKind::kTail), kTailHeaderPageBytes + capacity,
                     /*lock=*/true);
  if (!file.ok()) return file.status();
  std::unique_ptr<Tail> tail(new Tail(std::move(*file), id, generation, capacity));
  tail->StoreHeader();
  return tail;
}

Tail::Tail(std::unique_ptr<io::MappedFile> file, const base::Id128& id, uint64_t generation,
           uint64_t capacity)
    : file_(std::move(file)), id_(id), generation_(generation), capacity_(capacity) {}

const std::byte* Tail::ring() const { return file_->data() + kTailHeaderPageBytes; }

void Tail::StoreHeader() {
  std::array<std::byte, kTailHeaderPageBytes> page{};
  base::Store64(page.data() + kTailMagicAt, kTailMagic);
  base::Store32(page.data() + kTailVersionAt, kTailVersion);
  base::Store64(page.data() + kTailIdAt, id_.lo);
  base::Store64(page.data() + kTailIdAt + 8, id_.hi);
  base::Store64(page.data() + kTailGenerationAt, generation_);
  base::Store64(page.data() + kTailCapacityAt, capacity_);
  base::Store64(page.data(), base::Xxh3(page.data() + kTailMagicAt, page.size() - kTailMagicAt,
                                        base::SeedOf(id_, kTailHeaderSeed)));
  file_->Store(0, page);
}

bool Tail::Accepts(uint64_t payload_bytes) const {
  return payload_bytes <= capacity_ &&
         TailRecordBytes(payload_bytes) <= TailRecordBytesMax(capacity_);
}

bool Tail::HasRoom(uint64_t payload_bytes) const {
  return TailRecordBytes(payload_bytes) <= capacity_ - used_bytes();
}

uint64_t Tail::Append(const GroupHeader& header, std::span<const Slice> pieces) {
  TREERING_CHECK(Accepts(header.payload_bytes) && HasRoom(header.payload_bytes));
  const uint64_t bytes = TailRecordBytes(header.payload_bytes);
  // Put together beside the ring, so that one sum and one store do.
  if (record_.size() < bytes) record_.resize(bytes);
  std::byte* const record = record_.data();
  base::Store64(record + bytes - kTailAlignment, uint64_t{0});  // the padding
  base::Store64(record + kTailRecordPositionAt, end_);
  base::Store64(record + kTailRecordSequenceAt, header.first_sequence);
  base::Store32(record + kTailRecordLengthAt, header.payload_bytes);
  base::Store32(record + kTailRecordCountAt, header.count);
  std::byte* p = record + kTailRecordHeaderBytes;
  for (const Slice& piece : pieces) {
    std::memcpy(p, piece.data(), piece.size());
    p += piece.size();
  }
  TREERING_CHECK(p == record + kTailRecordHeaderBytes + header.payload_bytes);
  base::Store64(record, base::Xxh3(record + kTailRecordPositionAt, bytes - kTailRecordPositionAt,
                                   TailRecordSeed(id_, generation_, end_, capacity_)));
  const uint64_t at = end_ % capacity_;
  const uint64_t first = std::min(bytes, capacity_ - at);
  file_->Store(kTailHeaderPageBytes + at, {record, first});
  if (first < bytes) file_->Store(kTailHeaderPageBytes, {record + first, bytes - first});
  const uint64_t payload_position = end_ + kTailRecordHeaderBytes;
  end_ += bytes;
  return payload_position;
}

void Tail::Release(uint64_t position) {
  TREERING_CHECK(position >= released_ && position <= end_);
  released_ = position;
}

}  // namespace treering::wal
