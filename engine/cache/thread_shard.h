// ThreadShard: a small number per thread, to spread counters over cache lines.
//
// Owner: nobody.
// Threads: any.
// Invariants:
//   1. The number is only used to choose among equal counters whose sum counts.
#ifndef TREERING_ENGINE_CACHE_THREAD_SHARD_H_
#define TREERING_ENGINE_CACHE_THREAD_SHARD_H_

#include <cstdint>

namespace treering::cache {

inline constexpr uint32_t kThreadShardCount = 64;

// In [0, kThreadShardCount), the same for the thread's whole life.
uint32_t ThreadShard();

}  // namespace treering::cache

#endif  // TREERING_ENGINE_CACHE_THREAD_SHARD_H_
