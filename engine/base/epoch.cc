#include "engine/base/epoch.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <new>
#include <utility>
#include <vector>

#include "engine/base/check.h"
#include "engine/base/thread.h"

namespace treering::base {
namespace {

// The epoch of a slot whose thread has no guard; real epochs begin above it.
constexpr uint64_t kOutside = 0;
// Retire collects when this many wait, or twice what the last collection left.
constexpr size_t kCollectAt = 64;

}  // namespace

// Two cache lines, as processors fetch lines in pairs.
struct alignas(128) EpochDomain::Slot {
  std::atomic<uint64_t> epoch{kOutside};
  uint32_t depth = 0;  // the owning thread's
  std::atomic<bool> owned{true};
  bool is_spare = false;   // lent to one guard of a thread that could not have its own
  Slots* slots = nullptr;  // a spare's
  Slot* next = nullptr;
};

// The slots of a domain: a list that only grows. Threads keep it alive behind the domain's end.
class EpochDomain::Slots {
 public:
  Slots() {
    for (Slot& slot : spares_) {
      slot.owned = false;
      slot.is_spare = true;
      slot.slots = this;
    }
  }
  Slots(const Slots&) = delete;
  Slots& operator=(const Slots&) = delete;
  ~Slots() {
    for (Slot* slot = head_.load(); slot != nullptr;) delete std::exchange(slot, slot->next);
  }

  Slot* Take() {
    for (Slot* slot = head_.load(std::memory_order_acquire); slot != nullptr; slot = slot->next) {
      bool owned = false;
      if (slot->owned.compare_exchange_strong(owned, true, std::memory_order_acq_rel)) return slot;
    }
    auto* const slot = new Slot;
    slot->next = head_.load(std::memory_order_relaxed);
    while (!head_.compare_exchange_weak(slot->next, slot, std::memory_order_acq_rel)) SchedPoint();
    return slot;
  }
  void Give(Slot* slot) {
    TREERING_CHECK(slot->depth == 0);  // a guard outlived its thread
    slot->owned.store(false, std::memory_order_release);
    if (slot->is_spare) lent_.fetch_sub(1);
  }
  // For one guard, when there is no memory for a slot of the thread's own. Waits for one.
  Slot* Lend() {
    lent_.fetch_add(1);
    while (true) {
      for (Slot& slot : spares_) {
        bool owned = false;
        if (slot.owned.compare_exchange_strong(owned, true, std::memory_order_acq_rel)) {
          return &slot;
        }
      }
      SpinPause();
    }
  }

  // The least epoch of a guard that is alive; UINT64_MAX without one.
  uint64_t Oldest() const {
    uint64_t oldest = UINT64_MAX;
    for (Slot* slot = head_.load(); slot != nullptr; slot = slot->next) {
      const uint64_t epoch = slot->epoch.load();
      if (epoch != kOutside) oldest = std::min(oldest, epoch);
    }
    if (lent_.load() == 0) return oldest;
    for (const Slot& slot : spares_) {
      const uint64_t epoch = slot.epoch.load();
      if (epoch != kOutside) oldest = std::min(oldest, epoch);
    }
    return oldest;
  }

  std::atomic<bool> domain_ended{false};

 private:
  std::atomic<Slot*> head_{nullptr};
  std::atomic<uint32_t> lent_{0};  // spares that are or will be taken
  std::array<Slot, 16> spares_;
};

// The slots that a thread has, of all domains.
class EpochDomain::ThreadSlots {
 public:
  struct Entry {
    std::shared_ptr<Slots> slots;  // keeps its address from being used again
    Slot* slot;
  };
  // The one used last, without constructor and destructor: the fast path.
  struct Last {
    const Slots* slots;
    Slot* slot;
  };

  ThreadSlots() = default;
  ThreadSlots(const ThreadSlots&) = delete;
  ThreadSlots& operator=(const ThreadSlots&) = delete;
  ~ThreadSlots() {
    last_ = Last{};
    for (const Entry& entry : entries_) entry.slots->Give(entry.slot);
  }

  static Slot* Find(const std::shared_ptr<Slots>& slots) {
    if (last_.slots == slots.get()) [[likely]]
      return last_.slot;
    Slot* const slot = own_.FindSlow(slots);
    last_ = slot->is_spare ? Last{} : Last{.slots = slots.get(), .slot = slot};
    return slot;
  }

