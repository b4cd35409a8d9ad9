#include "engine/table/filter_builder.h"

#include <cstring>

#include "engine/base/limits.h"
#include "engine/table/table_format.h"

namespace treering::table {

using base::kPageBytes;

FilterBuilder::FilterBuilder(io::BufferPool* pool, uint32_t bits_per_key)
    : pool_(pool), bits_per_key_(bits_per_key) {}

bool FilterBuilder::Grow() {
  // A table half written is worth less than memory slightly over its bound: the charge is forced.
  io::Buffer chunk = pool_->Allocate(kChunkBytes, base::MemoryClass::kTableMeta, base::Need::kMust);
  if (!chunk) return false;
  chunks_.push_back(std::move(chunk));
  used_ = 0;
  return true;
}

std::span<std::byte> FilterBuilder::Finish() {
  const uint64_t pages = EstimatedPages();
  pages_ = pool_->Allocate(pages * kPageBytes, base::MemoryClass::kTableMeta, base::Need::kMust);
  if (!pages_) return {};
  std::memset(pages_.data(), 0, pages * kPageBytes);
  uint64_t left = keys_;
  for (const io::Buffer& chunk : chunks_) {
    for (size_t at = 0; at < kChunkBytes && left > 0; at += sizeof(uint64_t), --left) {
      const uint64_t hash = base::Load64(chunk.data() + at);
      const uint32_t page = FilterPageOf(hash, static_cast<uint32_t>(pages));
      FilterAdd(hash, probes(), pages_.data() + page * kPageBytes);
    }
  }
  chunks_.clear();
  for (uint64_t i = 0; i < pages; ++i) {
    std::byte* const trailer = pages_.data() + (i + 1) * kPageBytes - kTrailerBytes;
    trailer[1] = std::byte{static_cast<uint8_t>(BlockKind::kFilter)};
    base::Store32(trailer + 4, kFilterRawBytes);
  }
  return pages_.span().first(pages * kPageBytes);
}

}  // namespace treering::table
