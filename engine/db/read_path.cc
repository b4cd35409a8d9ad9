#include "engine/db/read_path.h"

#include <algorithm>
#include <optional>
#include <utility>
#include <vector>

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
  cache::BlockRef block;
  static void Release(void* holder) { delete static_cast<HeldValue*>(holder); }
};

}  // namespace

key::Sequence ReadPath::SnapshotOrNow(key::Sequence snapshot) const {
  return std::min(snapshot, env_.visible->load(std::memory_order_acquire));
}

void ReadPath::TakeValue(const PointRead& read, cache::BlockRef* block, PinnedValue* value) {
  const Slice bytes = read.value();
  if (!read.in_table() || bytes.size() <= kCopyBytesMax) return value->SetCopy(bytes);
  auto held = std::make_unique<HeldValue>();
  held->runtime = env_.runtime;
  if (cache::Frame* const frame = read.value_frame()) {
    held->pin = env_.runtime->cache()->TryPinForUser(frame);
    if (!held->pin) return value->SetCopy(bytes);  // too many are pinned already
  } else {
    held->block = std::move(*block);
  }
  value->SetPinned(bytes, &HeldValue::Release, held.release());
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

// Many reads at once: every missing block is asked for as soon as it is known, up to kBatchReadsMax
// in flight; as one arrives, its reads go on and may ask for the next.
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

  void Run(key::Sequence snapshot) {
    const std::shared_ptr<const SuperVersion> super = path_->env_.supers->Hold();
    const key::Sequence now = path_->SnapshotOrNow(snapshot);
    {
      const Guard guard(path_->env_.runtime->epochs());
      for (uint32_t i = 0; i < reads_.size(); ++i) {
        const uint64_t hash = table::FilterHash(keys_[i], path_->env_.filter_seed);
        Settle(i, reads_[i].Start(super.get(), keys_[i], hash, now), nullptr);
      }
    }
    if (unsettled_.empty()) return;
    auto lease = path_->env_.runtime->LeaseQueue();
    if (!lease.ok()) return FailAll(lease.status());
    queue_ = lease->queue();
    pending_ = std::make_unique<cache::PendingBlock[]>(kBatchReadsMax);
    for (size_t i = 0; i < kBatchReadsMax; ++i) free_.push_back(&pending_[i]);
    while (!unsettled_.empty() || !flights_.empty()) {
      Launch();
      if (!flights_.empty()) Land();
    }
  }

 private:
  static constexpr uint32_t kNone = UINT32_MAX;
  struct Flight {
    cache::BlockId id;
    cache::PendingBlock* pending = nullptr;
    uint32_t first_waiter = kNone;
  };

  void FailAll(const Status& status) {
    for (const uint32_t index : unsettled_) statuses_[index] = status;
  }

  // Notes a read's outcome, or that it waits for something.
  void Settle(uint32_t index, Step step, cache::BlockRef* block) {
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
      case Step::kNeedTable:
        unsettled_.push_back(index);
        return;
    }
  }

  // Starts what the waiting reads need, as far as there is room.
  void Launch() {
    size_t kept = 0;
    for (size_t i = 0; i < unsettled_.size(); ++i) {
      if (!LaunchOne(unsettled_[i])) unsettled_[kept++] = unsettled_[i];
    }
    unsettled_.resize(kept);
  }

  // False when there is no room for another read now.
  bool LaunchOne(uint32_t index) {
    PointRead& read = reads_[index];
    Step step = read.waits_for_table() ? Step::kNeedTable : Step::kNeedBlock;
    while (true) {
      Status status;
      if (step == Step::kNeedTable) {
        status = path_->env_.tables->Open(read.need_table(), queue_).status();
      } else {
        status = Join(index);
        if (status.ok()) return true;
        if (status.IsBusy()) return false;
      }
      const Guard guard(path_->env_.runtime->epochs());
      step = status.ok() ? read.Resume() : read.ResumeFailed(status);
      if (step == Step::kNeedBlock || step == Step::kNeedTable) continue;
      Settle(index, step, nullptr);
      return true;
    }
  }

  // Waits with others for the block, or starts its read. Busy: no room.
  Status Join(uint32_t index) {
    const cache::BlockRequest& need = reads_[index].need();
    for (Flight& flight : flights_) {
      if (flight.id == need.id) {
        next_waiter_[index] = flight.first_waiter;
        flight.first_waiter = index;
        return Status::Ok();
      }
    }
    if (free_.empty()) return Status::Busy("the batch's reads are all in flight");
    cache::PendingBlock* const pending = free_.back();
    cache::BlockRequest request = need;
    request.fill_cache = request.fill_cache && fill_cache_;
    Status started = path_->env_.runtime->fetcher()->Start(queue_, request, pending);
    if (!started.ok()) return started;
    free_.pop_back();
    next_waiter_[index] = kNone;
    flights_.push_back({need.id, pending, index});
    return Status::Ok();
  }

  // Takes what arrived and lets its waiters go on.
  void Land() {
    io::Request* done[kBatchReadsMax];
    const size_t count = queue_->Wait(done, 1, UINT64_MAX);
    for (size_t i = 0; i < count; ++i) {
      cache::PendingBlock* const pending = cache::PendingBlock::Of(done[i]);
      using FetchStep = cache::BlockFetcher::Step;
      if (path_->env_.runtime->fetcher()->Complete(queue_, pending) == FetchStep::kResubmitted)
        continue;
      const auto flight = std::find_if(flights_.begin(), flights_.end(),
                                       [&](const Flight& f) { return f.pending == pending; });
      const uint32_t first = flight->first_waiter;
      flights_.erase(flight);
      Deliver(pending, first);
      free_.push_back(pending);
    }
  }

  void Deliver(cache::PendingBlock* pending, uint32_t first) {
    const Status status = pending->status();
    cache::BlockRef block = status.ok() ? pending->TakeBlock() : cache::BlockRef();
    const Guard guard(path_->env_.runtime->epochs());
    for (uint32_t index = first; index != kNone;) {
      const uint32_t next = next_waiter_[index];
      PointRead& read = reads_[index];
      const Step step = status.ok() ? read.Resume(&block) : read.ResumeFailed(status);
      // A block outside the cache belongs to its last reader; the others copy.
      if (step == Step::kFound && next != kNone && read.value_frame() == nullptr) {
        values_[index].SetCopy(read.value());
        statuses_[index] = Status::Ok();
      } else {
        Settle(index, step, &block);
      }
      index = next;
    }
  }

  ReadPath* const path_;
  const std::span<const Slice> keys_;
  const std::span<PinnedValue> values_;
  const std::span<Status> statuses_;
  const bool fill_cache_;
  std::vector<PointRead> reads_;
  std::vector<uint32_t> next_waiter_;
  std::vector<uint32_t> unsettled_;
  std::vector<Flight> flights_;
  std::unique_ptr<cache::PendingBlock[]> pending_;
  std::vector<cache::PendingBlock*> free_;
  io::Queue* queue_ = nullptr;
};

void ReadPath::MultiGet(std::span<const Slice> keys, key::Sequence snapshot, bool fill_cache,
                        std::span<PinnedValue> values, std::span<Status> statuses) {
  Batch(this, keys, fill_cache, values, statuses).Run(snapshot);
}

}  // namespace treering::db
