// RuntimeCore: what databases share: disk, clock, budget, buffers, page cache, threads, queues.
//
// Owner: shared by its databases and by api::Runtime. The last one to let go is none of its own
//   threads: a job never holds the last reference.
// Threads: any.
// Invariants:
//   1. Parts end in this order: workers, log thread, leases, cache, buffers, epochs, disk.
//   2. The sum of all charges stays within memory_budget; what is forced above it is shown.
//   3. A forked child must not use it: calls that can answer do so with Failed, and its end leaks
//      it.
//   4. Pinned memory grows in the background, ahead of its use, by one chunk at a time.
//   5. Nothing falls back silently: of each fast path that is or comes to be off the logger is told
//      once, Facts() always. The logger is not called under locks of the I/O.
#ifndef TREERING_ENGINE_RUNTIME_RUNTIME_H_
#define TREERING_ENGINE_RUNTIME_RUNTIME_H_

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "api/options.h"
#include "api/result.h"
#include "engine/base/clock.h"
#include "engine/base/epoch.h"
#include "engine/base/thread.h"
#include "engine/cache/block_fetcher.h"
#include "engine/cache/page_cache.h"
#include "engine/io/buffer_pool.h"
#include "engine/io/disk.h"
#include "engine/io/fallbacks.h"
#include "engine/runtime/budget_impl.h"
#include "engine/runtime/io_totals.h"
#include "engine/runtime/log_thread.h"
#include "engine/runtime/memtable_shares.h"
#include "engine/runtime/queue_lease.h"
#include "engine/runtime/tuning.h"
#include "engine/runtime/worker_pool.h"

namespace treering::runtime {

class RuntimeCore {
 public:
  static constexpr uint64_t kMemoryBudgetMin = 16ull << 20;  // a few slabs of each kind
  static constexpr uint64_t kMemoryBudgetMax = 1ull << 44;
  static constexpr uint32_t kBackgroundThreadsMax = 256;

  // On the machine's disk. InvalidArgument names option, value and range.
  static Result<std::shared_ptr<RuntimeCore>> Create(const RuntimeOptions& options);
  // On a disk of the caller's (a simulated one), which outlives the Runtime; options.io_backend
  // does not count.
  static Result<std::shared_ptr<RuntimeCore>> CreateOn(io::Disk* disk,
                                                       const RuntimeOptions& options);
  // The process's shared one: default options, made on first use, alive until exit. A forked child
  // gets its own.
  static Result<std::shared_ptr<RuntimeCore>> Default();

  ~RuntimeCore();
  RuntimeCore(const RuntimeCore&) = delete;
  RuntimeCore& operator=(const RuntimeCore&) = delete;

  // Failed in a forked child; every public call of a database asks this or leases a queue.
  Status CheckProcess() const;

  const RuntimeOptions& options() const { return options_; }
  // For tests, before the first open.
  Tuning* tuning() { return &tuning_; }
  io::Disk* disk() const { return disk_; }
  base::Clock* clock() const { return clock_; }
  base::EpochDomain* epochs() const { return epochs_.get(); }
  BudgetImpl* budget() const { return budget_.get(); }
  // Above 40 % of the budget one database's memtable is flushed.
  MemtableShares* memtables() const { return memtables_.get(); }
  io::BufferPool* buffers() const { return buffers_.get(); }
  cache::PageCache* cache() const { return cache_.get(); }
  cache::BlockFetcher* fetcher() const { return fetcher_.get(); }
  WorkerPool* workers() const { return workers_.get(); }
  LogThread* log_thread() const { return log_thread_.get(); }

  // A queue for the calling thread, for the length of one synchronous call.
  Result<QueueLease> LeaseQueue();
  // A queue bound to no thread.
  Result<QueueLease> LeaseSharedQueue();

  // One line to the logger, if there is one.
  void Log(std::string_view line) const;

  // One "name: value" line per fact.
  std::vector<std::string> Facts() const;
  MemoryStats Memory() const { return budget_->Stats(); }
  io::QueueStats Io() const { return io_totals_.Read(); }
  LeaseStats Leases() const { return leases_->Stats(); }

 private:
  explicit RuntimeCore(const RuntimeOptions& options);
  Status Build(io::Disk* disk);
  void OnFallback();
  void LogFallbacks();
  void LogFallbackLines();
  void GrowArena();

  const RuntimeOptions options_;
  Tuning tuning_;
  const int64_t process_;
  std::unique_ptr<io::Disk> owned_disk_;
  io::Disk* disk_ = nullptr;
  base::Clock* clock_ = nullptr;
  IoTotals io_totals_;
  std::unique_ptr<BudgetImpl> budget_;
  std::unique_ptr<MemtableShares> memtables_;
  std::unique_ptr<base::EpochDomain> epochs_;
  std::unique_ptr<io::BufferPool> buffers_;
  std::unique_ptr<cache::PageCache> cache_;
  std::unique_ptr<cache::BlockFetcher> fetcher_;
  std::unique_ptr<QueueLeases> leases_;
  std::unique_ptr<LogThread> log_thread_;
  std::unique_ptr<WorkerPool> workers_;
  std::unique_ptr<WorkerPool::Places> places_;  // growth of the arena, one line each fallback
  base::Mutex fallback_mutex_;
  bool built_ = false;                           // workers_ can be asked
  std::array<bool, io::kFastPathCount> said_{};  // to the logger
};

}  // namespace treering::runtime

#endif  // TREERING_ENGINE_RUNTIME_RUNTIME_H_
