#include "engine/db/read_path.h"

#include <algorithm>
#include <deque>
#include <unordered_map>
#include <utility>
#include <vector>

#include "engine/base/checksum.h"
#include "engine/base/contain.h"
#include "engine/table/filter_format.h"

namespace treering::db {
namespace {

using Guard = base::EpochDomain::Guard;
using Step = PointRead::Step;

// Values up to this are copied out: cheaper than pinning and unpinning their frame.
constexpr size_t kCopyBytesMax = 1024;
// Reads of one batch in flight: what a device's queue holds.
constexpr size_t kBatchReadsMax = 64;

// What a pinned value keeps alive; the runtime goes last.
struct HeldValue {
  std::shared_ptr<runtime::RuntimeCore> runtime;
  cache::Pin pin;
  static void Release(void* holder) { delete static_cast<HeldValue*>(holder); }
};

}  // namespace

key::Sequence ReadPath::SnapshotOrNow(key::Sequence snapshot) const {
  return std::min(snapshot, env_.visible->load(std::memory_order_acquire));
}

void ReadPath::TakeValue(const PointRead& read, const cache::BlockRef* block, PinnedValue* value) {
  const Slice bytes = read.value();
  if (!read.in_table() || bytes.size() <= kCopyBytesMax) return value->SetCopy(bytes);
  cache::Frame* frame = read.value_frame();
  if (frame == nullptr && block != nullptr) frame = block->frame();
  if (frame == nullptr) return value->SetCopy(bytes);
  cache::Pin pin = env_.runtime->cache()->TryPinForUser(frame);
  if (!pin) return value->SetCopy(bytes);  // too many are pinned already
  value->SetPinned(bytes, &HeldValue::Release, new HeldValue{env_.runtime, std::move(pin)});
}

Status ReadPath::Get(const Slice& key, key::Sequence snapshot, bool fill_cache,
                     PinnedValue* value) {
  PointRead read;
  std::shared_ptr<const SuperVersion> held;
  Step step;
  {
    const Guard guard(env_.runtime->epochs());
    const SuperVersion* const super = env_.supers->Current();
    // After the superversion: what it lacks is newer than this.
    const key::Sequence now = SnapshotOrNow(snapshot);
    step = read.Start(super, key, table::FilterHash(key, env_.filter_seed), now);
    if (step == Step::kFound) {
      TakeValue(read, nullptr, value);
      return Status::Ok();
    }
    if (step == Step::kNotFound) return Status::NotFound();
    held = super->shared_from_this();
  }
  return FinishSlowly(&read, step, fill_cache, value);
}

Status ReadPath::FinishSlowly(PointRead* read, Step step, bool fill_cache, PinnedValue* value) {
  auto lease = env_.runtime->LeaseQueue();
  if (!lease.ok()) return lease.status();
  io::Queue* const queue = lease->queue();
  cache::BlockRef block;
  while (step == Step::kNeedBlock || step == Step::kNeedTable) {
    Status status;
    if (step == Step::kNeedTable) {
      status = env_.tables->Open(read->need_table(), queue).status();
      block = cache::BlockRef();
    } else {
      cache::BlockRequest request = read->need();
      request.fill_cache = request.fill_cache && fill_cache;
      auto fetched = env_.runtime->fetcher()->ReadOne(queue, request);
      status = fetched.status();
      block = fetched.ok() ? *std::move(fetched) : cache::BlockRef();
    }
    const Guard guard(env_.runtime->epochs());
    step = status.ok() ? read->Resume(block ? &block : nullptr) : read->ResumeFailed(status);
    if (step == Step::kFound) TakeValue(*read, &block, value);
  }
  if (step == Step::kFound) return Status::Ok();
  return step == Step::kNotFound ? Status::NotFound() : read->status();
}

// Many reads at once: a missing block is wanted by the reads that wait for it, and asked for once,
// in turn, up to kBatchReadsMax in flight; as it arrives, its reads go on and may want the next.
class ReadPath::Batch {
 public:
  Batch(ReadPath* path, std::span<const Slice> keys, bool fill_cache, std::span<PinnedValue> values,
        std::span<Status> statuses)
      : path_(path),
        keys_(keys),
        values_(values),
        statuses_(statuses),
        fill_cache_(fill_cache),
        reads_(keys.size()),
        next_waiter_(keys.size(), kNone) {}

