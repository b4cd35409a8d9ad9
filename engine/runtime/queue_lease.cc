#include "engine/runtime/queue_lease.h"

#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <utility>
#include <vector>

#include "engine/base/check.h"
#include "engine/base/contain.h"
#include "engine/base/sim_scheduler.h"
#include "engine/base/thread.h"

namespace treering::runtime {

struct LeasedQueue {
  std::unique_ptr<io::Queue> queue;
  bool own = false;     // bound to the thread that made it
  bool plain = false;   // beyond the bound of the shared pool
  bool leased = false;  // touched by the leaseholder's thread only
  io::QueueStats counted;

  bool broken() const { return queue->stats().broken_cause != nullptr; }
};

// What a Runtime and the threads that have queues of it know together. Threads hold it by
// reference, so that either side may end first.
class LeaseHub {
 public:
  LeaseHub(const QueueLeases::Options& options, io::Disk* disk, IoTotals* totals)
      : options_(options),
        disk_(disk),
        totals_(totals),
        process_(getpid()),
        own_limit_(options.own_max) {
    idle_shared_.reserve(options.shared_kept);  // what comes back finds its place
  }

  LeasedQueue* MakeOwn();
  void EndOwn(LeasedQueue* entry);
  Result<LeasedQueue*> TakeShared();
  void Return(LeasedQueue* entry);
  void Close();
  bool closed() const { return closed_.load(std::memory_order_acquire); }
  LeaseStats Stats() const;

 private:
  const QueueLeases::Options options_;
  io::Disk* const disk_;
  IoTotals* const totals_;
  const int64_t process_;
  mutable base::Mutex mutex_;
  std::atomic<bool> closed_{false};
  std::vector<std::unique_ptr<LeasedQueue>> own_;
  std::vector<std::unique_ptr<LeasedQueue>> idle_shared_;
  uint32_t own_alive_ = 0;     // those in own_, and those being made
  uint32_t own_limit_;         // lowered when the system refused one, until it is asked again
  uint32_t went_without_ = 0;  // leases since then, of threads that would have had one
  uint32_t shared_alive_ = 0;
  uint64_t shared_leases_ = 0;
  uint32_t plain_alive_ = 0;
  uint64_t plain_leases_ = 0;
};

namespace {

// The calling thread's own queues, one a Runtime.
class ThreadQueues {
 public:
  ~ThreadQueues() {
    for (Entry& entry : entries_) entry.hub->EndOwn(entry.queue);
  }

  // Null when the thread can have none.
  LeasedQueue* Of(const std::shared_ptr<LeaseHub>& hub) {
    for (size_t i = 0; i < entries_.size(); ++i) {
      if (entries_[i].hub != hub) continue;
      LeasedQueue* const queue = entries_[i].queue;
      if (queue->leased || !queue->broken()) return queue;
      hub->EndOwn(queue);
      entries_.erase(entries_.begin() + static_cast<ptrdiff_t>(i));
      break;
    }
    std::erase_if(entries_, [](const Entry& entry) { return entry.hub->closed(); });
    entries_.reserve(entries_.size() + 1);
    LeasedQueue* const queue = hub->MakeOwn();
    if (queue != nullptr) entries_.push_back({hub, queue});
    return queue;
  }

