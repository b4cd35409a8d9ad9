#include "engine/table/block_builder.h"

#include <algorithm>
#include <bit>
#include <cstring>

#include "engine/base/check.h"
#include "engine/base/coding.h"
#include "engine/base/limits.h"
#include "engine/key/internal_key.h"

namespace treering::table {
namespace {

using base::kBlockPagesMax;
using base::kPageBytes;

// More padding than this part of a run, and the run grows.
constexpr size_t kPaddingPart = 16;

// Of a block of `raw_bytes` in `count` entries: entries, offsets and trailer.
size_t UsedBytes(size_t raw_bytes, size_t count) {
  const size_t narrow = raw_bytes + count * sizeof(uint16_t) + kTrailerBytes;
  if (PagesFor(narrow) <= kBlockPagesMax) return narrow;
  return raw_bytes + count * sizeof(uint32_t) + kTrailerBytes;
}

uint32_t FirstPages(uint32_t block_bytes) {
  const uint64_t pages = std::clamp<uint64_t>(PagesFor(block_bytes), 1, kBlockPagesMax);
  return static_cast<uint32_t>(std::bit_ceil(pages));
}

}  // namespace

BlockBuilder::BlockBuilder(io::BufferPool* pool, uint32_t block_bytes, Growth growth)
    : pool_(pool), growth_(growth), pages_first_(FirstPages(block_bytes)), pages_(pages_first_) {}

bool BlockBuilder::GrowRun(size_t needed) {
  if (growth_ == Growth::kForEverything) return true;
  while (needed > pages_ * kPageBytes) {
    // An entry larger than any run gets what it needs.
    if (pages_ == kBlockPagesMax) return empty();
    const size_t run = pages_ * kPageBytes;
    const size_t padding = run - UsedBytes(raw_bytes_, offsets_.size());
    if (!empty() && padding <= run / kPaddingPart) return false;
    pages_ *= 2;
  }
  return true;
}

bool BlockBuilder::Reserve(size_t bytes) {
  if (bytes <= buffer_.size()) return true;
  // One block is needed to get anywhere: the charge may not be refused.
  const size_t run = growth_ == Growth::kForEverything ? 2 * buffer_.size() : pages_ * kPageBytes;
  io::Buffer larger =
      pool_->Allocate(std::max(bytes, run), base::MemoryClass::kIoBuffer, base::Need::kMust);
  if (!larger) return false;
  if (!empty()) {
    std::memcpy(larger.data(), buffer_.data(), raw_bytes_);
    const auto* const old_data = reinterpret_cast<const char*>(buffer_.data());
    last_key_ = Slice(reinterpret_cast<const char*>(larger.data()) + (last_key_.data() - old_data),
                      last_key_.size());
  }
  buffer_ = std::move(larger);
  return true;
}

BlockBuilder::AddResult BlockBuilder::Add(const Slice& key, const Slice& value) {
  TREERING_DCHECK(key.size() >= key::kTagBytes);
  const auto key_bytes = static_cast<uint32_t>(key.size() - key::kTagBytes);
  const auto value_bytes = static_cast<uint32_t>(value.size());
  char lengths[2 * base::kVarint32BytesMax];
  char* const lengths_end =
      base::EncodeVarint32(base::EncodeVarint32(lengths, key_bytes), value_bytes);
  const auto lengths_bytes = static_cast<size_t>(lengths_end - lengths);
  const size_t entry_bytes = lengths_bytes + key.size() + value.size();
  const size_t needed = UsedBytes(raw_bytes_ + entry_bytes, offsets_.size() + 1);
  if (needed > pages_ * kPageBytes && !GrowRun(needed)) [[unlikely]]
    return AddResult::kFull;
  if (!Reserve(PagesFor(needed) * kPageBytes)) return AddResult::kOutOfMemory;

  char* const begin = reinterpret_cast<char*>(buffer_.data()) + raw_bytes_;
  std::memcpy(begin, lengths, lengths_bytes);
  char* const key_begin = begin + lengths_bytes;
  std::memcpy(key_begin, key.data(), key.size());
  if (value_bytes != 0) std::memcpy(key_begin + key.size(), value.data(), value.size());
  last_key_ = Slice(key_begin, key.size());
  offsets_.push_back(static_cast<uint32_t>(raw_bytes_));
  raw_bytes_ += entry_bytes;
  return AddResult::kAdded;
}

size_t BlockBuilder::EstimatedBytes() const {
  return PagesFor(UsedBytes(raw_bytes_, offsets_.size())) * kPageBytes;
}

std::span<std::byte> BlockBuilder::Finish(BlockKind kind) {
  TREERING_CHECK(!empty());
  const size_t block_bytes = EstimatedBytes();
  TREERING_CHECK(block_bytes <= buffer_.size());
  std::byte* const data = buffer_.data();
  const size_t width = OffsetWidth(block_bytes);
  std::byte* const trailer = data + block_bytes - kTrailerBytes;
  std::byte* slot = trailer - offsets_.size() * width;
  std::memset(data + raw_bytes_, 0, static_cast<size_t>(slot - (data + raw_bytes_)));
  for (const uint32_t offset : offsets_) {
    if (width == sizeof(uint16_t)) {
      base::Store16(slot, static_cast<uint16_t>(offset));
    } else {
      base::Store32(slot, offset);
    }
    slot += width;
  }
  std::memset(trailer, 0, kTrailerBytes);
  trailer[1] = std::byte{static_cast<uint8_t>(kind)};
  base::Store32(trailer + 4, static_cast<uint32_t>(raw_bytes_));
  base::Store32(trailer + 8, count());
  return {data, block_bytes};
}

void BlockBuilder::Reset() {
  if (buffer_.size() > kBlockPagesMax * kPageBytes) buffer_ = io::Buffer();
  pages_ = pages_first_;
  raw_bytes_ = 0;
  offsets_.clear();
  last_key_ = Slice();
}

}  // namespace treering::table
