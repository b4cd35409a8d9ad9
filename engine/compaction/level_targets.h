// LevelTargets: how many bytes each level should hold.
//
// Owner: a value.
// Threads: any; a pure function.
// Invariants:
//   1. Levels between 0 and base_level are empty and have target 0; tables leave level 0 for
//      base_level. 1 <= base_level < level count.
//   2. From base_level down, no target is below level_base_bytes, and each is at most `multiplier`
//      times the one above.
//   3. The targets follow from the fullest level by division, so that all but about 1/multiplier of
//      the data come to lie at the bottom. Source: the dynamic level sizes of RocksDB (S. Dong et
//      al., "Optimizing Space Amplification in RocksDB", CIDR 2017).
#ifndef TREERING_ENGINE_COMPACTION_LEVEL_TARGETS_H_
#define TREERING_ENGINE_COMPACTION_LEVEL_TARGETS_H_

#include <array>
#include <cstdint>

#include "engine/base/limits.h"

namespace treering::compaction {

struct LevelTargets {
  uint32_t base_level = base::kLevelCount - 1;
  std::array<uint64_t, base::kLevelCount> bytes{};
};

// `level_bytes` is what the levels hold now (level 0 is not looked at). multiplier >= 2.
LevelTargets ComputeLevelTargets(const std::array<uint64_t, base::kLevelCount>& level_bytes,
                                 uint64_t level_base_bytes, uint32_t multiplier);

}  // namespace treering::compaction

#endif  // TREERING_ENGINE_COMPACTION_LEVEL_TARGETS_H_