 private:
  struct Entry {
    std::shared_ptr<LeaseHub> hub;
    LeasedQueue* queue;
  };
  std::vector<Entry> entries_;
};

ThreadQueues* QueuesOfThisThread() {
  thread_local ThreadQueues queues;
  return &queues;
}

}  // namespace

LeasedQueue* LeaseHub::MakeOwn() {
  std::unique_ptr<LeasedQueue> made;
  {
    base::MutexLock lock(&mutex_);
    if (own_alive_ >= own_limit_) {
      const bool refused = own_alive_ < options_.own_max;
      if (!refused || ++went_without_ % QueueLeases::kAskAgain != 0) return nullptr;
    }
    made = std::make_unique<LeasedQueue>();
    own_.reserve(own_alive_ + 1);
    ++own_alive_;
  }
  made->own = true;
  auto queue = base::Contain([&] { return disk_->NewQueue(options_.queue_depth); });
  base::MutexLock lock(&mutex_);
  if (!queue.ok()) {  // out of memory, of locked memory or descriptors: the shared pool serves
    own_limit_ = --own_alive_;
    return nullptr;
  }
  own_limit_ = options_.own_max;
  made->queue = std::move(*queue);
  own_.push_back(std::move(made));
  return own_.back().get();
}

// The thread ends. Destroys the queue under the mutex, so that Close cannot return, and the disk
// end, in the middle of it.
void LeaseHub::EndOwn(LeasedQueue* entry) {
  // A forked child has the entry but neither the ring's memory nor, perhaps, a free mutex.
  if (getpid() != process_) return;
  base::MutexLock lock(&mutex_);
  if (closed()) return;
  TREERING_CHECK(!entry->leased);
  std::erase_if(own_, [entry](const auto& own) { return own.get() == entry; });
  --own_alive_;
  own_limit_ = options_.own_max;
}

Result<LeasedQueue*> LeaseHub::TakeShared() {
  bool plain = false;
  std::unique_ptr<LeasedQueue> made;
  {
    base::MutexLock lock(&mutex_);
    ++shared_leases_;
    if (!idle_shared_.empty()) {
      LeasedQueue* const entry = idle_shared_.back().release();
      idle_shared_.pop_back();
      return entry;
    }
    made = std::make_unique<LeasedQueue>();
    plain = shared_alive_ >= options_.shared_max;
    ++(plain ? plain_alive_ : shared_alive_);
    if (plain) ++plain_leases_;
  }
  auto queue = base::Contain([&] {
    return plain ? disk_->NewPlainQueue(options_.queue_depth)
                 : disk_->NewMovableQueue(options_.queue_depth);
  });
  if (!queue.ok()) {
    base::MutexLock lock(&mutex_);
    --(plain ? plain_alive_ : shared_alive_);
    return queue.status();
  }
  made->plain = plain;
  made->queue = std::move(*queue);
  return made.release();
}

void LeaseHub::Return(LeasedQueue* entry) {
  TREERING_CHECK(entry->queue->in_flight() == 0);
  if (totals_ != nullptr) totals_->Add(entry->queue->stats(), &entry->counted);
  entry->leased = false;
  if (entry->own) return;
  std::unique_ptr<LeasedQueue> surplus(entry);  // destroyed after the lock is gone
  base::MutexLock lock(&mutex_);
  if (entry->plain) {
    --plain_alive_;
  } else if (entry->broken() || idle_shared_.size() >= options_.shared_kept) {
    --shared_alive_;
  } else {
    idle_shared_.push_back(std::move(surplus));
  }
}

void LeaseHub::Close() {
  base::MutexLock lock(&mutex_);
  closed_.store(true, std::memory_order_release);
  for (const auto& entry : own_) TREERING_CHECK(!entry->leased);
  TREERING_CHECK(idle_shared_.size() == shared_alive_ && plain_alive_ == 0);
  own_.clear();
  idle_shared_.clear();
}

LeaseStats LeaseHub::Stats() const {
  base::MutexLock lock(&mutex_);
  return {.own_alive = static_cast<uint32_t>(own_.size()),
          .shared_alive = shared_alive_,
          .shared_leases = shared_leases_,
          .plain_alive = plain_alive_,
          .plain_leases = plain_leases_};
}

QueueLease::QueueLease(QueueLease&& other) noexcept
    : hub_(other.hub_), entry_(std::exchange(other.entry_, nullptr)) {}

QueueLease& QueueLease::operator=(QueueLease&& other) noexcept {
  QueueLease taken(std::move(other));
  std::swap(hub_, taken.hub_);
  std::swap(entry_, taken.entry_);
  return *this;
}

QueueLease::~QueueLease() {
  if (entry_ != nullptr) hub_->Return(entry_);
}

io::Queue* QueueLease::queue() const { return entry_->queue.get(); }

QueueLeases::QueueLeases(const Options& options, io::Disk* disk, IoTotals* totals)
    : hub_(std::make_shared<LeaseHub>(options, disk, totals)) {}

QueueLeases::~QueueLeases() { hub_->Close(); }

Result<QueueLease> QueueLeases::Lease() {
  if (base::SimScheduler::Current() == nullptr) {
    LeasedQueue* const own = QueuesOfThisThread()->Of(hub_);
    if (own != nullptr && !own->leased) {
      own->leased = true;
      return QueueLease(hub_.get(), own);
    }
  }
  return LeaseShared();
}

Result<QueueLease> QueueLeases::LeaseShared() {
  Result<LeasedQueue*> shared = hub_->TakeShared();
  if (!shared.ok()) return shared.status();
  return QueueLease(hub_.get(), *shared);
}

LeaseStats QueueLeases::Stats() const { return hub_->Stats(); }

}  // namespace treering::runtime
