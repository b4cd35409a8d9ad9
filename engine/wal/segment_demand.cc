#include "engine/wal/segment_demand.h"

#include <algorithm>

#include "engine/wal/log_format.h"
#include "engine/wal/segment.h"

namespace treering::wal {

void SegmentDemand::NoteUse(uint64_t bytes, uint64_t now_nanos) {
  if (bytes_ != 0) lasted_nanos_ = now_nanos - since_nanos_;
  bytes_ = bytes;
  since_nanos_ = now_nanos;
}

uint64_t SegmentDemand::Wanted(size_t untouched, uint64_t free_blocks) const {
  const uint64_t usual = NextSegmentBytes(bytes_, lasted_nanos_);
  if (shortage_blocks_ > free_blocks) {
    const uint64_t missing = (shortage_blocks_ - free_blocks) * kLogBlockBytes;
    return std::min(std::max(usual, missing), kSegmentBytesMax);
  }
  return untouched == 0 ? usual : 0;
}

}  // namespace treering::wal
