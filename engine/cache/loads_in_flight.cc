#include "engine/cache/loads_in_flight.h"

#include <algorithm>

#include "engine/base/checksum.h"
#include "engine/base/epoch.h"

namespace treering::cache {

LoadsInFlight::Shard* LoadsInFlight::ShardOf(const BlockId& id) {
  return &shards_[base::Mix64(id.file * 0x9e3779b97f4a7c15ull + id.page) % kShardCount];
}

LoadsInFlight::Role LoadsInFlight::Enter(PageCache* cache, Load* load, Waiter* waiter) {
  Shard* const shard = ShardOf(load->id);
  base::MutexLock lock(&shard->mutex);
  for (Load* const other : shard->loads) {
    if (!(other->id == load->id)) continue;
    waiter->next = other->waiters;
    other->waiters = waiter;
    return Role::kJoined;
  }
  // An owner publishes before it leaves: without a load, the cache's answer is the last word.
  base::EpochDomain::Guard guard(cache->epochs());
  if (Frame* const frame = cache->Find(load->id); frame != nullptr) {
    waiter->pin = cache->TryPin(frame);
    if (waiter->pin) return Role::kFound;
  }
  shard->loads.push_back(load);
  return Role::kOwner;
}

void LoadsInFlight::Leave(PageCache* cache, Load* load, Frame* frame, const Status& status) {
  Shard* const shard = ShardOf(load->id);
  {
    base::MutexLock lock(&shard->mutex);
    std::erase(shard->loads, load);
  }
  for (Waiter* waiter = load->waiters; waiter != nullptr;) {
    Waiter* const next = waiter->next;
    if (frame != nullptr) waiter->pin = cache->TryPin(frame);
    waiter->status = status;
    waiter->answered.StoreAndWakeAll(1);
    waiter = next;
  }
}

}  // namespace treering::cache
