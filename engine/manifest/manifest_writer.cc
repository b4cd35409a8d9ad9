#include "engine/manifest/manifest_writer.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "engine/base/check.h"
#include "engine/base/contain.h"
#include "engine/base/limits.h"
#include "engine/io/request.h"
#include "engine/manifest/edit_group.h"
#include "engine/manifest/manifest_format.h"
#include "engine/manifest/manifest_io.h"

namespace treering::manifest {
namespace {

constexpr uint64_t kReservedBlocks = 2;  // a seal and a promise
constexpr size_t kWriteBytesMax = 1u << 20;

uint64_t BlocksOf(size_t body_bytes) {
  const size_t payload = BlockPayloadBytesMax();
  return (kGroupHeaderBytes + body_bytes + payload - 1) / payload;
}

}  // namespace

ManifestWriter::ManifestWriter(const ManifestIdentity& identity, std::unique_ptr<io::File> file,
                               io::BufferPool* buffers, uint64_t capacity_blocks)
    : identity_(identity),
      file_(std::move(file)),
      buffers_(buffers),
      capacity_blocks_(capacity_blocks) {}

uint64_t ManifestWriter::CapacityBlocks(const std::vector<std::string>& snapshot,
                                        uint64_t bytes_min) {
  uint64_t blocks = 0;
  for (const std::string& body : snapshot) blocks += BlocksOf(body.size());
  return std::max({bytes_min / base::kPageBytes, blocks * 4, blocks + 8});
}

Result<std::unique_ptr<ManifestWriter>> ManifestWriter::Create(
    io::Directory* directory, io::Queue* queue, io::BufferPool* buffers,
    const ManifestIdentity& identity, const std::vector<std::string>& snapshot,
    uint64_t capacity_blocks) {
  auto file = directory->Open(identity.FileName(),
                              {.mode = io::OpenMode::kCreate, .direct = true, .lock = true});
  if (!file.ok()) return file.status();
  std::unique_ptr<ManifestWriter> writer(
      new ManifestWriter(identity, std::move(file).value(), buffers, capacity_blocks));
  const Status status = base::Contain([&] { return writer->WriteSnapshot(queue, snapshot); });
  if (status.ok()) return writer;
  writer.reset();
  // It was never in use; what cannot be removed now is removed as an orphan later.
  (void)directory->Unlink(identity.FileName());
  return status;
}

std::unique_ptr<ManifestWriter> ManifestWriter::ForSeal(const ManifestIdentity& identity,
                                                        std::unique_ptr<io::File> file,
                                                        io::BufferPool* buffers,
                                                        const ManifestReplay::Outcome& end) {
  const uint64_t capacity_blocks = end.blocks + kReservedBlocks;
  std::unique_ptr<ManifestWriter> writer(
      new ManifestWriter(identity, std::move(file), buffers, capacity_blocks));
  writer->blocks_ = end.blocks;
  writer->durable_blocks_ = end.promised_blocks;
  writer->previous_sum_ = end.end_sum;
  writer->edit_number_ = end.edit_number;
  return writer;
}

Status ManifestWriter::WriteSnapshot(io::Queue* queue, const std::vector<std::string>& snapshot) {
  io::Request allocate = io::Request::Allocate(file_.get(), capacity_blocks_ * base::kPageBytes);
  Status status = queue->Run(&allocate);
  uint64_t largest = 1;
  for (const std::string& body : snapshot) largest = std::max(largest, BlocksOf(body.size()));
  auto buffer =
      AllocateBuffer(buffers_, std::min<uint64_t>(largest * base::kPageBytes, kWriteBytesMax));
  if (!buffer.ok()) return buffer.status();
  for (size_t i = 0; i < snapshot.size() && status.ok(); ++i) {
    status = WriteGroup(queue, EncodeGroup(identity_.id, edit_number_ + 1, snapshot[i]), &*buffer);
  }
  return Finish(queue, std::move(status));
}

bool ManifestWriter::Fits(size_t body_bytes) const {
  return body_bytes <= base::kEditBytesMax &&
         blocks_ + BlocksOf(body_bytes) + kReservedBlocks <= capacity_blocks_;
}

bool ManifestWriter::PromiseFits() const {
  return blocks_ + 1 + kReservedBlocks <= capacity_blocks_;
}

Status ManifestWriter::Append(io::Queue* queue, const Slice& body) {
  if (!poison_.ok()) return poison_;
  TREERING_CHECK(Fits(body.size()));
  return AppendGroup(queue, body);
}

Status ManifestWriter::AppendGroup(io::Queue* queue, const Slice& body) {
  const uint64_t bytes = BlocksOf(body.size()) * base::kPageBytes;
  auto buffer = AllocateBuffer(buffers_, std::min<uint64_t>(bytes, kWriteBytesMax));
  if (!buffer.ok()) return buffer.status();
  const std::string group = EncodeGroup(identity_.id, edit_number_ + 1, body);
  return Finish(queue, WriteGroup(queue, group, &*buffer));
}

Status ManifestWriter::Seal(io::Queue* queue, const Successor& successor) {
  if (!poison_.ok()) return poison_;
  VersionEdit edit;
  edit.sealed = successor;
  std::string body;
  if (Status s = EncodeEdit(edit, &body); !s.ok()) return s;
  TREERING_CHECK(blocks_ + BlocksOf(body.size()) <= capacity_blocks_);
  return AppendGroup(queue, body);
}

Status ManifestWriter::AppendPromise(io::Queue* queue) {
  if (!poison_.ok()) return poison_;
  TREERING_CHECK(PromiseFits());
  auto buffer = AllocateBuffer(buffers_, base::kPageBytes);
  if (!buffer.ok()) return buffer.status();
  const std::span<std::byte> page = buffer->span().first(base::kPageBytes);
  ManifestBlock block;
  block.index = blocks_;
  block.edit_number = edit_number_;
  block.promise_only = true;
  block.previous_sum = previous_sum_;
  block.promise = durable_blocks_;
  EncodeBlock(identity_, &block, page);
  Status status = WriteAt(queue, file_.get(), blocks_ * base::kPageBytes, page);
  blocks_ += 1;
  previous_sum_ = block.sum;
  return Finish(queue, std::move(status));
}

// `buffer` holds the group's blocks, or kWriteBytesMax of them at a time.
// Allocates nothing: the group is written or the writer poisoned.
Status ManifestWriter::WriteGroup(io::Queue* queue, const Slice& group, io::Buffer* buffer) {
  const uint64_t count = BlocksOf(group.size() - kGroupHeaderBytes);
  edit_number_ += 1;
  Slice rest = group;
  for (uint64_t done = 0; done < count;) {
    const uint64_t now = std::min<uint64_t>(count - done, kWriteBytesMax / base::kPageBytes);
    const std::span<std::byte> pages = buffer->span().first(now * base::kPageBytes);
    for (uint64_t i = 0; i < now; ++i) {
      ManifestBlock block;
      block.index = blocks_ + i;
      block.edit_number = edit_number_;
      block.first = done + i == 0;
      block.last = done + i + 1 == count;
      block.previous_sum = previous_sum_;
      block.promise = durable_blocks_;
      block.payload = Slice(rest.data(), std::min(rest.size(), BlockPayloadBytesMax()));
      EncodeBlock(identity_, &block, pages.subspan(i * base::kPageBytes, base::kPageBytes));
      rest.remove_prefix(block.payload.size());
      previous_sum_ = block.sum;
    }
    if (Status s = WriteAt(queue, file_.get(), blocks_ * base::kPageBytes, pages); !s.ok()) {
      return s;
    }
    blocks_ += now;
    done += now;
  }
  return Status::Ok();
}

Status ManifestWriter::Finish(io::Queue* queue, Status written) {
  if (written.ok()) written = SyncFile(queue, file_.get());
  if (written.ok()) {
    durable_blocks_ = blocks_;
  } else {
    poison_ = written;
  }
  return written;
}

}  // namespace treering::manifest
