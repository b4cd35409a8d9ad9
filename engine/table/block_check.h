// BlockCheck: whether bytes from a disk are the block they should be, before anybody looks inside.
//
// Owner: nobody.
// Threads: any.
// Invariants:
//   1. Any bytes may come in. After OK a BlockView (or a filter test) of exactly these bytes is
//      safe, whoever made them: sums are no proof of good intent.
//   2. Looks at every byte; costs about as much as the sum. Key order is not looked at (VerifyTable
//      does).
// Format: docs/format/table.md, "Blocks".
#ifndef TREERING_ENGINE_TABLE_BLOCK_CHECK_H_
#define TREERING_ENGINE_TABLE_BLOCK_CHECK_H_

#include <cstddef>
#include <span>

#include "api/status.h"
#include "engine/table/block_view.h"
#include "engine/table/table_format.h"

namespace treering::table {

// A slotted block: sum, trailer, padding, offsets, entries. It has at least one entry. In data
// blocks kinds that this version does not know are NotSupported.
Status CheckBlock(const BlockPlace& place, std::span<const std::byte> block);

// A filter page: sum, trailer, reserved bytes.
Status CheckFilterPage(const BlockPlace& place, std::span<const std::byte> page);

// An index partition that passed CheckBlock: its handles tile the pages [first_page, end_page).
Status CheckPartitionHandles(const BlockPlace& place, const BlockView& view, uint32_t first_page,
                             uint32_t end_page);

// The handle in entry `i` of a partition that passed both checks.
BlockHandle HandleAt(const BlockView& partition, uint32_t i);

}  // namespace treering::table

#endif  // TREERING_ENGINE_TABLE_BLOCK_CHECK_H_
