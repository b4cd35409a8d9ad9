#include "engine/db/open_iterators.h"

#include <algorithm>

namespace treering::db {

OpenIterators::Entry::Entry(OpenIterators* all, uint64_t now_nanos)
    : all_(all), since_nanos_(now_nanos) {
  base::MutexLock lock(&all_->mutex_);
  all_->since_nanos_.insert(since_nanos_);
}

OpenIterators::Entry::~Entry() {
  if (all_->process_.InChild()) return;
  base::MutexLock lock(&all_->mutex_);
  all_->since_nanos_.erase(all_->since_nanos_.find(since_nanos_));
}

OpenIterators::Figures OpenIterators::Now(uint64_t now_nanos) const {
  base::MutexLock lock(&mutex_);
  if (since_nanos_.empty()) return {};
  const uint64_t oldest = *since_nanos_.begin();
  return {since_nanos_.size(), now_nanos - std::min(now_nanos, oldest)};
}

}  // namespace treering::db
