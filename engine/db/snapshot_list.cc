#include "engine/db/snapshot_list.h"

#include "engine/base/check.h"

namespace treering::db {

key::Sequence SnapshotList::Acquire(const std::atomic<key::Sequence>& visible) {
  base::MutexLock lock(&mutex_);
  const key::Sequence sequence = visible.load(std::memory_order_acquire);
  ++holders_[sequence];
  return sequence;
}

void SnapshotList::Release(key::Sequence sequence) {
  base::MutexLock lock(&mutex_);
  const auto it = holders_.find(sequence);
  TREERING_CHECK(it != holders_.end());
  if (--it->second == 0) holders_.erase(it);
}

std::vector<key::Sequence> SnapshotList::Sequences() const {
  base::MutexLock lock(&mutex_);
  std::vector<key::Sequence> result;
  result.reserve(holders_.size());
  for (const auto& [sequence, count] : holders_) result.push_back(sequence);
  return result;
}

size_t SnapshotList::Count() const {
  base::MutexLock lock(&mutex_);
  size_t count = 0;
  for (const auto& [sequence, holders] : holders_) count += holders;
  return count;
}

}  // namespace treering::db
