#include "engine/wal/spill.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "engine/base/check.h"

namespace treering::wal {

bool BlockBuffers::Allocate(io::BufferPool* pool, uint64_t blocks) {
  for (uint64_t left = blocks; left > 0;) {
    const uint64_t count = std::min(left, kBlocksPerBuffer);
    io::Buffer buffer =
        pool->Allocate(count * kLogBlockBytes, base::MemoryClass::kIoBuffer, base::Need::kMust);
    if (!buffer) return false;
    buffers_.push_back(std::move(buffer));
    left -= count;
  }
  blocks_ = blocks;
  return true;
}

std::span<std::byte> BlockBuffers::Block(uint64_t index) const {
  TREERING_DCHECK(index < blocks_);
  return {buffers_[index / kBlocksPerBuffer].data() + index % kBlocksPerBuffer * kLogBlockBytes,
          kLogBlockBytes};
}

std::span<const std::byte> BlockBuffers::Run(uint64_t index, uint64_t count) const {
  const uint64_t run = std::min(count, kBlocksPerBuffer - index % kBlocksPerBuffer);
  return {Block(index).data(), run * kLogBlockBytes};
}

SpillEncoder::SpillEncoder(const LogBlockCodec& codec, const LogBlockHeader& first,
                           BlockBuffers* blocks)
    : codec_(codec), blocks_(blocks), header_(first), flags_(first.flags) {}

void SpillEncoder::Append(std::span<const std::byte> bytes) {
  while (!bytes.empty()) {
    if (used_ == kLogPayloadBytes) {
      SealBlock(index_ == 0 ? kBlockFirst : 0);
      ++index_;
      used_ = 0;
    }
    const size_t n = std::min<size_t>(bytes.size(), kLogPayloadBytes - used_);
    std::memcpy(blocks_->Block(index_).data() + kLogHeaderBytes + used_, bytes.data(), n);
    used_ += static_cast<uint32_t>(n);
    bytes = bytes.subspan(n);
  }
}

uint64_t SpillEncoder::Finish() {
  TREERING_CHECK(index_ + 1 == blocks_->blocks());
  uint16_t place = index_ == 0 ? kBlockFirst | kBlockLast : kBlockLast;
  if ((flags_ & kBlockPromise) != 0) place = 0;
  SealBlock(place);
  return header_.previous_sum;
}

void SpillEncoder::SealBlock(uint16_t flags) {
  header_.flags = flags_ | flags;
  header_.payload_bytes = used_;
  header_.previous_sum = codec_.Seal(header_, blocks_->Block(index_));
  ++header_.lsn;
}

Spill::Spill(const SpillRange& range, BlockBuffers blocks, std::vector<LsnMap::Entry> segments)
    : range_(range), blocks_(std::move(blocks)), segments_(std::move(segments)) {
  uint64_t lsn = range.first_lsn;
  for (const LsnMap::Entry& entry : segments_) {
    const uint64_t end = std::min(range.end_lsn, entry.end_lsn());
    while (lsn < end) {
      const std::span<const std::byte> run = blocks_.Run(lsn - range.first_lsn, end - lsn);
      requests_.push_back(io::Request::Write(entry.segment->file.get(),
                                             (lsn - entry.first_lsn) * kLogBlockBytes, run));
      lsn += run.size() / kLogBlockBytes;
    }
  }
  TREERING_CHECK(lsn == range.end_lsn);
  pending_ = requests_.size();
}

Spill::~Spill() { TREERING_CHECK(finished_); }

void Spill::Submit(io::Queue* queue, void* owner) {
  TREERING_CHECK(!submitted_);
  submitted_ = true;
  for (io::Request& request : requests_) {
    request.owner = owner == nullptr ? this : owner;
    queue->Submit(&request);
  }
}

bool Spill::NoteDone(const io::Request* request) {
  TREERING_CHECK(pending_ > 0);
  if (status_.ok()) status_ = request->ToStatus();
  return --pending_ == 0;
}

}  // namespace treering::wal
