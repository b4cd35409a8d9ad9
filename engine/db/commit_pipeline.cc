#include "engine/db/commit_pipeline.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "engine/base/check.h"
#include "engine/base/contain.h"
#include "engine/base/limits.h"
#include "engine/base/memory_wait.h"
#include "engine/key/batch_reader.h"

namespace treering::db {

using wal::AppendOutcome;

namespace {

// How long a commit waits for memory that others hold, and how often it looks.
constexpr uint64_t kMemoryWaitNanosMax = 10'000'000'000;

}  // namespace

CommitPipeline::CommitPipeline(CommitEnv env, key::Sequence last_sequence)
    : env_(std::move(env)),
      last_sequence_(last_sequence),
      active_since_nanos_(env_.runtime->clock()->NowNanos()),
      publisher_(last_sequence) {
  env_.runtime->memtables()->Register(this);
}

// Of an open that failed, or closed already.
CommitPipeline::~CommitPipeline() {
  if (!closed_) Close();
}

Status CommitPipeline::Closed() { return Status::Aborted("the database is closed"); }

void CommitPipeline::Leave() {
  base::MutexLock lock(&mutex_);
  if (--inside_ == 0 && closed_) drained_.NotifyAll();
}

Status CommitPipeline::Commit(const WriteBatch& batch, Durability durability) {
  if (Status status = env_.errors->ForWrite(); !status.ok()) return status;
  if (batch.count() > 0) return CommitInGroup(batch, durability);
  {
    base::MutexLock lock(&mutex_);
    if (closed_) return Closed();
    ++inside_;
  }
  const Status status = base::Contain([&] { return SyncEarlier(durability); });
  Leave();
  return status;
}

Status CommitPipeline::CommitInGroup(const WriteBatch& batch, Durability durability) {
  bool leads = false;
  bool is_front = false;
  std::shared_ptr<CommitGroup> group;
  {
    base::MutexLock lock(&mutex_);
    if (closed_) return Closed();
    group = queue_.Join(&batch, durability, &leads);
    is_front = queue_.IsFront(*group);
    ++inside_;
  }
  if (leads) {
    if (!is_front) group->turn.WaitWhile(0);
    LeadAndFinish(group.get());
  } else {
    group->done.WaitWhile(0);
  }
  const Status status = group->status;
  Leave();
  return status;
}

// Whatever happens, the turn goes on to the next group, and the followers hear of this one.
void CommitPipeline::LeadAndFinish(CommitGroup* group) {
  Flight flight;
  Status status = base::Contain([&] { return Lead(group, &flight); });
  if (!status.ok()) flight.reservation = memtable::Reservation();
  {
    base::MutexLock lock(&mutex_);
    queue_.Close(group);
    if (status.ok()) {
      last_sequence_ = flight.ticket.last_sequence;
      publisher_.Enqueue(&flight.ticket);
    }
    queue_.PassOn();
  }
  if (status.ok()) {
    status = CarryOut(*group, &flight);
    status = publisher_.ReadyAndWait(&flight.ticket, status);
    env_.errors->EnterForSticky(status);
  }
  CommitQueue::Finish(group, status);
}

// An empty batch at kDisk asks for nothing but the durability of what came before.
Status CommitPipeline::SyncEarlier(Durability durability) {
  if (env_.log == nullptr || durability != Durability::kDisk) return Status::Ok();
  auto lease = env_.runtime->LeaseQueue();
  if (!lease.ok()) return lease.status();
  return env_.log->SpillAll(lease->queue(), Durability::kDisk);
}

// The group's turn: nobody else appends to the log or seals a memtable meanwhile.
Status CommitPipeline::Lead(CommitGroup* group, Flight* flight) {
  uint64_t bytes = 0;  // so far: others still join
  {
    base::MutexLock lock(&mutex_);
    bytes = group->bytes;
  }
  Status status = MakeRoom(bytes);
  {
    base::MutexLock lock(&mutex_);
    queue_.Close(group);
  }
  if (status.ok() && last_sequence_ + group->count > base::kSequenceMax - base::kSequenceReserve) {
    status =
        Status::Failed("the database has used up its sequence numbers; dump it and load the dump");
  }
  flight->first_sequence = last_sequence_ + 1;
  if (status.ok()) status = ReserveIn(*group, flight);
  if (status.ok()) status = AppendToLog(*group, flight);
  flight->ticket.last_sequence = last_sequence_ + group->count;
  return status;
}

Status CommitPipeline::MakeRoom(uint64_t group_bytes) {
  env_.throttle(group_bytes);
  const auto active = env_.memtables->active();
  const bool wanted = seal_wanted_.load(std::memory_order_relaxed);
  if (active->UsedBytes() > 0 &&
      (wanted || active->UsedBytes() + group_bytes > env_.memtable_bytes)) {
    Seal();
  }
  return env_.errors->ForWrite();
}

// Waits for flushes when the budget has no room.
Status CommitPipeline::ReserveIn(const CommitGroup& group, Flight* flight) {
  base::MemoryWait wait(kMemoryWaitNanosMax);
  while (true) {
    flight->memtable = env_.memtables->active();
    auto reserved = base::Contain([&] {
      return flight->memtable->Reserve(flight->first_sequence, group.count, group.bytes);
    });
    if (reserved.ok()) {
      flight->reservation = *std::move(reserved);
      env_.runtime->memtables()->Grown();
      return Status::Ok();
    }
    if (!reserved.status().IsOutOfMemory()) return reserved.status();
    const uint64_t before = env_.runtime->clock()->NowNanos();
    if (flight->memtable->UsedBytes() > 0) Seal();
    flight->memtable.reset();
    env_.runtime->epochs()->Collect();  // views that nobody looks at any more hold memtables
    Status waited = env_.memtables->SealedCount() > 0 ? env_.wait_for_flush() : reserved.status();
    if (waited.IsOutOfMemory()) {
      // No flush is under way, or it waits for memory itself: a compaction, a reader or another
      // database has it.
      env_.runtime->memtables()->Refused();
      if (wait.Pause() > 0) waited = Status::Ok();
    }
    env_.stalls->Add(StallCause::kMemory, env_.runtime->clock()->NowNanos() - before);
    if (!waited.ok()) return waited;
  }
}

Status CommitPipeline::LeaseFor(Flight* flight) {
  if (flight->lease) return Status::Ok();
  auto lease = env_.runtime->LeaseQueue();
  if (!lease.ok()) return lease.status();
  flight->lease = *std::move(lease);
  return Status::Ok();
}

Status CommitPipeline::AppendToLog(const CommitGroup& group, Flight* flight) {
  if (env_.log == nullptr) return Status::Ok();
  std::vector<Slice> pieces;
  pieces.reserve(group.batches.size());
  uint64_t payload_bytes = 0;
  for (const WriteBatch* batch : group.batches) {
    pieces.emplace_back(batch->rep());
    payload_bytes += pieces.back().size();
  }
  if (group.durability == Durability::kDisk || !env_.log->TailTakes(payload_bytes)) {
    if (Status status = LeaseFor(flight); !status.ok()) return status;
  }
  wal::LogGroup record;
  record.first_sequence = flight->first_sequence;
  record.count = group.count;
  record.pieces = pieces;
  record.durability = group.durability;
  return TryAppend(record, flight);
}

Status CommitPipeline::TryAppend(const wal::LogGroup& record, Flight* flight) {
  base::MemoryWait wait(kMemoryWaitNanosMax);
  while (true) {
    auto appended = env_.log->Append(record);
    if (!appended.ok()) return appended.status();
    if (appended->outcome == AppendOutcome::kStored ||
        appended->outcome == AppendOutcome::kBorrowed) {
      flight->must_spill =
          appended->outcome == AppendOutcome::kBorrowed || record.durability == Durability::kDisk;
      env_.keeper->NoteAppended(flight->must_spill ? wal::Log::kNever : appended->spill_at_nanos);
      env_.keeper->PrepareSoon();
      return Status::Ok();
    }
    const Status status = MakeLogRoom(appended->outcome == AppendOutcome::kTailFull, flight);
    if (status.ok()) continue;
    if (!status.IsOutOfMemory() || !env_.log->error().ok()) return status;
    const uint64_t slept = wait.Pause();
    if (slept == 0) return status;
    env_.stalls->Add(StallCause::kMemory, slept);
  }
}

Status CommitPipeline::MakeLogRoom(bool in_tail, Flight* flight) {
  if (Status status = LeaseFor(flight); !status.ok()) return status;
  const uint64_t before = env_.runtime->clock()->NowNanos();
  const Status status = in_tail ? env_.log->MakeRoom(flight->lease.queue())
                                : env_.keeper->PrepareNow(flight->lease.queue());
  env_.stalls->Add(in_tail ? StallCause::kLogTail : StallCause::kLogSegment,
                   env_.runtime->clock()->NowNanos() - before);
  // What the log itself says is its sticky error; the keeper may just have found no room.
  if (!status.ok() && !in_tail && !status.IsOutOfMemory()) {
    env_.errors->EnterFor(status);
    env_.keeper->Wake();
  }
  return status;
}

// After the group's turn: log and memtable, side by side with other groups.
Status CommitPipeline::CarryOut(const CommitGroup& group, Flight* flight) {
  // Nothing is allocated on the way; but the comparator is the program's.
  const auto insert = [&] { return base::Contain([&] { Insert(group, flight); }); };
  if (!flight->must_spill) return insert();
  TREERING_CHECK(static_cast<bool>(flight->lease));
  io::Queue* const queue = flight->lease.queue();
  auto spill = base::Contain([&] { return env_.log->BuildSpill(); });
  if (spill.ok() && *spill != nullptr) {
    (*spill)->Submit(queue);
    (void)queue->Poll({});  // sends it off: the disk works while we insert
  }
  const Status inserted = insert();
  if (!spill.ok()) return spill.status();
  const Status finished =
      env_.log->Finish(queue, *std::move(spill), flight->ticket.last_sequence, group.durability);
  return inserted.ok() ? finished : inserted;
}

void CommitPipeline::Insert(const CommitGroup& group, Flight* flight) {
  key::Sequence sequence = flight->first_sequence;
  for (const WriteBatch* batch : group.batches) {
    key::BatchReader reader(batch->rep());
    while (reader.Next()) {
      flight->memtable->Add(&flight->reservation, sequence++, reader.kind(), reader.key(),
                            reader.value());
    }
    TREERING_CHECK(reader.status().ok());
  }
  TREERING_CHECK(sequence == flight->ticket.last_sequence + 1);
  flight->reservation = memtable::Reservation();
}

Result<key::Sequence> CommitPipeline::SealActive() {
  std::shared_ptr<CommitGroup> group;
  bool is_front = false;
  {
    base::MutexLock lock(&mutex_);
    if (closed_) return Closed();
    group = queue_.JoinAlone();
    is_front = queue_.IsFront(*group);
    ++inside_;
  }
  if (!is_front) group->turn.WaitWhile(0);
  const key::Sequence last = last_sequence_;
  const Status sealed = base::Contain([&] {
    if (env_.memtables->active()->UsedBytes() > 0) Seal();
  });
  {
    base::MutexLock lock(&mutex_);
    queue_.PassOn();
  }
  Leave();
  if (!sealed.ok()) return sealed;
  return last;
}

void CommitPipeline::Seal() {
  env_.memtables->SealActive(last_sequence_);
  seal_wanted_.store(false, std::memory_order_relaxed);
  active_since_nanos_.store(env_.runtime->clock()->NowNanos(), std::memory_order_relaxed);
  env_.flush_soon();
}

ActiveMemtable CommitPipeline::Active(uint64_t now_nanos) const {
  const auto active = env_.memtables->active();
  if (active->UsedBytes() == 0) return {};
  const uint64_t since = active_since_nanos_.load(std::memory_order_relaxed);
  return {active->MemoryBytes(), now_nanos - std::min(now_nanos, since)};
}

// The leader at work, if there is one, or the next one does it; an idle database's is done here.
void CommitPipeline::SealSoon() {
  base::MutexLock lock(&mutex_);
  if (closed_) return;
  if (!queue_.empty()) {
    seal_wanted_.store(true, std::memory_order_relaxed);
  } else if (env_.memtables->active()->UsedBytes() > 0) {
    // Without memory it is asked for again.
    (void)base::Contain([&] { Seal(); });
  }
}

void CommitPipeline::Close() {
  env_.runtime->memtables()->Unregister(this);
  base::MutexLock lock(&mutex_);
  closed_ = true;
  while (inside_ > 0) drained_.Wait(&mutex_);
}

}  // namespace treering::db