  // Reads that were not decided when memory ran out answer that; none is left in flight.
  void Run(key::Sequence snapshot) {
    const Status ran = base::Contain([&] {
      std::fill(statuses_.begin(), statuses_.end(), Status::OutOfMemory());
      return RunToTheEnd(snapshot);
    });
    if (ran.ok()) return;
    for (Status& status : statuses_) {
      if (status.IsOutOfMemory()) status = ran;  // not decided before
    }
    while (pending_ != nullptr && free_.size() < kBatchReadsMax) (void)TakeLanded();
  }

 private:
  Status RunToTheEnd(key::Sequence snapshot) {
    const std::shared_ptr<const SuperVersion> super = path_->env_.supers->Hold();
    const key::Sequence now = path_->SnapshotOrNow(snapshot);
    {
      const Guard guard(path_->env_.runtime->epochs());
      for (uint32_t i = 0; i < reads_.size(); ++i) {
        const uint64_t hash = table::FilterHash(keys_[i], path_->env_.filter_seed);
        Settle(i, reads_[i].Start(super.get(), keys_[i], hash, now), nullptr);
      }
    }
    if (tables_wanted_.empty() && wanted_.empty()) return Status::Ok();
    auto lease = path_->env_.runtime->LeaseQueue();
    if (!lease.ok()) return lease.status();
    lease_ = *std::move(lease);
    queue_ = lease_.queue();
    free_.reserve(kBatchReadsMax);
    pending_ = std::make_unique<cache::PendingBlock[]>(kBatchReadsMax);
    for (size_t i = 0; i < kBatchReadsMax; ++i) free_.push_back(&pending_[i]);
    while (!tables_wanted_.empty() || !wanted_.empty()) {
      OpenTables();
      Launch();
      if (free_.size() < kBatchReadsMax) Land();
    }
    return Status::Ok();
  }

  static constexpr uint32_t kNone = UINT32_MAX;
  // Reads that wait for a block form a list, in the order in which they missed it.
  struct Wanted {
    cache::BlockRequest request;
    uint32_t first_waiter = kNone;
    uint32_t last_waiter = kNone;
  };
  struct HashOfId {
    size_t operator()(const cache::BlockId& id) const {
      return base::Mix64(id.file * 0x9e3779b97f4a7c15ull + id.page);
    }
  };

  using WantedBlocks = std::unordered_map<cache::BlockId, Wanted, HashOfId>;

  // Notes a read's outcome, or what it waits for.
  void Settle(uint32_t index, Step step, const cache::BlockRef* block) {
    switch (step) {
      case Step::kFound:
        path_->TakeValue(reads_[index], block, &values_[index]);
        statuses_[index] = Status::Ok();
        return;
      case Step::kNotFound:
        statuses_[index] = Status::NotFound();
        return;
      case Step::kError:
        statuses_[index] = reads_[index].status();
        return;
      case Step::kNeedBlock:
        WaitForBlock(index);
        return;
      case Step::kNeedTable:
        tables_wanted_.push_back(index);
        return;
    }
  }

  void WaitForBlock(uint32_t index) {
    const cache::BlockRequest& need = reads_[index].need();
    const auto [it, is_new] = wanted_.try_emplace(need.id);
    Wanted& wanted = it->second;
    next_waiter_[index] = kNone;
    if (is_new) {
      wanted.request = need;
      wanted.request.fill_cache = need.fill_cache && fill_cache_;
      wanted.first_waiter = index;
      to_launch_.push_back(need.id);
    } else {
      next_waiter_[wanted.last_waiter] = index;
    }
    wanted.last_waiter = index;
  }

