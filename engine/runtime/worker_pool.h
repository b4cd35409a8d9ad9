// WorkerPool: the Runtime's threads for flush, compaction and upkeep, each with its own queue.
//
// Owner: the Runtime.
// Threads: any, except that a job never drains its own owner.
// Invariants:
//   1. Jobs start in order of priority, within one priority in order of arrival. Only upkeep that
//      waited while kUpkeepTurn compactions started goes before the next one.
//   2. With two threads or more, one is always free for kPrepare and kFlush.
//   3. A job gets its thread's queue and leaves nothing in flight on it (CHECKed).
//   4. After Drain(owner) no job of that owner runs, waits, or holds what it captured.
//   5. An idle thread waits on a CondVar.
#ifndef TREERING_ENGINE_RUNTIME_WORKER_POOL_H_
#define TREERING_ENGINE_RUNTIME_WORKER_POOL_H_

#include <array>
#include <cstdint>
#include <functional>
#include <list>
#include <memory>
#include <vector>

#include "api/result.h"
#include "engine/base/thread.h"
#include "engine/io/disk.h"
#include "engine/io/queue.h"
#include "engine/runtime/io_totals.h"

namespace treering::runtime {

enum class JobPriority : uint8_t {
  kPrepare,      // short, and the commit path will need it: the next log segment, memory
  kFlush,        // memtable to level 0
  kLevel0,       // compaction out of level 0
  kDeeper,       // other compactions
  kMaintenance,  // deletions, statistics
};
inline constexpr int kJobPriorityCount = 5;

class WorkerPool {
 public:
  struct Options {
    uint32_t threads = 1;
    uint32_t queue_depth = 128;
  };
  // Compactions that start while upkeep waits. They schedule their successors themselves, so
  // without a bound neither files nor log segments would ever be deleted under steady load.
  static constexpr uint32_t kUpkeepTurn = 2;

  // Takes the thread's own queue.
  using Job = std::function<void(io::Queue*)>;

  // Starts every thread and makes its queue, or fails and leaves nothing behind. `totals` may be
  // null.
  static Result<std::unique_ptr<WorkerPool>> Start(const Options& options, io::Disk* disk,
                                                   IoTotals* totals);
  // Every owner was drained before. Joins the threads; never called on one of them.
  ~WorkerPool();

  // The memory of so many jobs that wait, taken beforehand: what has places can always schedule.
  class Places {
   public:
    Places(WorkerPool* pool, size_t jobs) : pool_(pool), jobs_(jobs) { pool_->MakePlaces(jobs_); }
    ~Places() { pool_->GiveBack(jobs_); }
    Places(const Places&) = delete;
    Places& operator=(const Places&) = delete;

   private:
    WorkerPool* const pool_;
    const size_t jobs_;
  };

  // Never blocks. `owner` is only compared. A job may schedule further ones. Allocates nothing for
  // owners that keep to their Places.
  void Schedule(JobPriority priority, const void* owner, Job job);
  // Cancels the owner's waiting jobs (they are destroyed unrun, as are those that its running jobs
  // still schedule) and waits for the running ones. Returns how many were cancelled.
  size_t Drain(const void* owner);

  uint32_t thread_count() const { return options_.threads; }
  // Jobs that wait, of one priority; for stats.
  size_t waiting(JobPriority priority) const;
  size_t running() const;

 private:
  struct Waiting {
    const void* owner = nullptr;
    Job job;
  };
  struct Worker {
    base::Thread thread;
    const void* running_owner = nullptr;  // under mutex_
    bool busy = false;                    // under mutex_
    bool ordinary = false;                // under mutex_: what it runs is below kFlush
  };

  using Jobs = std::list<Waiting>;
  struct Draining {
    const void* owner;
    Draining* next;
  };

  WorkerPool(io::Disk* disk, const Options& options, IoTotals* totals);
  void MakePlaces(size_t jobs);
  void GiveBack(size_t jobs);
  Status StartWorkers();
  void WorkerBody(Worker* worker);
  bool TakeLocked(Worker* worker, Waiting* taken);
  bool TakeOfLocked(JobPriority priority, Worker* worker, Waiting* taken);
  bool IsDrainingLocked(const void* owner) const;
  bool OwnerRunsLocked(const void* owner) const;

  io::Disk* const disk_;
  const Options options_;
  IoTotals* const totals_;
  mutable base::Mutex mutex_;
  base::CondVar work_;  // a job came, or the pool stops
  base::CondVar idle_;  // a job ended, or a worker is up
  std::array<Jobs, kJobPriorityCount> waiting_;
  Jobs spare_;         // empty places
  size_t places_ = 0;  // that were asked for
  std::vector<std::unique_ptr<Worker>> workers_;
  uint32_t started_ = 0;          // workers that have a queue, or failed to get one
  uint32_t ordinary_ = 0;         // running jobs below kFlush
  uint32_t passed_upkeep_ = 0;    // compactions started since upkeep last ran or began to wait
  Draining* draining_ = nullptr;  // of threads in Drain, on their stacks
  Status start_status_;
  bool stop_ = false;
};

}  // namespace treering::runtime

#endif  // TREERING_ENGINE_RUNTIME_WORKER_POOL_H_
