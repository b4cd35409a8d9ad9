// SealTable: makes every sum of a damaged table file right again, so that what lies behind the sums
// is reached: the sums of its blocks, those that its index and its footer remember, and its hash.
//
// Owner: the target.
// Threads: one.
// Invariants:
//   1. Nothing but sums changes. It follows the structure as far as that can be read; sums behind a
//      footer, index or partition that no reader would accept are left as they are.
#ifndef TREERING_TESTS_FUZZ_TABLE_SEAL_H_
#define TREERING_TESTS_FUZZ_TABLE_SEAL_H_

#include <string>

#include "engine/table/table_info.h"

namespace treering::fuzz {

// *info becomes what a manifest would say of the file: the footer's facts, with the keys as they
// were.
void SealTable(std::string* file, table::TableInfo* info);

}  // namespace treering::fuzz

#endif  // TREERING_TESTS_FUZZ_TABLE_SEAL_H_
