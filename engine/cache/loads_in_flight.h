// LoadsInFlight: the reads that other threads may wait for.
//
// Owner: the BlockFetcher.
// Threads: any.
// Invariants:
//   1. A Load belongs to a thread that is blocked with this one read until it calls Leave: whoever
//      joins it can rely on its end.
//   2. A joined Waiter is answered exactly once, by the load's owner, and may be gone right after.
#ifndef TREERING_ENGINE_CACHE_LOADS_IN_FLIGHT_H_
#define TREERING_ENGINE_CACHE_LOADS_IN_FLIGHT_H_

#include <array>
#include <cstdint>
#include <vector>

#include "api/status.h"
#include "engine/base/thread.h"
#include "engine/cache/page_cache.h"

namespace treering::cache {

class LoadsInFlight {
 public:
  // Lives on the stack of a thread that joined.
  struct Waiter {
    base::FutexWord answered;
    // A pin, or an error; neither when the owner's read did not end in the cache: read it yourself.
    Pin pin;
    Status status;
    Waiter* next = nullptr;
  };
  // Lives on the stack of the thread that reads.
  struct Load {
    BlockId id;
    Waiter* waiters = nullptr;
  };

  enum class Role : uint8_t {
    kOwner,   // `load` is registered: read, then call Leave
    kJoined,  // wait for waiter->answered
    kFound,   // the block is in the cache: waiter->pin
  };
  Role Enter(PageCache* cache, Load* load, Waiter* waiter);
  // Takes the load out and answers its waiters: with a pin of their own on `frame` (which the
  // caller has pinned; null: none) or with `status`.
  void Leave(PageCache* cache, Load* load, Frame* frame, const Status& status);

 private:
  static constexpr int kShardCount = 64;
  struct alignas(64) Shard {
    base::Mutex mutex;
    std::vector<Load*> loads;
  };
  Shard* ShardOf(const BlockId& id);

  std::array<Shard, kShardCount> shards_;
};

}  // namespace treering::cache

#endif  // TREERING_ENGINE_CACHE_LOADS_IN_FLIGHT_H_
