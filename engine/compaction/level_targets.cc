#include "engine/compaction/level_targets.h"

#include <algorithm>

#include "engine/base/check.h"

namespace treering::compaction {
namespace {

uint64_t SaturatingMultiply(uint64_t a, uint64_t b) {
  uint64_t product = 0;
  return __builtin_mul_overflow(a, b, &product) ? UINT64_MAX : product;
}

}  // namespace

LevelTargets ComputeLevelTargets(const std::array<uint64_t, base::kLevelCount>& level_bytes,
                                 uint64_t level_base_bytes, uint32_t multiplier) {
  TREERING_CHECK(multiplier >= 2);
  constexpr uint32_t kDeepest = base::kLevelCount - 1;
  level_base_bytes = std::max<uint64_t>(level_base_bytes, 1);
  uint32_t first_used = kDeepest;
  uint64_t largest = 0;
  for (uint32_t level = kDeepest; level >= 1; --level) {
    if (level_bytes[level] > 0) first_used = level;
    largest = std::max(largest, level_bytes[level]);
  }

  // What the base level holds when the deepest one is full.
  uint64_t base_bytes = largest;
  for (uint32_t level = kDeepest; level > first_used; --level) base_bytes /= multiplier;
  LevelTargets targets;
  targets.base_level = first_used;
  // Too much for a base level: open one more level above it.
  while (targets.base_level > 1 && base_bytes > level_base_bytes) {
    base_bytes /= multiplier;
    --targets.base_level;
  }
  base_bytes = std::clamp<uint64_t>(base_bytes, 1, level_base_bytes);

  uint64_t target = base_bytes;
  for (uint32_t level = targets.base_level; level <= kDeepest; ++level) {
    // No level is asked to be smaller than a base level: that would be an hourglass.
    targets.bytes[level] = std::max(target, level_base_bytes);
    target = SaturatingMultiply(target, multiplier);
  }
  return targets;
}

}  // namespace treering::compaction
