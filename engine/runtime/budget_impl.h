// BudgetImpl: the Runtime's one bound on memory, with figures by class.
//
// Owner: the Runtime; outlives everything that charges it.
// Threads: any.
// Invariants:
//   1. Only what must be had takes the sum above the limit; over_bytes() shows by how much.
//   2. When memory is short for another class, the cache is asked to give back first.
//   3. What is spare leaves a reserve free, and memtables stay within a part of the limit (unless
//      they must): so a read finds memory whatever else goes on.
//   4. Every byte charged is released before the end (CHECKed).
#ifndef TREERING_ENGINE_RUNTIME_BUDGET_IMPL_H_
#define TREERING_ENGINE_RUNTIME_BUDGET_IMPL_H_

#include <array>
#include <atomic>
#include <cstdint>
#include <functional>
#include <string_view>

#include "engine/base/budget.h"

namespace treering::runtime {

// "cache", "memtable", ...
std::string_view MemoryClassName(base::MemoryClass memory_class);

struct MemoryStats {
  uint64_t limit_bytes = 0;
  uint64_t used_bytes = 0;
  uint64_t over_bytes = 0;      // above the limit now
  uint64_t over_bytes_max = 0;  // at the worst moment
  uint64_t refused = 0;         // charges of usual need that found no room; each try counts
  std::array<uint64_t, base::kMemoryClassCount> by_class{};
};

class BudgetImpl final : public base::Budget {
 public:
  // Gives back about `bytes` (it releases them itself) and returns how many. Called without locks
  // of the budget, on the thread that needs the room.
  using Reclaim = std::function<uint64_t(uint64_t bytes)>;

  struct Limits {
    uint64_t bytes = 0;
    uint64_t reserve_bytes = 0;  // at most `bytes`
    uint64_t memtable_bytes_max = UINT64_MAX;
  };

  explicit BudgetImpl(const Limits& limits) : limits_(limits) {}
  explicit BudgetImpl(uint64_t limit_bytes) : limits_{.bytes = limit_bytes} {}
  ~BudgetImpl() override;

  // Before the first charge that may need it; an empty one ends it. Not while others charge.
  void SetReclaim(Reclaim reclaim) { reclaim_ = std::move(reclaim); }

  // Calls `reached` once when the sum of charges comes to `bytes` (UINT64_MAX: never), on the
  // thread that charges: it must not charge or block. Not while others charge.
  void SetWatch(std::function<void()> reached) { reached_ = std::move(reached); }
  // Any thread, any time; replaces the earlier mark. When the sum is there already, `reached` is
  // called here.
  void WatchAt(uint64_t bytes);

  bool Charge(base::MemoryClass memory_class, uint64_t bytes, base::Need need) override;
  void Release(base::MemoryClass memory_class, uint64_t bytes) override;
  void Move(base::MemoryClass from, base::MemoryClass to, uint64_t bytes) override;

  uint64_t limit() const { return limits_.bytes; }
  uint64_t used() const { return used_.load(std::memory_order_relaxed); }
  uint64_t used(base::MemoryClass memory_class) const;
  uint64_t over_bytes() const;
  MemoryStats Stats() const;

 private:
  bool MayGrow(base::MemoryClass memory_class, uint64_t bytes) const;
  bool TakeRoom(uint64_t bytes, uint64_t limit);
  bool TakeRoomByReclaim(uint64_t bytes, uint64_t limit);
  void Count(base::MemoryClass memory_class, uint64_t bytes);
  void CheckWatch(uint64_t now);

  const Limits limits_;
  Reclaim reclaim_;
  std::function<void()> reached_;
  std::atomic<uint64_t> watch_at_{UINT64_MAX};
  std::atomic<uint64_t> used_{0};
  std::atomic<uint64_t> used_max_{0};
  std::atomic<uint64_t> refused_{0};
  std::atomic<uint32_t> reclaiming_{0};  // threads in reclaim_: the cache must not take their room
  std::array<std::atomic<uint64_t>, base::kMemoryClassCount> by_class_{};
};

}  // namespace treering::runtime

#endif  // TREERING_ENGINE_RUNTIME_BUDGET_IMPL_H_
