#include "engine/db/commit_pipeline.h"

#include <utility>
#include <vector>

#include "engine/base/check.h"
#include "engine/base/limits.h"
#include "engine/key/batch_reader.h"

namespace treering::db {

using wal::AppendOutcome;

namespace {

// How long a commit waits for memory that others hold, and how often it looks.
constexpr uint64_t kMemoryWaitNanosMax = 10'000'000'000;
constexpr uint64_t kMemoryPollNanos = 1'000'000;

}  // namespace

CommitPipeline::CommitPipeline(CommitEnv env, key::Sequence last_sequence)
    : env_(std::move(env)), last_sequence_(last_sequence), publisher_(last_sequence) {}

Status CommitPipeline::Commit(const WriteBatch& batch, Durability durability) {
  if (batch.count() == 0) return durability == Durability::kDisk ? SyncEarlier() : Status::Ok();
  if (Status status = env_.errors->ForWrite(); !status.ok()) return status;
  mutex_.Lock();
  if (closed_) {
    mutex_.Unlock();
    return Status::Aborted("the database is closed");
  }
  ++inside_;
  bool leads = false;
  const std::shared_ptr<CommitGroup> group = queue_.Join(&batch, durability, &leads);
  if (!leads) {
    mutex_.Unlock();
    group->done.WaitWhile(0);
  } else {
    WaitForTurn(group.get());  // lets go of the mutex
    Flight flight;
    Status status = Lead(group.get(), &flight);
    mutex_.Lock();
    if (status.ok()) publisher_.Enqueue(&flight.ticket);
    queue_.PassOn();
    mutex_.Unlock();
    if (status.ok()) {
      status = CarryOut(*group, &flight);
      status = publisher_.ReadyAndWait(&flight.ticket, status);
      if (!status.ok()) env_.errors->Enter(DbState::kReadOnly, status);
    }
    CommitQueue::Finish(group.get(), status);
  }
  const Status status = group->status;
  base::MutexLock lock(&mutex_);
  if (--inside_ == 0 && closed_) drained_.NotifyAll();
  return status;
}

// Called with the mutex held and without it afterwards.
void CommitPipeline::WaitForTurn(CommitGroup* group) {
  const bool is_front = queue_.IsFront(*group);
  mutex_.Unlock();
  if (!is_front) group->turn.WaitWhile(0);
}

// An empty batch at kDisk asks for nothing but the durability of what came before.
Status CommitPipeline::SyncEarlier() {
  if (env_.log == nullptr) return Status::Ok();
  auto lease = env_.runtime->LeaseQueue();
  if (!lease.ok()) return lease.status();
  return env_.log->SpillAll(lease->queue(), Durability::kDisk);
}

// The group's turn: nobody else appends to the log or seals a memtable meanwhile.
Status CommitPipeline::Lead(CommitGroup* group, Flight* flight) {
  Status status = MakeRoom(*group);
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
  if (!status.ok()) {
    flight->reservation = memtable::Reservation();
    return status;
  }
  last_sequence_ += group->count;
  flight->ticket.last_sequence = last_sequence_;
  return Status::Ok();
}

Status CommitPipeline::MakeRoom(const CommitGroup& group) {
  env_.throttle(group.bytes);
  const auto active = env_.memtables->active();
  if (active->UsedBytes() > 0 && active->UsedBytes() + group.bytes > env_.memtable_bytes) {
    env_.memtables->SealActive(last_sequence_);
    env_.flush_soon();
  }
  return env_.errors->ForWrite();
}

// Waits for flushes when the budget has no room.
Status CommitPipeline::ReserveIn(const CommitGroup& group, Flight* flight) {
  uint64_t waited_nanos = 0;
  while (true) {
    flight->memtable = env_.memtables->active();
    auto reserved = flight->memtable->Reserve(flight->first_sequence, group.count, group.bytes);
    if (reserved.ok()) {
      flight->reservation = *std::move(reserved);
      return Status::Ok();
    }
    if (!reserved.status().IsOutOfMemory()) return reserved.status();
    const uint64_t before = env_.runtime->clock()->NowNanos();
    Status waited;
    if (flight->memtable->UsedBytes() > 0) {
      env_.memtables->SealActive(last_sequence_);
      env_.flush_soon();
    }
    flight->memtable.reset();
    if (env_.memtables->SealedCount() > 0) {
      waited = env_.wait_for_flush();
    } else if (waited_nanos < kMemoryWaitNanosMax) {
      base::SleepNanos(kMemoryPollNanos);  // a compaction, a reader or another database has it
      waited_nanos += kMemoryPollNanos;
    } else {
      waited = reserved.status();
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
  if (group.durability == Durability::kDisk) {
    if (Status status = LeaseFor(flight); !status.ok()) return status;
  }
  std::vector<Slice> pieces;
  pieces.reserve(group.batches.size());
  for (const WriteBatch* batch : group.batches) pieces.emplace_back(batch->rep());
  wal::LogGroup record;
  record.first_sequence = flight->first_sequence;
  record.count = group.count;
  record.pieces = pieces;
  record.durability = group.durability;
  uint64_t waited_nanos = 0;
  while (true) {
    auto appended = env_.log->Append(record);
    if (!appended.ok()) return appended.status();
    if (appended->outcome == AppendOutcome::kStored ||
        appended->outcome == AppendOutcome::kBorrowed) {
      flight->must_spill =
          appended->outcome == AppendOutcome::kBorrowed || group.durability == Durability::kDisk;
      env_.keeper->NoteAppended(flight->must_spill ? wal::Log::kNever : appended->spill_at_nanos);
      env_.keeper->PrepareSoon();
      return Status::Ok();
    }
    if (Status status = LeaseFor(flight); !status.ok()) return status;
    const uint64_t before = env_.runtime->clock()->NowNanos();
    const bool is_tail = appended->outcome == AppendOutcome::kTailFull;
    const Status status = is_tail ? env_.log->MakeRoom(flight->lease.queue())
                                  : env_.keeper->PrepareNow(flight->lease.queue());
    env_.stalls->Add(is_tail ? StallCause::kLogTail : StallCause::kLogSegment,
                     env_.runtime->clock()->NowNanos() - before);
    if (status.IsOutOfMemory() && waited_nanos < kMemoryWaitNanosMax) {
      base::SleepNanos(kMemoryPollNanos);
      waited_nanos += kMemoryPollNanos;
      env_.stalls->Add(StallCause::kMemory, kMemoryPollNanos);
      continue;
    }
    if (!status.ok()) {
      env_.errors->EnterFor(status);
      env_.keeper->Wake();
      return status;
    }
  }
}

// After the group's turn: log and memtable, side by side with other groups.
Status CommitPipeline::CarryOut(const CommitGroup& group, Flight* flight) {
  std::unique_ptr<wal::Spill> spill;
  Status status;
  if (flight->must_spill) {
    status = LeaseFor(flight);
    if (status.ok()) {
      auto built = env_.log->BuildSpill();
      status = built.status();
      if (built.ok()) spill = *std::move(built);
      if (spill != nullptr) spill->Submit(flight->lease.queue());
    }
  }
  Insert(group, flight);
  if (flight->must_spill && (status.ok() || spill != nullptr)) {
    const Status finished = env_.log->Finish(flight->lease.queue(), std::move(spill),
                                             flight->ticket.last_sequence, group.durability);
    if (status.ok()) status = finished;
  }
  return status;
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

key::Sequence CommitPipeline::SealActive() {
  mutex_.Lock();
  if (closed_) {
    mutex_.Unlock();
    return last_sequence_;
  }
  ++inside_;
  const std::shared_ptr<CommitGroup> group = queue_.JoinAlone();
  WaitForTurn(group.get());
  const key::Sequence last = last_sequence_;
  if (env_.memtables->active()->UsedBytes() > 0) {
    env_.memtables->SealActive(last);
    env_.flush_soon();
  }
  base::MutexLock lock(&mutex_);
  queue_.PassOn();
  if (--inside_ == 0 && closed_) drained_.NotifyAll();
  return last;
}

void CommitPipeline::Close() {
  base::MutexLock lock(&mutex_);
  closed_ = true;
  while (inside_ > 0) drained_.Wait(&mutex_);
}

}  // namespace treering::db
