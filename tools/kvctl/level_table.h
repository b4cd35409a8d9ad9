// LevelTable: the levels of the tree as lines of text, with bars for lsm.
//
// Owner: a value.
// Threads: any.
// Invariants:
//   1. The longest bar is the largest level; a level with a byte has a bar.
#ifndef TREERING_TOOLS_KVCTL_LEVEL_TABLE_H_
#define TREERING_TOOLS_KVCTL_LEVEL_TABLE_H_

#include <cstddef>
#include <string>

#include "tools/kvctl/stats_view.h"

namespace treering::kvctl {

struct LevelTableStyle {
  size_t bar_columns = 0;  // 0: no bars
  bool colour = false;
  bool utf8 = false;
};

// A heading, a line for what is in memory, one per level, one for the sum.
std::string LevelTable(const StatsView& stats, const LevelTableStyle& style);

}  // namespace treering::kvctl

#endif  // TREERING_TOOLS_KVCTL_LEVEL_TABLE_H_
