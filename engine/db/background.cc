#include "engine/db/background.h"

#include <algorithm>
#include <utility>

#include "engine/base/check.h"
#include "engine/base/contain.h"
#include "engine/base/heap_wait.h"

namespace treering::db {

using compaction::CompactionPlan;
using runtime::JobPriority;

namespace {

// How often a waiting call looks again, for what nobody tells it.
constexpr uint64_t kLookNanos = 1'000'000'000;
constexpr uint64_t kFlushFailuresMax = 3;
constexpr uint64_t kCompactionFailuresMax = 8;
// One sleep of a writer is at most this; the debt is looked at again after it.
constexpr uint64_t kDelayNanosMax = 20'000'000;
constexpr uint64_t kDelayNanosMin = 200'000;

// Whether the edit only gives the table another place.
bool IsMove(const manifest::VersionEdit& edit, uint64_t number) {
  return std::any_of(edit.removed_tables.begin(), edit.removed_tables.end(),
                     [number](const auto& removed) { return removed.number == number; });
}

}  // namespace

Background::Background(BackgroundEnv env)
    : env_(std::move(env)),
      places_(env_.runtime->workers(), env_.runtime->workers()->thread_count() + 4),
      deletions_(
          {env_.runtime, env_.directory, env_.store, env_.log, env_.keeper, env_.errors, &stop_}),
      retry_({env_.runtime, env_.directory, env_.store, env_.keeper, env_.errors, &stop_,
              [this] { Resumed(); }}) {}

// Of an open that failed, or stopped already.
Background::~Background() {
  if (!ShouldStop()) Stop();
}

compaction::PickerOptions Background::picker_options() const {
  const Options& user = env_.options->user;
  return {user.level0_trigger, user.level_base_bytes, user.level_multiplier, user.table_bytes};
}

void Background::Schedule() {
  base::MutexLock lock(&mutex_);
  ScheduleLocked();
}

// Without memory to see what is due: a little later.
void Background::ScheduleLocked() {
  const Status status = base::Contain([&] {
    ScheduleDueLocked();
    return Status::Ok();
  });
  if (status.IsOutOfMemory()) retry_.Later(status);
  if (status.IsFailed()) env_.errors->EnterFor(status);
}

void Background::ScheduleDueLocked() {
  if (ShouldStop()) return;
  DecideDelay();
  if (!flush_scheduled_ && env_.memtables->SealedCount() > 0 && FlushWaitsLocked().ok() &&
      env_.errors->state() <= DbState::kDegraded) {
    flush_scheduled_ = true;
    env_.runtime->workers()->Schedule(JobPriority::kFlush, env_.store,
                                      [this](io::Queue* queue) { FlushJob(queue); });
  }
  const uint32_t compactions_max = std::max(1u, env_.runtime->workers()->thread_count() - 1);
  if (compactions_scheduled_ < compactions_max && !retry_.waiting() &&
      env_.errors->state() == DbState::kHealthy && CompactionIsDueLocked()) {
    ++compactions_scheduled_;
    const auto priority = JobPriority::kLevel0;
    env_.runtime->workers()->Schedule(priority, env_.store,
                                      [this](io::Queue* queue) { CompactionJob(queue); });
  }
}

// What flushes wait for, OK for nothing. A compaction that waits for its next try, or a log that
// waits for room, holds up none.
Status Background::FlushWaitsLocked() const { return flush_waits_ ? retry_.cause() : Status::Ok(); }

bool Background::CompactionIsDueLocked() {
  if (!manuals_.empty()) {
    // One that waits for running work is picked when that ends: a job for it now would only wake
    // its caller, who would ask again.
    const compaction::ManualPick pick = LookForManual(*manuals_.front());
    return pick.plan.has_value() || !pick.must_wait;
  }
  return PickAutomaticLocked().has_value();
}

// --- Flush ---

void Background::FlushJob(io::Queue* queue) {
  const Status status = base::Contain([&] { return FlushOnce(queue); });
  env_.runtime->epochs()->Collect();  // the views that held what was flushed
  base::MutexLock lock(&mutex_);
  flush_scheduled_ = false;
  ++flushes_ended_;
  if (status.ok()) {
    flush_failures_ = 0;
  } else if (!status.IsAborted()) {
    NoteFailure(status);
  }
  ScheduleLocked();
  changed_.NotifyAll();
}

void Background::LogFailure(const char* what, const Status& status) const {
  (void)base::Contain([&] {
    env_.runtime->Log(what + status.ToString());
    return Status::Ok();
  });
}

// With the mutex held.
void Background::NoteFailure(const Status& status) {
  LogFailure("flush failed: ", status);
  if (env_.errors->state() >= DbState::kReadOnly) return;                   // only a new open helps
  if (status.IsIoError() && ++flush_failures_ < kFlushFailuresMax) return;  // again, on a new file
  if (status.IsNoSpace() || status.IsIoError()) {
    env_.errors->Enter(DbState::kDegraded, status);
    flush_waits_ = true;
    retry_.Later(status);
  } else if (status.IsOutOfMemory()) {
    flush_waits_ = true;
    retry_.Later(status);
  } else {
    env_.errors->EnterFor(status);
  }
}

// The disk takes files again.
void Background::Resumed() {
  base::MutexLock lock(&mutex_);
  flush_failures_ = 0;
  flush_waits_ = false;
  ScheduleLocked();
  changed_.NotifyAll();
}

Status Background::FlushOnce(io::Queue* queue) {
  const std::vector<SealedMemtable> sealed = env_.memtables->Sealed();
  if (sealed.empty()) return Status::Ok();
  const key::Sequence last = sealed.back().last_sequence;
  if (Status status = env_.wait_visible(last); !status.ok()) return status;
  const uint64_t started = env_.runtime->clock()->NowNanos();
  compaction::FlushInput input;
  uint64_t used_bytes = 0;
  for (auto it = sealed.rbegin(); it != sealed.rend(); ++it) {
    it->table->AppendIterators(&input.runs);
    used_bytes += it->table->UsedBytes();
  }
  input.data_bytes = used_bytes;
  input.snapshots = env_.snapshots->Sequences();
  auto tables = compaction::RunFlush(env_.job, queue, std::move(input));
  if (!tables.ok()) return tables.status();

  manifest::VersionEdit edit;
  uint64_t written = 0;
  for (manifest::TableMeta& table : *tables) {
    written += table.bytes;
    edit.added_tables.push_back(std::move(table));
  }
  edit.last_sequence = last;
  if (env_.log != nullptr) MoveReplayStart(last, &edit);
  if (Status status = Commit(queue, edit, sealed.size()); !status.ok()) return status;
  const uint64_t nanos = env_.runtime->clock()->NowNanos() - started;
  if (nanos > 0) drain_bytes_per_second_ = used_bytes * 1'000'000'000 / nanos;
  {
    base::MutexLock lock(&mutex_);
    ++stats_.flushes;
    stats_.flush_bytes_written += written;
    stats_.flush_nanos += nanos;
    flushed_through_ = std::max(flushed_through_, last);
  }
  deletions_.Forgotten(edit.forgotten_segments);
  env_.keeper->PromiseSoon();
  return Status::Ok();
}

void Background::MoveReplayStart(key::Sequence flushed_through, manifest::VersionEdit* edit) {
  const wal::ReplayStart cut = env_.log->Cut(flushed_through);
  edit->replay_start =
      manifest::ReplayStart{cut.lsn, cut.previous_sum, cut.sequence, cut.segment, cut.block_index};
  edit->forgotten_segments = deletions_.SegmentsBefore(cut);
}

Status Background::Commit(io::Queue* queue, const manifest::VersionEdit& edit, size_t flushed) {
  const auto publish = [&](const std::shared_ptr<const manifest::Version>& version) {
    const Status installed = base::UntilMemory([&] { env_.memtables->Install(version, flushed); });
    if (!installed.ok()) env_.errors->Enter(DbState::kFailed, installed);
  };
  const Status status = env_.store->Commit(queue, edit, publish);
  if (status.ok()) return status;
  if (env_.store->status().ok()) {
    // Nothing happened: the new tables are nobody's, and may hold the last room there was.
    for (const manifest::TableMeta& table : edit.added_tables) {
      if (!IsMove(edit, table.number)) deletions_.UnlinkTable(table.number);
    }
  }
  // What the manifest refuses for good is no reason to retry: it must be opened again.
  if (!status.IsNoSpace()) env_.errors->EnterFor(status);
  return status;
}

// --- Compaction ---

void Background::CompactionJob(io::Queue* queue) {
  std::optional<CompactionPlan> plan;
  uint64_t manual_id = 0;
  {
    base::MutexLock lock(&mutex_);
    const Status begun = base::Contain([&] {
      plan = BeginLocked(&manual_id);
      return Status::Ok();
    });
    if (begun.IsOutOfMemory()) retry_.Later(begun);
    if (!begun.ok()) plan.reset();
    if (!plan.has_value()) {
      --compactions_scheduled_;
      changed_.NotifyAll();
      return;
    }
  }
  const Status status = base::Contain([&] { return CarryOut(queue, *plan); });
  {
    base::MutexLock lock(&mutex_);
    SettleLocked(*plan, manual_id, status);
  }
  plan.reset();
  deletions_.Schedule();
  base::MutexLock lock(&mutex_);
  --compactions_scheduled_;
  ScheduleLocked();
  changed_.NotifyAll();
}

// What runs from here on is noted.
std::optional<CompactionPlan> Background::BeginLocked(uint64_t* manual_id) {
  std::optional<CompactionPlan> plan = PickLocked(manual_id);
  if (!plan.has_value()) return plan;
  running_.push_back(compaction::RunningOf(*plan));
  if (plan->reason != compaction::Reason::kManual) {
    std::swap(pointers_.after[plan->input_level], plan->pointer_after);
  }
  return plan;
}

void Background::SettleLocked(const CompactionPlan& plan, uint64_t manual_id,
                              const Status& status) {
  const uint64_t first = plan.inputs.front()->meta.number;
  std::erase_if(running_, [&](const compaction::RunningCompaction& r) {
    return std::find(r.tables.begin(), r.tables.end(), first) != r.tables.end();
  });
  if (status.ok()) compaction_failures_ = 0;
  if (status.ok() || status.IsAborted()) return;
  LogFailure("compaction failed: ", status);
  if (status.IsFailed()) env_.errors->EnterFor(status);
  const auto manual = std::find_if(manuals_.begin(), manuals_.end(),
                                   [&](const Manual* m) { return m->id == manual_id; });
  if (manual != manuals_.end()) {
    (*manual)->status = status;
    (*manual)->done = true;
    manuals_.erase(manual);
  }
  // A disk that fails the same work again and again would have it rewrite its outputs for ever.
  const bool gives_up = status.IsIoError() && ++compaction_failures_ >= kCompactionFailuresMax;
  if (!gives_up && (status.IsNoSpace() || status.IsOutOfMemory() || status.IsIoError())) {
    retry_.Later(status);
  } else if (compaction_error_.ok()) {
    compaction_error_ = status;
  }
}

std::optional<CompactionPlan> Background::PickLocked(uint64_t* manual_id) {
  if (ShouldStop()) return std::nullopt;
  // Level 0 would pile up under a long manual compaction: they take turns.
  if (std::exchange(level0_turn_, false)) {
    auto plan = PickAutomaticLocked();
    if (plan.has_value() && plan->input_level == 0) return plan;
  }
  while (!manuals_.empty()) {
    Manual* const front = manuals_.front();
    if (auto plan = PickManualLocked(front)) {
      *manual_id = front->id;
      level0_turn_ = true;
      return plan;
    }
    if (!front->done) return std::nullopt;  // it waits for running work, which picks again
  }
  return PickAutomaticLocked();
}

std::optional<CompactionPlan> Background::PickAutomaticLocked() const {
  if (env_.options->user.disable_auto_compactions || !compaction_error_.ok()) return std::nullopt;
  return compaction::PickCompaction(*env_.store->current(), picker_options(), pointers_, running_);
}

compaction::ManualPick Background::LookForManual(const Manual& manual) const {
  const Slice begin = manual.begin.has_value() ? Slice(*manual.begin) : Slice();
  const Slice end = manual.end.has_value() ? Slice(*manual.end) : Slice();
  return compaction::PickManual(*env_.store->current(), picker_options(), running_,
                                manual.begin.has_value() ? &begin : nullptr,
                                manual.end.has_value() ? &end : nullptr, manual.newest);
}

std::optional<CompactionPlan> Background::PickManualLocked(Manual* manual) {
  compaction::ManualPick pick = LookForManual(*manual);
  if (!pick.plan.has_value() && !pick.must_wait) {
    manual->done = true;
    std::erase(manuals_, manual);
    changed_.NotifyAll();
  }
  return std::move(pick.plan);
}

Status Background::CarryOut(io::Queue* queue, const CompactionPlan& plan) {
  if (plan.is_trivial_move) return Move(queue, plan);
  const uint64_t started = env_.runtime->clock()->NowNanos();
  compaction::CompactionInput input;
  input.plan = &plan;
  input.version = env_.store->current();
  input.snapshots = env_.snapshots->Sequences();
  input.table_bytes = env_.options->user.table_bytes;
  input.grandparent_bytes_max = picker_options().GrandparentBytesMax();
  input.open_table = [this](const manifest::TableRef& table, io::Queue* q) {
    return env_.tables->Share(table, q);
  };
  input.stop = &stop_;
  auto output = compaction::RunCompaction(env_.job, queue, input);
  if (!output.ok()) return output.status();

  manifest::VersionEdit edit;
  for (const auto& table : plan.inputs)
    edit.removed_tables.push_back({plan.input_level, table->meta.number});
  for (const auto& table : plan.output_inputs) {
    edit.removed_tables.push_back({plan.output_level, table->meta.number});
  }
  edit.added_tables = output->tables;
  if (Status status = Commit(queue, edit, 0); !status.ok()) return status;
  base::MutexLock lock(&mutex_);
  ++stats_.compactions;
  stats_.compaction_bytes_read += output->bytes_read;
  stats_.compaction_bytes_written += output->bytes_written;
  stats_.compaction_entries += output->entries_read;
  stats_.compaction_dropped += output->entries_dropped;
  stats_.compaction_nanos += env_.runtime->clock()->NowNanos() - started;
  return Status::Ok();
}

Status Background::Move(io::Queue* queue, const CompactionPlan& plan) {
  manifest::VersionEdit edit;
  for (const auto& table : plan.inputs) {
    edit.removed_tables.push_back({plan.input_level, table->meta.number});
    edit.added_tables.push_back(table->meta);
    edit.added_tables.back().level = plan.output_level;
  }
  if (Status status = Commit(queue, edit, 0); !status.ok()) return status;
  base::MutexLock lock(&mutex_);
  ++stats_.trivial_moves;
  return Status::Ok();
}

Status Background::CompactRange(const Slice* begin, const Slice* end, key::Sequence newest) {
  Manual manual;
  if (begin != nullptr) manual.begin = begin->ToString();
  if (end != nullptr) manual.end = end->ToString();
  manual.newest = newest;
  base::MutexLock lock(&mutex_);
  manual.id = ++manuals_begun_;
  manuals_.push_back(&manual);
  while (!manual.done) {
    if (ShouldStop() || env_.errors->state() >= DbState::kReadOnly) {
      std::erase(manuals_, &manual);
      return ShouldStop() ? Status::Aborted("the database is closing") : env_.errors->ForWrite();
    }
    if (const Status waits = retry_.cause(); !waits.ok()) {
      std::erase(manuals_, &manual);
      return waits;
    }
    ScheduleLocked();
    changed_.WaitFor(&mutex_, kLookNanos);
  }
  return manual.status;
}

// --- Waiting ---

// With the mutex held, whenever what it depends on may have changed.
void Background::DecideDelay() {
  const std::shared_ptr<const manifest::Version> version = env_.store->current();
  compaction::Debt debt;
  debt.sealed_memtables = static_cast<uint32_t>(env_.memtables->SealedCount());
  if (!env_.options->user.disable_auto_compactions) {
    debt.level0_tables = static_cast<uint32_t>(version->tables(0).size());
    debt.pending_compaction_bytes = compaction::PendingCompactionBytes(*version, picker_options());
  }
  const Options& user = env_.options->user;
  const auto limits =
      compaction::ThrottleLimits::For(user.level0_trigger, user.level_base_bytes,
                                      user.level_multiplier, env_.options->sealed_memtables_max);
  const auto decision = compaction::ComputeThrottle(debt, limits, drain_bytes_per_second_);
  delay_nanos_per_kib_ = decision.nanos_per_kib;
  switch (decision.cause) {
    case compaction::ThrottleCause::kLevel0:
      delay_cause_ = StallCause::kLevel0;
      break;
    case compaction::ThrottleCause::kPendingBytes:
      delay_cause_ = StallCause::kPendingBytes;
      break;
    default:
      delay_cause_ = StallCause::kMemtables;
      break;
  }
}

void Background::Throttle(uint64_t bytes) {
  const uint64_t nanos_per_kib = delay_nanos_per_kib_.load(std::memory_order_relaxed);
  if (nanos_per_kib == 0) [[likely]]
    return;
  // Sleeps are coarse: small writes add up to one that is worth it.
  delay_owed_nanos_ += bytes * nanos_per_kib / 1024;
  while (delay_owed_nanos_ >= kDelayNanosMin) {
    const uint64_t nanos = std::min(kDelayNanosMax, delay_owed_nanos_);
    delay_owed_nanos_ -= nanos;
    base::SleepNanos(nanos);
    env_.stalls->Add(delay_cause_, nanos);
    // What made it slow may be over.
    if (delay_nanos_per_kib_.load(std::memory_order_relaxed) == 0 || ShouldStop()) {
      delay_owed_nanos_ = 0;
    }
  }
}

Status Background::WaitForFlush() {
  base::MutexLock lock(&mutex_);
  const uint64_t before = flushes_ended_;
  ScheduleLocked();
  while (flushes_ended_ == before) {
    if (ShouldStop()) return Status::Aborted("the database is closing");
    if (Status status = env_.errors->ForWrite(); !status.ok()) return status;
    if (env_.memtables->SealedCount() == 0) return Status::Ok();
    if (const Status waits = FlushWaitsLocked(); !waits.ok()) return waits;
    changed_.WaitFor(&mutex_, kLookNanos);
  }
  return env_.errors->ForWrite();
}

Status Background::WaitFlushed(key::Sequence sequence) {
  base::MutexLock lock(&mutex_);
  while (true) {
    const auto sealed = env_.memtables->Sealed();
    if (sealed.empty() || sealed.front().last_sequence > sequence) return Status::Ok();
    if (ShouldStop()) return Status::Aborted("the database is closing");
    if (Status status = env_.errors->ForWrite(); !status.ok()) return status;
    if (const Status waits = FlushWaitsLocked(); !waits.ok()) return waits;
    ScheduleLocked();
    changed_.WaitFor(&mutex_, kLookNanos);
  }
}

Status Background::WaitIdle() {
  base::MutexLock lock(&mutex_);
  while (true) {
    if (ShouldStop()) return Status::Aborted("the database is closing");
    if (env_.errors->state() >= DbState::kReadOnly) return env_.errors->ForWrite();
    if (!compaction_error_.ok()) return compaction_error_;
    ScheduleLocked();
    const bool is_idle = !flush_scheduled_ && compactions_scheduled_ == 0 && running_.empty() &&
                         env_.memtables->SealedCount() == 0;
    if (const Status waits = retry_.cause(); !waits.ok()) return waits;
    if (is_idle) return Status::Ok();
    changed_.WaitFor(&mutex_, kLookNanos);
  }
}

void Background::Stop() {
  stop_ = true;
  {
    base::MutexLock lock(&mutex_);
    changed_.NotifyAll();
  }
  env_.runtime->workers()->Drain(env_.store);
}

Status Background::FlushNow(io::Queue* queue) { return FlushOnce(queue); }

void Background::DeleteSoon() { deletions_.Schedule(); }

void Background::DeleteNow(io::Queue* queue) { deletions_.Finish(queue); }

BackgroundStats Background::Stats() const {
  base::MutexLock lock(&mutex_);
  return stats_;
}

Status Background::compaction_error() const {
  base::MutexLock lock(&mutex_);
  return compaction_error_;
}

uint64_t Background::PendingBytes() const {
  return compaction::PendingCompactionBytes(*env_.store->current(), picker_options());
}

}  // namespace treering::db
