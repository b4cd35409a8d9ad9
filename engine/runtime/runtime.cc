#include "engine/runtime/runtime.h"

#include <unistd.h>

#include <algorithm>
#include <utility>

#include "engine/base/contain.h"
#include "engine/base/thread.h"
#include "engine/io/drivers.h"

namespace treering::runtime {
namespace {

constexpr uint64_t kSlabBytes = io::BufferArena::kSlabBytes;

// Shares of the budget, in percent. The cache uses what it may as long as nobody else needs it;
// others may shrink it down to its floor, so that a get still finds frames to read into.
constexpr uint64_t kCachePercent = 85;
constexpr uint64_t kCacheFloorPercent = 12;
constexpr uint64_t kMemtablePercent = 40;
// Flushed memtables that readers still hold count as well: here commits wait.
constexpr uint64_t kMemtableMaxPercent = 60;
// What memtables, reads ahead and the like leave free.
constexpr uint64_t kReserveShare = 16;
// What is left to the heap (handles, iterators): the arena never gives memory back to the system,
// so its growth must leave room for them.
constexpr uint64_t kHeapShare = 16;
// By so much may what is mapped, in use or not, and what found no place there and is on the heap
// pass the arena's share together. The process may pass the budget by 32 MiB: the rest of that is
// for code, stacks and what malloc holds on to.
constexpr uint64_t kOverBytes = 8ull << 20;

// Rings of the host's threads and, as many again, of holders that may change threads. Whoever comes
// later uses plain calls.
constexpr uint32_t kRingsPerCore = 4;

uint64_t Percent(uint64_t bytes, uint64_t percent) { return bytes / 100 * percent; }

Status OutOfRange(const char* option, uint64_t value, uint64_t low, uint64_t high) {
  return Status::InvalidArgument(std::string(option) + " is " + std::to_string(value) +
                                 "; it must be from " + std::to_string(low) + " to " +
                                 std::to_string(high));
}

Status Validate(const RuntimeOptions& options) {
  if (options.memory_budget < RuntimeCore::kMemoryBudgetMin ||
      options.memory_budget > RuntimeCore::kMemoryBudgetMax) {
    return OutOfRange("memory_budget", options.memory_budget, RuntimeCore::kMemoryBudgetMin,
                      RuntimeCore::kMemoryBudgetMax);
  }
  if (options.background_threads > RuntimeCore::kBackgroundThreadsMax) {
    return OutOfRange("background_threads", options.background_threads, 0,
                      RuntimeCore::kBackgroundThreadsMax);
  }
  if (static_cast<uint8_t>(options.io_backend) > static_cast<uint8_t>(IoBackend::kPosix)) {
    return OutOfRange("io_backend", static_cast<uint8_t>(options.io_backend), 0,
                      static_cast<uint8_t>(IoBackend::kPosix));
  }
  return Status();
}

uint64_t ArenaBytes(uint64_t memory_budget) {
  return (memory_budget - memory_budget / kHeapShare) / kSlabBytes * kSlabBytes;
}

int64_t ThisProcess() { return getpid(); }

std::string YesOrNo(bool value) { return value ? "yes" : "no"; }

}  // namespace

RuntimeCore::RuntimeCore(const RuntimeOptions& options)
    : options_(options), process_(ThisProcess()) {}

Result<std::shared_ptr<RuntimeCore>> RuntimeCore::Create(const RuntimeOptions& options) {
  if (Status status = Validate(options); !status.ok()) return status;
  io::DiskOptions disk_options;
  disk_options.backend = options.io_backend;
  disk_options.arena_bytes_max = ArenaBytes(options.memory_budget);
  disk_options.memory_bytes_max = disk_options.arena_bytes_max + kOverBytes;
  disk_options.huge_pages = options.huge_pages;
  disk_options.sqpoll = options.sqpoll;
  std::shared_ptr<RuntimeCore> core(new RuntimeCore(options));
  disk_options.on_fallback = [raw = core.get()] { raw->OnFallback(); };
  Result<std::unique_ptr<io::Disk>> disk = io::OpenDisk(disk_options);
  if (!disk.ok()) return disk.status();
  core->owned_disk_ = std::move(*disk);
  if (Status status = core->Build(core->owned_disk_.get()); !status.ok()) return status;
  return core;
}

Result<std::shared_ptr<RuntimeCore>> RuntimeCore::CreateOn(io::Disk* disk,
                                                           const RuntimeOptions& options) {
  if (Status status = Validate(options); !status.ok()) return status;
  std::shared_ptr<RuntimeCore> core(new RuntimeCore(options));
  if (Status status = core->Build(disk); !status.ok()) return status;
  return core;
}

Result<std::shared_ptr<RuntimeCore>> RuntimeCore::Default() {
  // Never destroyed: databases may be in use until the process is gone.
  static auto* const mutex = new base::Mutex;
  static auto* const core = new std::shared_ptr<RuntimeCore>;
  base::MutexLock lock(mutex);
  if (*core == nullptr || !(*core)->CheckProcess().ok()) {  // a forked child makes its own
    Result<std::shared_ptr<RuntimeCore>> made = Create(RuntimeOptions());
    if (!made.ok()) return made.status();
    *core = std::move(*made);
  }
  return *core;
}

Status RuntimeCore::Build(io::Disk* disk) {
  const uint32_t cores = base::CoreCount();
  const uint64_t limit = options_.memory_budget;
  disk_ = disk;
  clock_ = base::SystemClock();
  budget_ = std::make_unique<BudgetImpl>(
      BudgetImpl::Limits{.bytes = limit,
                         .reserve_bytes = limit / kReserveShare,
                         .memtable_bytes_max = Percent(limit, kMemtableMaxPercent)});
  memtables_ =
      std::make_unique<MemtableShares>(budget_.get(), clock_, Percent(limit, kMemtablePercent));
  epochs_ = std::make_unique<base::EpochDomain>();
  buffers_ = std::make_unique<io::BufferPool>(disk_->arena(), budget_.get());
  cache_ = std::make_unique<cache::PageCache>(
      cache::PageCache::Options{.bytes_max = Percent(limit, kCachePercent)}, disk_->arena(),
      budget_.get(), epochs_.get());
  fetcher_ = std::make_unique<cache::BlockFetcher>(cache_.get(), buffers_.get());
  const auto reclaim = [this, floor = Percent(limit, kCacheFloorPercent)](uint64_t bytes) {
    const uint64_t held = budget_->used(base::MemoryClass::kCache);
    return held > floor ? cache_->Shrink(std::min(bytes, held - floor)) : 0;
  };
  budget_->SetReclaim(reclaim);
  buffers_->SetReclaim(reclaim);
  leases_ = std::make_unique<QueueLeases>(
      QueueLeases::Options{.own_max = kRingsPerCore * cores, .shared_max = kRingsPerCore * cores},
      disk_, &io_totals_);
  Result<std::unique_ptr<LogThread>> log_thread = LogThread::Start(disk_, clock_, &io_totals_);
  if (!log_thread.ok()) return log_thread.status();
  log_thread_ = std::move(*log_thread);
  const uint32_t threads = options_.background_threads == 0 ? cores : options_.background_threads;
  Result<std::unique_ptr<WorkerPool>> workers =
      WorkerPool::Start({.threads = threads}, disk_, &io_totals_);
  if (!workers.ok()) return workers.status();
  workers_ = std::move(*workers);
  places_ = std::make_unique<WorkerPool::Places>(workers_.get(), 2 + io::kFastPathCount);
  budget_->SetWatch([this] {
    workers_->Schedule(JobPriority::kPrepare, this, [this](io::Queue*) { GrowArena(); });
  });
  // The first chunk at once: it shows whether memory can be registered.
  (void)disk_->arena()->GrowTo(1);
  budget_->WatchAt(disk_->arena()->mapped_bytes() / 2);
  {
    base::MutexLock lock(&fallback_mutex_);
    built_ = true;
  }
  LogFallbacks();
  return Status();
}

// Keeps the arena at twice of what is charged: the first touch of memory takes seconds a GiB, which
// no read and no commit should wait for. One chunk a job, since a log segment may wait behind it.
void RuntimeCore::GrowArena() {
  io::BufferArena* const arena = disk_->arena();
  const uint64_t before = arena->mapped_bytes();
  if (budget_->used() >= before / 2) {
    if (!arena->GrowTo(before + 1) || arena->mapped_bytes() == before) return;  // as far as it goes
  }
  budget_->WatchAt(arena->mapped_bytes() / 2);  // what is charged may ask for the next one at once
}

RuntimeCore::~RuntimeCore() {
  if (ThisProcess() == process_) {
    if (workers_ != nullptr) {
      budget_->WatchAt(UINT64_MAX);
      workers_->Drain(this);
      budget_->WatchAt(UINT64_MAX);  // a job that was under way may have set it again
    }
    if (disk_ != nullptr) LogFallbacks();  // a job that would have may be among the drained
    {
      base::MutexLock lock(&fallback_mutex_);
      built_ = false;
    }
    places_.reset();
    workers_.reset();
    log_thread_.reset();
    leases_.reset();
    // What was retired may still hold frames and slots of the cache.
    while (epochs_ != nullptr && epochs_->Collect() > 0) base::SpinPause();
    fetcher_.reset();
    if (budget_ != nullptr) budget_->SetReclaim(nullptr);
    if (buffers_ != nullptr) buffers_->SetReclaim(nullptr);
    cache_.reset();
    buffers_.reset();
    epochs_.reset();
    memtables_.reset();
    budget_.reset();
    owned_disk_.reset();
    return;
  }
  // A forked child has neither our threads nor our pinned memory: leave all of it alone.
  (void)places_.release();
  (void)workers_.release();
  (void)log_thread_.release();
  (void)leases_.release();
  (void)fetcher_.release();
  (void)cache_.release();
  (void)buffers_.release();
  (void)epochs_.release();
  (void)memtables_.release();
  (void)budget_.release();
  (void)owned_disk_.release();
}

Status RuntimeCore::CheckProcess() const {
  if (ThisProcess() == process_) return Status();
  return Status::Failed("this Runtime was made by process " + std::to_string(process_) +
                        " and cannot be used in its forked child " + std::to_string(ThisProcess()) +
                        "; open the database after the fork");
}

Result<QueueLease> RuntimeCore::LeaseQueue() {
  if (Status status = CheckProcess(); !status.ok()) return status;
  return leases_->Lease();
}

Result<QueueLease> RuntimeCore::LeaseSharedQueue() {
  if (Status status = CheckProcess(); !status.ok()) return status;
  return leases_->LeaseShared();
}

void RuntimeCore::Log(std::string_view line) const {
  if (options_.logger) options_.logger(line);
}

// On whatever thread fell back, perhaps under its locks: the logger is called by a job.
void RuntimeCore::OnFallback() {
  {
    base::MutexLock lock(&fallback_mutex_);
    if (!built_) return;  // Build looks at its end
  }
  workers_->Schedule(JobPriority::kMaintenance, this, [this](io::Queue*) { LogFallbacks(); });
}

// Without memory for the lines they are said at the next fallback, or never.
void RuntimeCore::LogFallbacks() {
  (void)base::Contain([&] { LogFallbackLines(); });
}

void RuntimeCore::LogFallbackLines() {
  const io::DiskFacts facts = disk_->Facts();
  std::array<std::string, io::kFastPathCount> lines;
  const auto line = [&lines](io::FastPath path) -> std::string& {
    return lines[static_cast<size_t>(path)];
  };
  if (!facts.fallback_reason.empty()) {
    line(io::FastPath::kRing) =
        "runtime: I/O driver is " + facts.driver + ": " + facts.fallback_reason;
  }
  if (!facts.direct_io) {
    line(io::FastPath::kDirectIo) = "runtime: no direct I/O: " + facts.direct_io_reason;
  }
  if (!facts.registered_buffers) {
    line(io::FastPath::kRegisteredBuffers) =
        "runtime: buffers are not registered: " + facts.registered_reason;
  }
  {
    base::MutexLock lock(&fallback_mutex_);
    for (size_t i = 0; i < lines.size(); ++i) {
      if (said_[i]) lines[i].clear();
      if (!lines[i].empty()) said_[i] = true;
    }
  }
  for (const std::string& each : lines) {
    if (!each.empty()) Log(each);
  }
}

std::vector<std::string> RuntimeCore::Facts() const {
  const io::DiskFacts facts = disk_->Facts();
  const MemoryStats memory = Memory();
  const LeaseStats leases = Leases();
  std::vector<std::string> lines;
  const auto add = [&lines](const char* name, const std::string& value) {
    lines.push_back(std::string(name) + ": " + value);
  };
  add("driver", facts.driver);
  if (!facts.fallback_reason.empty()) add("driver_fallback", facts.fallback_reason);
  if (!facts.ring_flags.empty()) add("ring_flags", facts.ring_flags);
  add("registered_buffers", YesOrNo(facts.registered_buffers));
  if (!facts.registered_reason.empty()) add("registered_buffers_off", facts.registered_reason);
  add("direct_io", facts.direct_io ? "yes" : "no: " + facts.direct_io_reason);
  add("locked_bytes", std::to_string(facts.locked_bytes));
  add("background_threads", std::to_string(workers_->thread_count()));
  add("thread_queues", std::to_string(leases.own_alive));
  add("shared_queues", std::to_string(leases.shared_alive));
  add("plain_queues", std::to_string(leases.plain_alive));
  if (const char* const cause = Io().broken_cause; cause != nullptr) add("ring_broken", cause);
  add("memory_budget_bytes", std::to_string(memory.limit_bytes));
  add("memory_used_bytes", std::to_string(memory.used_bytes));
  add("memory_over_bytes_max", std::to_string(memory.over_bytes_max));
  for (int i = 0; i < base::kMemoryClassCount; ++i) {
    const std::string name(MemoryClassName(static_cast<base::MemoryClass>(i)));
    add(("memory_" + name + "_bytes").c_str(),
        std::to_string(memory.by_class[static_cast<size_t>(i)]));
  }
  return lines;
}

}  // namespace treering::runtime
