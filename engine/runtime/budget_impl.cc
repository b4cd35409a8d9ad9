#include "engine/runtime/budget_impl.h"

#include <algorithm>

#include "engine/base/check.h"
#include "engine/base/thread.h"

namespace treering::runtime {
namespace {

using base::MemoryClass;
using base::Need;

// Rounds of asking the cache before a charge is refused: others may take what it gave.
constexpr int kReclaimRounds = 4;

}  // namespace

std::string_view MemoryClassName(MemoryClass memory_class) {
  switch (memory_class) {
    case MemoryClass::kCache:
      return "cache";
    case MemoryClass::kMemtable:
      return "memtable";
    case MemoryClass::kTableMeta:
      return "table_meta";
    case MemoryClass::kIoBuffer:
      return "io_buffer";
    case MemoryClass::kIterator:
      return "iterator";
    case MemoryClass::kOther:
      return "other";
  }
  return "unknown";
}

BudgetImpl::~BudgetImpl() { TREERING_CHECK(used() == 0); }

// Whether the class itself may, whatever room there is.
bool BudgetImpl::MayGrow(MemoryClass memory_class, uint64_t bytes) const {
  if (memory_class == MemoryClass::kCache) {
    return reclaiming_.load(std::memory_order_relaxed) == 0;
  }
  if (memory_class != MemoryClass::kMemtable) return true;
  const uint64_t now = used(memory_class);
  return now <= limits_.memtable_bytes_max && bytes <= limits_.memtable_bytes_max - now;
}

bool BudgetImpl::TakeRoom(uint64_t bytes, uint64_t limit) {
  uint64_t used = used_.load(std::memory_order_relaxed);
  while (bytes <= limit && used <= limit - bytes) {
    if (used_.compare_exchange_weak(used, used + bytes, std::memory_order_relaxed)) return true;
    base::SchedPoint();
  }
  return false;
}

bool BudgetImpl::TakeRoomByReclaim(uint64_t bytes, uint64_t limit) {
  if (!reclaim_ || bytes > limit) return false;
  reclaiming_.fetch_add(1, std::memory_order_relaxed);
  bool taken = TakeRoom(bytes, limit);
  for (int round = 0; round < kReclaimRounds && !taken; ++round) {
    const uint64_t wanted = used() + bytes;
    const uint64_t given = reclaim_(wanted > limit ? wanted - limit : 1);
    taken = TakeRoom(bytes, limit);
    if (given == 0) break;
  }
  reclaiming_.fetch_sub(1, std::memory_order_relaxed);
  return taken;
}

void BudgetImpl::Count(MemoryClass memory_class, uint64_t bytes) {
  by_class_[static_cast<size_t>(memory_class)].fetch_add(bytes, std::memory_order_relaxed);
  const uint64_t now = used();
  uint64_t used_max = used_max_.load(std::memory_order_relaxed);
  while (now > used_max &&
         !used_max_.compare_exchange_weak(used_max, now, std::memory_order_relaxed)) {
    base::SchedPoint();
  }
  CheckWatch(now);
}

void BudgetImpl::WatchAt(uint64_t bytes) {
  watch_at_.store(bytes, std::memory_order_relaxed);
  CheckWatch(used());
}

void BudgetImpl::CheckWatch(uint64_t now) {
  uint64_t mark = watch_at_.load(std::memory_order_relaxed);
  if (now >= mark &&
      watch_at_.compare_exchange_strong(mark, UINT64_MAX, std::memory_order_relaxed)) {
    reached_();
  }
}

bool BudgetImpl::Charge(MemoryClass memory_class, uint64_t bytes, Need need) {
  const bool is_cache = memory_class == MemoryClass::kCache;
  const uint64_t limit = limits_.bytes - (need == Need::kSpare ? limits_.reserve_bytes : 0);
  bool taken = false;
  if (need == Need::kMust || MayGrow(memory_class, bytes)) {
    taken = TakeRoom(bytes, limit) || (!is_cache && TakeRoomByReclaim(bytes, limit));
  }
  if (!taken && need == Need::kMust) {
    used_.fetch_add(bytes, std::memory_order_relaxed);
    taken = true;
  }
  if (taken) {
    Count(memory_class, bytes);
  } else if (!is_cache && need == Need::kUsual) {  // the others ask until they are refused
    refused_.fetch_add(1, std::memory_order_relaxed);
  }
  return taken;
}

void BudgetImpl::Release(MemoryClass memory_class, uint64_t bytes) {
  auto& of_class = by_class_[static_cast<size_t>(memory_class)];
  TREERING_CHECK(of_class.fetch_sub(bytes, std::memory_order_relaxed) >= bytes);
  used_.fetch_sub(bytes, std::memory_order_relaxed);
}

void BudgetImpl::Move(MemoryClass from, MemoryClass to, uint64_t bytes) {
  by_class_[static_cast<size_t>(to)].fetch_add(bytes, std::memory_order_relaxed);
  auto& before = by_class_[static_cast<size_t>(from)];
  TREERING_CHECK(before.fetch_sub(bytes, std::memory_order_relaxed) >= bytes);
}

uint64_t BudgetImpl::used(MemoryClass memory_class) const {
  return by_class_[static_cast<size_t>(memory_class)].load(std::memory_order_relaxed);
}

uint64_t BudgetImpl::over_bytes() const {
  const uint64_t now = used();
  return now > limits_.bytes ? now - limits_.bytes : 0;
}

MemoryStats BudgetImpl::Stats() const {
  MemoryStats stats;
  stats.limit_bytes = limits_.bytes;
  stats.used_bytes = used();
  stats.over_bytes = over_bytes();
  const uint64_t used_max = used_max_.load(std::memory_order_relaxed);
  stats.over_bytes_max = used_max > limits_.bytes ? used_max - limits_.bytes : 0;
  stats.refused = refused_.load(std::memory_order_relaxed);
  for (size_t i = 0; i < stats.by_class.size(); ++i) {
    stats.by_class[i] = by_class_[i].load(std::memory_order_relaxed);
  }
  return stats;
}

}  // namespace treering::runtime