  void OpenTables() {
    while (!tables_wanted_.empty()) {
      const uint32_t index = tables_wanted_.front();
      tables_wanted_.pop_front();
      PointRead& read = reads_[index];
      const Status status = path_->env_.tables->Open(read.need_table(), queue_).status();
      const Guard guard(path_->env_.runtime->epochs());
      Settle(index, status.ok() ? read.Resume() : read.ResumeFailed(status), nullptr);
    }
  }

  // Starts the reads of wanted blocks, as far as there is room.
  void Launch() {
    while (!to_launch_.empty() && !free_.empty()) {
      cache::PendingBlock* const pending = free_.back();
      const auto it = wanted_.find(to_launch_.front());
      const Status started =
          path_->env_.runtime->fetcher()->Start(queue_, it->second.request, pending);
      // What is in flight gives memory back as it lands.
      if (started.IsOutOfMemory() && free_.size() < kBatchReadsMax) return;
      to_launch_.pop_front();
      if (started.ok()) {
        free_.pop_back();
      } else if (started.IsOutOfMemory() && !short_of_memory_) {
        ReadAlone(it);
      } else {
        Deliver(it, started, cache::BlockRef());
      }
    }
  }

  // Waits until there is memory for the block; once in vain is enough for a batch.
  void ReadAlone(WantedBlocks::iterator it) {
    auto read = path_->env_.runtime->fetcher()->ReadOne(queue_, it->second.request);
    const cache::BlockRef none;
    short_of_memory_ = read.status().IsOutOfMemory();
    Deliver(it, read.status(), read.ok() ? *read : none);
  }

  // Waits for some, and gives back their places: those at the end of free_. Returns how many.
  size_t TakeLanded() {
    io::Request* done[kBatchReadsMax];
    const size_t count = queue_->Wait(done, 1, UINT64_MAX);
    size_t landed = 0;
    for (size_t i = 0; i < count; ++i) {
      cache::PendingBlock* const pending = cache::PendingBlock::Of(done[i]);
      using FetchStep = cache::BlockFetcher::Step;
      if (path_->env_.runtime->fetcher()->Complete(queue_, pending) == FetchStep::kResubmitted)
        continue;
      free_.push_back(pending);
      ++landed;
    }
    return landed;
  }

  // Takes what arrived and lets its waiters go on.
  void Land() {
    for (size_t landed = TakeLanded(); landed > 0; --landed) {
      cache::PendingBlock* const pending = free_[free_.size() - landed];
      const Status status = pending->status();
      const cache::BlockRef block = status.ok() ? pending->TakeBlock() : cache::BlockRef();
      Deliver(wanted_.find(pending->block().id), status, block);
    }
  }

  void Deliver(WantedBlocks::iterator it, const Status& status, const cache::BlockRef& block) {
    uint32_t index = it->second.first_waiter;
    wanted_.erase(it);
    const Guard guard(path_->env_.runtime->epochs());
    while (index != kNone) {
      const uint32_t next = next_waiter_[index];
      PointRead& read = reads_[index];
      Settle(index, status.ok() ? read.Resume(&block) : read.ResumeFailed(status), &block);
      index = next;
    }
  }

  ReadPath* const path_;
  runtime::QueueLease lease_;  // until nothing is in flight
  const std::span<const Slice> keys_;
  const std::span<PinnedValue> values_;
  const std::span<Status> statuses_;
  const bool fill_cache_;
  std::vector<PointRead> reads_;
  std::vector<uint32_t> next_waiter_;
  std::deque<uint32_t> tables_wanted_;    // reads that wait for a table
  WantedBlocks wanted_;                   // in flight or to launch
  std::deque<cache::BlockId> to_launch_;  // first missed, first asked for
  std::unique_ptr<cache::PendingBlock[]> pending_;
  std::vector<cache::PendingBlock*> free_;
  io::Queue* queue_ = nullptr;
  bool short_of_memory_ = false;  // a block waited in vain
};

void ReadPath::MultiGet(std::span<const Slice> keys, key::Sequence snapshot, bool fill_cache,
                        std::span<PinnedValue> values, std::span<Status> statuses) {
  Batch(this, keys, fill_cache, values, statuses).Run(snapshot);
}

}  // namespace treering::db
