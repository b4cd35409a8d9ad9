#include "engine/runtime/worker_pool.h"

#include <algorithm>
#include <string>
#include <utility>

#include "engine/base/check.h"

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
  Result<std::unique_ptr<io::Queue>> queue = disk_->NewQueue(options_.queue_depth);
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
    taken.job(queue->get());
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
  *taken = std::move(waiting.front());
  waiting.pop_front();
  worker->busy = true;
  worker->ordinary = priority > JobPriority::kFlush;
  worker->running_owner = taken->owner;
  if (worker->ordinary) ++ordinary_;
  return true;
}

void WorkerPool::Schedule(JobPriority priority, const void* owner, Job job) {
  base::MutexLock lock(&mutex_);
  if (std::find(draining_.begin(), draining_.end(), owner) != draining_.end()) return;
  waiting_[static_cast<size_t>(priority)].push_back({owner, std::move(job)});
  work_.NotifyOne();
}

bool WorkerPool::OwnerRunsLocked(const void* owner) const {
  return std::any_of(workers_.begin(), workers_.end(), [owner](const auto& worker) {
    return worker->busy && worker->running_owner == owner;
  });
}

size_t WorkerPool::Drain(const void* owner) {
  std::vector<Waiting> cancelled;  // destroyed after the lock is gone
  base::MutexLock lock(&mutex_);
  draining_.push_back(owner);
  for (auto& waiting : waiting_) {
    for (auto it = waiting.begin(); it != waiting.end();) {
      if (it->owner != owner) {
        ++it;
        continue;
      }
      cancelled.push_back(std::move(*it));
      it = waiting.erase(it);
    }
  }
  while (OwnerRunsLocked(owner)) idle_.Wait(&mutex_);
  draining_.erase(std::find(draining_.begin(), draining_.end(), owner));
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
