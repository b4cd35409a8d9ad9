// UserPinQuota: the cap on bytes that users hold pinned, without one counter that all threads
// write.
//
// Threads take from the shared sum in portions and keep what is left of one for their next pin.
//
// Owner: the PageCache.
// Threads: any; bytes may be given back by another thread than the one that took them.
// Invariants:
//   1. What is taken and not given back never exceeds the limit that held when the sum last grew.
//   2. Take refuses only after it has called in what other threads keep.
#ifndef TREERING_ENGINE_CACHE_USER_PIN_QUOTA_H_
#define TREERING_ENGINE_CACHE_USER_PIN_QUOTA_H_

#include <array>
#include <atomic>
#include <cstdint>

#include "engine/cache/thread_shard.h"

namespace treering::cache {

class UserPinQuota {
 public:
  bool Take(uint64_t bytes, uint64_t limit);
  void Give(uint64_t bytes);
  uint64_t taken_bytes() const;

 private:
  static constexpr uint64_t kPortionBytes = 128u << 10;

  struct alignas(64) Shard {
    std::atomic<uint64_t> kept{0};  // taken from sum_, not by a user
  };

  bool TakeFromSum(uint64_t bytes, uint64_t limit);
  void CallIn();

  std::array<Shard, kThreadShardCount> shards_;
  std::atomic<uint64_t> sum_{0};  // of what users and shards hold
};

}  // namespace treering::cache

#endif  // TREERING_ENGINE_CACHE_USER_PIN_QUOTA_H_
