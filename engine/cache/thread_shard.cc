#include "engine/cache/thread_shard.h"

#include <atomic>

namespace treering::cache {

uint32_t ThreadShard() {
  static std::atomic<uint32_t> next{0};
  thread_local const uint32_t shard =
      next.fetch_add(1, std::memory_order_relaxed) % kThreadShardCount;
  return shard;
}

}  // namespace treering::cache
