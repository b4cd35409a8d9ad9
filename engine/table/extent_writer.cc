#include "engine/table/extent_writer.h"

#include <algorithm>
#include <cstring>

#include "engine/base/check.h"

namespace treering::table {
namespace {

// What a table that outgrew its expectation is given at a time, at least.
constexpr uint64_t kGrowBytesMin = 4ull << 20;

uint64_t RoundUp(uint64_t bytes, uint64_t unit) { return (bytes + unit - 1) / unit * unit; }

}  // namespace

ExtentWriter::ExtentWriter(io::File* file, io::Queue* queue, io::BufferPool* pool,
                           uint64_t expected_bytes)
    : file_(file), queue_(queue), pool_(pool), expected_bytes_(expected_bytes) {}

ExtentWriter::~ExtentWriter() { Drain(); }

void ExtentWriter::OnIo(io::Request* request) {
  for (Extent& extent : extents_) {
    if (&extent.request != request) continue;
    extent.in_flight = false;
    --in_flight_;
    if (Status s = request->ToStatus(); !s.ok() && status_.ok()) status_ = std::move(s);
    return;
  }
  TREERING_CHECK(false);
}

Status ExtentWriter::EnsureAllocated(uint64_t bytes) {
  if (!can_allocate_ || bytes <= allocated_) return Status::Ok();
  const uint64_t step = allocated_ == 0 ? expected_bytes_ : std::max(kGrowBytesMin, allocated_ / 8);
  const uint64_t size = RoundUp(std::max(bytes, allocated_ + step), io::kPageBytes);
  io::Request request = io::Request::Allocate(file_, size);
  Status s = queue_->Run(&request);
  if (s.IsNotSupported()) {
    can_allocate_ = false;
    return Status::Ok();
  }
  if (s.ok()) allocated_ = size;
  return s;
}

ExtentWriter::Extent* ExtentWriter::NextExtent() {
  for (;;) {
    Extent* without_buffer = nullptr;
    for (Extent& extent : extents_) {
      if (extent.in_flight) continue;
      if (extent.buffer) return &extent;
      if (without_buffer == nullptr) without_buffer = &extent;
    }
    if (without_buffer != nullptr) {
      // One extent must be had; more are taken while memory is plenty.
      without_buffer->buffer =
          pool_->Allocate(kExtentBytes, base::MemoryClass::kIoBuffer,
                          in_flight_ == 0 ? base::Need::kMust : base::Need::kSpare);
      if (without_buffer->buffer) return without_buffer;
    }
    if (in_flight_ == 0) {
      status_ = Status::OutOfMemory(file_->path() + ": no memory for an output extent of " +
                                    std::to_string(kExtentBytes) + " bytes");
      return nullptr;
    }
    WaitAndRoute(queue_);
    if (!status_.ok()) return nullptr;
  }
}

void ExtentWriter::SubmitCurrent() {
  const uint64_t begin = offset_ - filled_;
  if (Status s = EnsureAllocated(offset_); !s.ok()) {
    status_ = std::move(s);
    return;
  }
  current_->request = io::Request::Write(file_, begin, current_->buffer.span().first(filled_));
  Claim(&current_->request);
  current_->in_flight = true;
  ++in_flight_;
  queue_->Submit(&current_->request);
  // Sends it off, so that the device works while the next extent is filled.
  PollAndRoute(queue_);
  current_ = nullptr;
  filled_ = 0;
}

Status ExtentWriter::Append(std::span<const std::byte> pages) {
  TREERING_CHECK(pages.size() % io::kPageBytes == 0);
  while (!pages.empty() && status_.ok()) {
    if (current_ == nullptr) {
      current_ = NextExtent();
      if (current_ == nullptr) break;
    }
    const size_t part = std::min(pages.size(), kExtentBytes - filled_);
    std::memcpy(current_->buffer.data() + filled_, pages.data(), part);
    filled_ += part;
    offset_ += part;
    pages = pages.subspan(part);
    if (filled_ == kExtentBytes) SubmitCurrent();
  }
  return status_;
}

Status ExtentWriter::Finish() {
  if (status_.ok() && filled_ > 0) SubmitCurrent();
  Drain();
  if (status_.ok() && can_allocate_ && allocated_ != offset_) {
    io::Request truncate = io::Request::Truncate(file_, offset_);
    status_ = queue_->Run(&truncate);
  }
  if (status_.ok()) {
    io::Request sync = io::Request::Sync(file_, file_->Completed());
    status_ = queue_->Run(&sync);
  }
  return status_;
}

void ExtentWriter::Drain() {
  while (in_flight_ > 0) WaitAndRoute(queue_);
  current_ = nullptr;
  filled_ = 0;
}

}  // namespace treering::table
