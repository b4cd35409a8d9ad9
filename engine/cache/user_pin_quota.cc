#include "engine/cache/user_pin_quota.h"

#include "engine/base/thread.h"

namespace treering::cache {

bool UserPinQuota::TakeFromSum(uint64_t bytes, uint64_t limit) {
  uint64_t sum = sum_.load(std::memory_order_relaxed);
  while (bytes <= limit && sum <= limit - bytes) {
    if (sum_.compare_exchange_weak(sum, sum + bytes, std::memory_order_relaxed)) return true;
    base::SchedPoint();
  }
  return false;
}

void UserPinQuota::CallIn() {
  for (Shard& shard : shards_) {
    sum_.fetch_sub(shard.kept.exchange(0, std::memory_order_relaxed), std::memory_order_relaxed);
  }
}

bool UserPinQuota::Take(uint64_t bytes, uint64_t limit) {
  std::atomic<uint64_t>& kept = shards_[ThreadShard()].kept;
  uint64_t have = kept.load(std::memory_order_relaxed);
  while (have >= bytes) {
    if (kept.compare_exchange_weak(have, have - bytes, std::memory_order_relaxed)) return true;
    base::SchedPoint();
  }
  if (TakeFromSum(bytes + kPortionBytes, limit)) {
    kept.fetch_add(kPortionBytes, std::memory_order_relaxed);
    return true;
  }
  CallIn();
  return TakeFromSum(bytes, limit);
}

void UserPinQuota::Give(uint64_t bytes) {
  std::atomic<uint64_t>& kept = shards_[ThreadShard()].kept;
  const uint64_t have = kept.fetch_add(bytes, std::memory_order_relaxed) + bytes;
  if (have < 2 * kPortionBytes) return;
  uint64_t expected = have;
  if (kept.compare_exchange_strong(expected, kPortionBytes, std::memory_order_relaxed)) {
    sum_.fetch_sub(have - kPortionBytes, std::memory_order_relaxed);
  }
}

uint64_t UserPinQuota::taken_bytes() const {
  const uint64_t sum = sum_.load(std::memory_order_relaxed);
  uint64_t kept = 0;
  for (const Shard& shard : shards_) kept += shard.kept.load(std::memory_order_relaxed);
  return sum > kept ? sum - kept : 0;  // others move bytes while we add
}

}  // namespace treering::cache
