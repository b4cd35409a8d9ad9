#include "engine/runtime/worker_pool.h"

#include <algorithm>
#include <string>
#include <utility>

#include "engine/base/check.h"
#include "engine/base/contain.h"

namespace treering::runtime {

WorkerPool::WorkerPool(io::Disk* disk, const Options& options, IoTotals* totals)
    : disk_(disk), options_(options), totals_(totals) {}

Result<std::unique_ptr<WorkerPool>> WorkerPool::Start(const Options& options, io::Disk* disk,
                                                      IoTotals* totals) {
  TREERING_CHECK(options.threads > 0);
  std::unique_ptr<WorkerPool> pool(new WorkerPool(disk, options, totals));
  if (Status status = pool->StartWorkers(); !status.ok()) return status;
  return pool;
}

// What started before a failure is ended by the destructor.
Status WorkerPool::StartWorkers() {
  workers_.reserve(options_.threads);
  for (uint32_t i = 0; i < options_.threads; ++i) {
    auto worker = std::make_unique<Worker>();
    Worker* const raw = worker.get();
    Status status = base::Thread::Start(
        "tr-worker-" + std::to_string(i), [this, raw] { WorkerBody(raw); }, &worker->thread);
    if (!status.ok()) return status;
    base::MutexLock lock(&mutex_);
    workers_.push_back(std::move(worker));
  }
  base::MutexLock lock(&mutex_);
  while (started_ < options_.threads) idle_.Wait(&mutex_);
  return start_status_;
}

WorkerPool::~WorkerPool() {
  {
    base::MutexLock lock(&mutex_);
    for (const auto& waiting : waiting_) TREERING_CHECK(waiting.empty());
    stop_ = true;
    work_.NotifyAll();
  }
  for (auto& worker : workers_) worker->thread.Join();
}

void WorkerPool::WorkerBody(Worker* worker) {
  auto queue = base::Contain([&] { return disk_->NewQueue(options_.queue_depth); });
  io::QueueStats counted;
  Waiting taken;
  mutex_.Lock();
  ++started_;
  if (start_status_.ok()) start_status_ = queue.status();
  idle_.NotifyAll();
  while (queue.ok() && !stop_) {
    if (!TakeLocked(worker, &taken)) {
      work_.Wait(&mutex_);
      continue;
    }
    mutex_.Unlock();
    // Jobs note their own errors; nothing of one that had no memory even for that is in flight.
    (void)base::Contain([&] { taken.job(queue->get()); });
    taken.job = nullptr;  // what it captured goes before its owner may think it is gone
    TREERING_CHECK((*queue)->in_flight() == 0);
    if (totals_ != nullptr) totals_->Add((*queue)->stats(), &counted);
    mutex_.Lock();
    worker->busy = false;
    if (std::exchange(worker->ordinary, false)) {
      --ordinary_;
      work_.NotifyOne();  // another thread may have passed an ordinary job by
    }
    idle_.NotifyAll();
  }
  mutex_.Unlock();
}

bool WorkerPool::TakeLocked(Worker* worker, Waiting* taken) {
  for (const JobPriority urgent : {JobPriority::kPrepare, JobPriority::kFlush}) {
    if (TakeOfLocked(urgent, worker, taken)) return true;
  }
  if (options_.threads > 1 && ordinary_ + 1 >= options_.threads) return false;
  const bool upkeep_waits = waiting_[static_cast<size_t>(JobPriority::kMaintenance)].size() > 0;
  const bool upkeep_first = upkeep_waits && passed_upkeep_ >= kUpkeepTurn;
  if (!upkeep_first) {
    for (const JobPriority compaction : {JobPriority::kLevel0, JobPriority::kDeeper}) {
      if (!TakeOfLocked(compaction, worker, taken)) continue;
      passed_upkeep_ = upkeep_waits ? passed_upkeep_ + 1 : 0;
      return true;
    }
  }
  passed_upkeep_ = 0;
  return TakeOfLocked(JobPriority::kMaintenance, worker, taken);
}

bool WorkerPool::TakeOfLocked(JobPriority priority, Worker* worker, Waiting* taken) {
  auto& waiting = waiting_[static_cast<size_t>(priority)];
  if (waiting.empty()) return false;
  *taken = std::exchange(waiting.front(), {});
  spare_.splice(spare_.end(), waiting, waiting.begin());
  worker->busy = true;
  worker->ordinary = priority > JobPriority::kFlush;
  worker->running_owner = taken->owner;
  if (worker->ordinary) ++ordinary_;
  return true;
}

void WorkerPool::Schedule(JobPriority priority, const void* owner, Job job) {
  base::MutexLock lock(&mutex_);
  if (IsDrainingLocked(owner)) return;
  if (spare_.empty()) spare_.emplace_back();
  spare_.front() = {owner, std::move(job)};
  Jobs& waiting = waiting_[static_cast<size_t>(priority)];
  waiting.splice(waiting.end(), spare_, spare_.begin());
  work_.NotifyOne();
}

void WorkerPool::MakePlaces(size_t jobs) {
  Jobs made(jobs);
  base::MutexLock lock(&mutex_);
  places_ += jobs;
  spare_.splice(spare_.end(), made);
}

// Places of jobs that wait are not spare yet: what is too much then goes with a later call.
void WorkerPool::GiveBack(size_t jobs) {
  base::MutexLock lock(&mutex_);
  places_ -= jobs;
  while (jobs-- > 0 && spare_.size() > places_) spare_.pop_back();
}

bool WorkerPool::IsDrainingLocked(const void* owner) const {
  const Draining* draining = draining_;
  while (draining != nullptr && draining->owner != owner) draining = draining->next;
  return draining != nullptr;
}

bool WorkerPool::OwnerRunsLocked(const void* owner) const {
  return std::any_of(workers_.begin(), workers_.end(), [owner](const auto& worker) {
    return worker->busy && worker->running_owner == owner;
  });
}

size_t WorkerPool::Drain(const void* owner) {
  Jobs cancelled;  // destroyed after the lock is gone
  base::MutexLock lock(&mutex_);
  Draining self{owner, draining_};
  draining_ = &self;
  for (Jobs& waiting : waiting_) {
    for (auto it = waiting.begin(); it != waiting.end();) {
      const auto job = it++;
      if (job->owner == owner) cancelled.splice(cancelled.end(), waiting, job);
    }
  }
  while (OwnerRunsLocked(owner)) idle_.Wait(&mutex_);
  Draining** link = &draining_;
  while (*link != &self) link = &(*link)->next;
  *link = self.next;
  return cancelled.size();
}

size_t WorkerPool::waiting(JobPriority priority) const {
  base::MutexLock lock(&mutex_);
  return waiting_[static_cast<size_t>(priority)].size();
}

size_t WorkerPool::running() const {
  base::MutexLock lock(&mutex_);
  return static_cast<size_t>(std::count_if(workers_.begin(), workers_.end(),
                                           [](const auto& worker) { return worker->busy; }));
}

}  // namespace treering::runtime
