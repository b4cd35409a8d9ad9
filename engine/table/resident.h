// Resident: blocks of a table that are in the cache, pinned for what outlives an epoch guard.
//
// Owner: the caller owns the BlockRef.
// Threads: any; they take a guard of their own.
// Invariants:
//   1. Never reads from the disk: empty when the block is not in the cache.
#ifndef TREERING_ENGINE_TABLE_RESIDENT_H_
#define TREERING_ENGINE_TABLE_RESIDENT_H_

#include <cstdint>

#include "engine/cache/block_ref.h"
#include "engine/table/table_reader.h"

namespace treering::table {

cache::BlockRef ResidentPartition(Table* table, uint32_t partition);
cache::BlockRef ResidentData(Table* table, const BlockHandle& handle);
// As ResidentData, without taking it.
bool IsResidentData(Table* table, const BlockHandle& handle);

}  // namespace treering::table

#endif  // TREERING_ENGINE_TABLE_RESIDENT_H_
