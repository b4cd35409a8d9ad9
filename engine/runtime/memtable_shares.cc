#include "engine/runtime/memtable_shares.h"

#include <algorithm>

#include "engine/base/check.h"

namespace treering::runtime {
namespace {

constexpr double kNanosToDouble = 10e9;

double Weight(const ActiveMemtable& memtable) {
  const double age = static_cast<double>(memtable.age_nanos) / kNanosToDouble;
  return static_cast<double>(memtable.bytes) * (1 + age);
}

}  // namespace

size_t PickToFlush(std::span<const ActiveMemtable> active, uint64_t used_bytes,
                   uint64_t bytes_max) {
  uint64_t active_bytes = 0;
  for (const ActiveMemtable& memtable : active) active_bytes += memtable.bytes;
  if (used_bytes <= bytes_max || active_bytes <= bytes_max) return kNobody;
  size_t best = kNobody;
  for (size_t i = 0; i < active.size(); ++i) {
    if (active[i].bytes == 0) continue;
    if (best == kNobody || Weight(active[i]) > Weight(active[best])) best = i;
  }
  return best;
}

void MemtableShares::Register(MemtableUser* user) {
  base::MutexLock lock(&mutex_);
  users_.push_back(user);
}

void MemtableShares::Unregister(MemtableUser* user) {
  base::MutexLock lock(&mutex_);
  const size_t before = users_.size();
  std::erase(users_, user);
  TREERING_CHECK(users_.size() + 1 == before);
}

void MemtableShares::Refused() {
  // Whatever is active alone passes this; with anything sealed beside it, it does not.
  const uint64_t used = budget_->used(base::MemoryClass::kMemtable);
  if (used > 0) AskOne(std::min(bytes_max_, used - 1));
}

void MemtableShares::AskOne(uint64_t bytes_max) {
  base::MutexLock lock(&mutex_);
  const uint64_t now_nanos = clock_->NowNanos();
  std::vector<ActiveMemtable> active;
  active.reserve(users_.size());
  for (const MemtableUser* user : users_) active.push_back(user->Active(now_nanos));
  const size_t picked = PickToFlush(active, budget_->used(base::MemoryClass::kMemtable), bytes_max);
  if (picked != kNobody) users_[picked]->SealSoon();
}

}  // namespace treering::runtime
