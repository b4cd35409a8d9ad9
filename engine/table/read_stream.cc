#include "engine/table/read_stream.h"

#include <algorithm>
#include <cstring>
#include <string>
#include <utility>

#include "engine/base/check.h"

namespace treering::table {
namespace {

// The one extent that a stream is given when memory is short.
constexpr size_t kTightExtentBytes = 32u << 10;

}  // namespace

ReadStream::ReadStream(io::File* file, io::Queue* queue, io::BufferPool* pool,
                       const ReadStreamOptions& options)
    : file_(file), queue_(queue), pool_(pool), options_(options) {
  TREERING_CHECK(options.extent_bytes_first % io::kPageBytes == 0 &&
                 options.extent_bytes_max % io::kPageBytes == 0 && options.depth_first > 0);
  if (options_.burst != nullptr) options_.burst->Join(this);
}

ReadStream::~ReadStream() {
  if (options_.burst != nullptr) options_.burst->Leave(this);
  end_ = 0;
  DropBefore(UINT64_MAX);
  while (!stale_.empty()) WaitAndRoute(queue_);
}

void ReadStream::OnIo(io::Request* request) {
  for (auto extent = stale_.begin(); extent != stale_.end(); ++extent) {
    if (&extent->request != request) continue;
    extent->in_flight = false;
    spare_.splice(spare_.end(), stale_, extent);
    return;
  }
  for (Extent& extent : extents_) {
    if (&extent.request != request) continue;
    extent.in_flight = false;
    return;
  }
  TREERING_CHECK(false);
}

void ReadStream::Start(uint64_t begin, uint64_t end) {
  DropBefore(UINT64_MAX);
  next_offset_ = begin;
  end_ = end;
  extent_bytes_ = options_.extent_bytes_first;
  depth_ = options_.depth_first;
  Refill();
}

void ReadStream::Stop() {
  Start(0, 0);
  spare_.clear();
  gathered_ = io::Buffer();
}

bool ReadStream::Covers(uint64_t offset) const {
  if (extents_.empty()) return false;
  return offset >= extents_.front().offset && offset < next_offset_;
}

void ReadStream::DropBefore(uint64_t offset) {
  while (!extents_.empty() && extents_.front().end() <= offset) {
    depth_ = std::min(depth_ + 1, options_.depth_max);
    Extents& next = extents_.front().in_flight ? stale_ : spare_;
    next.splice(next.end(), extents_, extents_.begin());
  }
}

bool ReadStream::SubmitNext() {
  size_t bytes = std::min<uint64_t>(extent_bytes_, end_ - next_offset_);
  Extents made(1);
  Extent* const extent = &made.front();
  while (!spare_.empty() && !extent->buffer) {
    if (spare_.back().buffer.size() >= bytes) extent->buffer = std::move(spare_.back().buffer);
    spare_.pop_back();
  }
  if (!extent->buffer) {
    extent->buffer = pool_->Allocate(bytes, base::MemoryClass::kIoBuffer, base::Need::kSpare);
  }
  if (!extent->buffer && extents_.empty()) {  // with one, however small, there is progress
    bytes = std::min(bytes, kTightExtentBytes);
    extent->buffer = pool_->Allocate(bytes, base::MemoryClass::kIoBuffer, base::Need::kMust);
  }
  if (!extent->buffer) return false;
  extent->offset = next_offset_;
  extent->bytes = bytes;
  extent->request = io::Request::Read(file_, next_offset_, extent->buffer.span().first(bytes));
  Claim(&extent->request);
  extent->in_flight = true;
  extents_.splice(extents_.end(), made);
  queue_->Submit(&extent->request);
  next_offset_ += bytes;
  extent_bytes_ = std::min(extent_bytes_ * 2, options_.extent_bytes_max);
  return true;
}

size_t ReadStream::Wanting() const {
  // One more than the depth: the front is being looked at.
  const size_t room = depth_ + 1 - std::min<size_t>(depth_ + 1, extents_.size());
  if (room == 0 || next_offset_ >= end_) return 0;
  return std::min<uint64_t>(room, (end_ - next_offset_ + extent_bytes_ - 1) / extent_bytes_);
}

bool ReadStream::SubmitWanting() {
  bool submitted = false;
  while (Wanting() > 0 && SubmitNext()) submitted = true;
  return submitted;
}

void ReadStream::Refill() {
  if (options_.burst == nullptr || extents_.empty()) {
    if (SubmitWanting()) PollAndRoute(queue_);
  } else if (Wanting() > 0 && (extents_.size() == 1 || options_.burst->IsDue())) {
    options_.burst->SubmitAll();
    PollAndRoute(queue_);
  }
}

Status ReadStream::Reach(uint64_t offset, Extent** out) {
  DropBefore(offset);
  if (extents_.empty() && next_offset_ < offset) next_offset_ = offset;  // skip what nobody wants
  Refill();
  if (extents_.empty()) return Status::OutOfMemory(file_->path() + ": no memory to read ahead");
  Extent* const extent = &extents_.front();
  TREERING_CHECK(extent->offset <= offset);
  while (extent->in_flight) WaitAndRoute(queue_);
  if (Status s = extent->request.ToStatus(); !s.ok()) return s;
  if (extent->request.transferred != extent->bytes) {
    return Status::Corruption(file_->path() + ": the file ends at " +
                              std::to_string(extent->offset + extent->request.transferred) +
                              ", expected " + std::to_string(extent->end()) + " bytes at least");
  }
  *out = extent;
  return Status::Ok();
}

Status ReadStream::Fetch(uint64_t offset, size_t bytes, std::span<const std::byte>* out) {
  TREERING_CHECK(offset + bytes <= end_);
  Extent* extent;
  if (Status s = Reach(offset, &extent); !s.ok()) return s;
  if (offset + bytes > extent->end()) return Gather(offset, bytes, out);
  // What one long block needed is not kept through all the short ones that follow.
  if (gathered_.size() > options_.extent_bytes_max) gathered_ = io::Buffer();
  *out = extent->buffer.span().subspan(offset - extent->offset, bytes);
  return Status::Ok();
}

Status ReadStream::Gather(uint64_t offset, size_t bytes, std::span<const std::byte>* out) {
  if (gathered_.size() < bytes) {
    gathered_ = pool_->Allocate(bytes, base::MemoryClass::kIoBuffer, base::Need::kMust);
    if (!gathered_) return Status::OutOfMemory(file_->path() + ": no memory to read a block");
  }
  for (size_t done = 0; done < bytes;) {
    Extent* extent;
    if (Status s = Reach(offset + done, &extent); !s.ok()) return s;
    const size_t skip = offset + done - extent->offset;
    const size_t part = std::min(bytes - done, extent->bytes - skip);
    std::memcpy(gathered_.data() + done, extent->buffer.data() + skip, part);
    done += part;
  }
  *out = gathered_.span().first(bytes);
  return Status::Ok();
}

}  // namespace treering::table
