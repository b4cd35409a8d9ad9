#include "engine/table/resident.h"

#include <utility>

#include "engine/base/epoch.h"

namespace treering::table {
namespace {

cache::BlockRef PinOf(cache::PageCache* cache, cache::Frame* frame, const BlockHandle& handle) {
  if (frame == nullptr) return cache::BlockRef();
  cache::Pin pin = cache->TryPin(frame);
  if (!pin) return cache::BlockRef();
  cache::PageCache::Touch(frame);
  return cache::BlockRef(std::move(pin), handle.bytes());
}

}  // namespace

cache::BlockRef ResidentPartition(Table* table, uint32_t partition) {
  cache::PageCache* const cache = table->env().cache;
  const base::EpochDomain::Guard guard(cache->epochs());
  cache::Frame* const frame = table->partition_slot(partition)->load(std::memory_order_acquire);
  return PinOf(cache, frame, table->top_index().partition(partition).handle);
}

cache::BlockRef ResidentData(Table* table, const BlockHandle& handle) {
  cache::PageCache* const cache = table->env().cache;
  const base::EpochDomain::Guard guard(cache->epochs());
  return PinOf(cache, cache->Lookup({table->cache_file(), handle.page}), handle);
}

bool IsResidentData(Table* table, const BlockHandle& handle) {
  cache::PageCache* const cache = table->env().cache;
  const base::EpochDomain::Guard guard(cache->epochs());
  return cache->Find({table->cache_file(), handle.page}) != nullptr;
}

}  // namespace treering::table