 private:
  Slot* FindSlow(const std::shared_ptr<Slots>& slots) {
    for (const Entry& entry : entries_) {
      if (entry.slots == slots) return entry.slot;
    }
    std::erase_if(entries_, [](const Entry& entry) { return entry.slots->domain_ended.load(); });
    try {
      entries_.reserve(entries_.size() + 1);
      entries_.push_back(Entry{.slots = slots, .slot = slots->Take()});
      return entries_.back().slot;
    } catch (const std::bad_alloc&) {
      return slots->Lend();  // destructors take guards, too
    }
  }

  static constinit thread_local Last last_;
  static thread_local ThreadSlots own_;

  std::vector<Entry> entries_;
};

constinit thread_local EpochDomain::ThreadSlots::Last EpochDomain::ThreadSlots::last_ = {};
thread_local EpochDomain::ThreadSlots EpochDomain::ThreadSlots::own_;

struct EpochDomain::Impl {
  // Read by all, written by Stamp: on lines of their own.
  alignas(128) std::atomic<uint64_t> epoch{kOutside + 1};
  alignas(128) std::shared_ptr<Slots> slots = std::make_shared<Slots>();

  Mutex mutex;
  std::list<Retired> retired;  // guarded by mutex
  size_t collect_at = kCollectAt;
};

EpochDomain::EpochDomain() : impl_(std::make_unique<Impl>()) {}

EpochDomain::~EpochDomain() {
  TREERING_CHECK(impl_->slots->Oldest() == UINT64_MAX);  // a guard is left
  while (!impl_->retired.empty()) (void)Collect();
  impl_->slots->domain_ended.store(true);
}

// Why this is enough. Let a writer unlink (U), take stamp s by an exchange of `epoch` from s to s +
// 1 (X), and then look at this thread's slot (L). This thread reads `epoch` (R), publishes it (P),
// and reads `epoch` again (A), before it follows any pointer. All but U are sequentially
// consistent. If L sees an epoch above s, then R read what X or a later exchange wrote, and so U
// happened before. If L came before P, then X is before A in the one order, A read what X or a
// later exchange wrote, and U happened before. Either way the pointer found is not the unlinked
// one. Otherwise L sees an epoch of at most s and the object waits; or that the guard has ended,
// and its reads with it.
EpochDomain::Slot* EpochDomain::Enter(EpochDomain* domain) {
  Impl* const impl = domain->impl_.get();
  Slot* const slot = ThreadSlots::Find(impl->slots);
  if (slot->depth++ == 0) {
    const uint64_t epoch = impl->epoch.load();
    SchedPoint();
    slot->epoch.store(epoch);
    SchedPoint();
    (void)impl->epoch.load();
  }
  return slot;
}

EpochDomain::Guard::Guard(EpochDomain* domain) : slot_(Enter(domain)) {}

EpochDomain::Guard::~Guard() {
  if (--slot_->depth > 0) return;
  slot_->epoch.store(kOutside, std::memory_order_release);
  if (slot_->is_spare) [[unlikely]]
    slot_->slots->Give(slot_);
}

uint64_t EpochDomain::Stamp() const { return impl_->epoch.fetch_add(1); }

bool EpochDomain::Passed(uint64_t stamp) { return stamp < impl_->slots->Oldest(); }

EpochDomain::Retirement EpochDomain::Prepare(std::function<void()> reclaim) {
  Retirement prepared;
  prepared.node_.push_back(Retired{.reclaim = std::move(reclaim)});
  return prepared;
}

void EpochDomain::Retire(Retirement prepared) {
  if (prepared.node_.empty()) return;
  prepared.node_.front().stamp = Stamp();
  {
    MutexLock lock(&impl_->mutex);
    impl_->retired.splice(impl_->retired.end(), prepared.node_);
    if (impl_->retired.size() < impl_->collect_at) return;
  }
  (void)Collect();
}

size_t EpochDomain::Collect() {
  std::list<Retired> free;
  size_t left = 0;
  {
    MutexLock lock(&impl_->mutex);
    std::list<Retired>& retired = impl_->retired;
    const uint64_t oldest = impl_->slots->Oldest();
    for (auto it = retired.begin(); it != retired.end();) {
      const auto object = it++;
      if (object->stamp < oldest) free.splice(free.end(), retired, object);
    }
    left = retired.size();
    impl_->collect_at = std::max(kCollectAt, 2 * left);
  }
  // Outside the lock: a reclaim may retire more.
  for (const Retired& object : free) object.reclaim();
  return left;
}

}  // namespace treering::base
