#include "engine/db/background.h"

#include <algorithm>
#include <utility>

#include "engine/base/contain.h"

namespace treering::db {

using runtime::JobPriority;

namespace {

// How often a waiting call looks again, for what nobody tells it.
constexpr uint64_t kLookNanos = 1'000'000'000;
constexpr uint64_t kFlushFailuresMax = 3;

}  // namespace

Background::Background(const BackgroundEnv& env)
    : runtime_(env.runtime),
      store_(env.store),
      memtables_(env.memtables),
      errors_(env.errors),
      options_(env.options),
      places_(env.runtime->workers(), env.runtime->workers()->thread_count() + 4),
      deletions_({env.runtime, env.directory, env.store, env.log, env.keeper, env.errors, &stop_}),
      retry_({env.runtime, env.directory, env.store, env.keeper, env.errors, &stop_,
              [this] { Resumed(); }}),
      work_({env.runtime, env.store, env.log, env.keeper, env.memtables, env.tables, env.snapshots,
             env.errors, env.options, env.job, env.wait_visible, &deletions_, &stop_}),
      delay_(env.options, env.stalls, &stop_),
      agenda_(env.options) {}

// Of an open that failed, or stopped already.
Background::~Background() {
  if (!ShouldStop()) Stop();
}

void Background::Stop() {
  stop_ = true;
  {
    base::MutexLock lock(&mutex_);
    changed_.NotifyAll();
  }
  runtime_->workers()->Drain(store_);
}

Status Background::compaction_error() const {
  base::MutexLock lock(&mutex_);
  return agenda_.error();
}

uint64_t Background::PendingBytes() const {
  return compaction::PendingCompactionBytes(*store_->current(), options_->ForPicker());
}

void Background::LogFailure(const char* what, const Status& status) const {
  (void)base::Contain([&] { runtime_->Log(what + status.ToString()); });
}

// --- What is due ---

void Background::Schedule() {
  base::MutexLock lock(&mutex_);
  ScheduleLocked();
}

// Without memory to see what is due: a little later.
void Background::ScheduleLocked() {
  const Status status = base::Contain([&] { ScheduleDueLocked(); });
  if (status.IsOutOfMemory()) retry_.Later(status);
  if (status.IsFailed()) errors_->EnterFor(status);
}

void Background::ScheduleDueLocked() {
  if (ShouldStop()) return;
  const std::shared_ptr<const manifest::Version> version = store_->current();
  delay_.Decide(*version, memtables_->SealedCount());
  if (!flush_scheduled_ && memtables_->SealedCount() > 0 && FlushWaitsLocked().ok() &&
      errors_->state() <= DbState::kDegraded) {
    flush_scheduled_ = true;
    runtime_->workers()->Schedule(JobPriority::kFlush, store_,
                                  [this](io::Queue* queue) { FlushJob(queue); });
  }
  const uint32_t compactions_max = std::max(1u, runtime_->workers()->thread_count() - 1);
  if (compactions_scheduled_ < compactions_max && !retry_.waiting() &&
      errors_->state() == DbState::kHealthy && agenda_.IsDue(*version)) {
    ++compactions_scheduled_;
    runtime_->workers()->Schedule(JobPriority::kLevel0, store_,
                                  [this](io::Queue* queue) { CompactionJob(queue); });
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

// --- Flush ---

void Background::FlushJob(io::Queue* queue) {
  const auto flushed = base::Contain([&] { return work_.Flush(queue); });
  runtime_->epochs()->Collect();  // the views that held what was flushed
  base::MutexLock lock(&mutex_);
  flush_scheduled_ = false;
  ++flushes_ended_;
  if (flushed.ok()) {
    flush_failures_ = 0;
    delay_.NoteDrained(flushed->bytes, flushed->nanos);
  } else if (!flushed.status().IsAborted()) {
    NoteFlushFailureLocked(flushed.status());
  }
  ScheduleLocked();
  changed_.NotifyAll();
}

void Background::NoteFlushFailureLocked(const Status& status) {
  LogFailure("flush failed: ", status);
  if (errors_->state() >= DbState::kReadOnly) return;                       // only a new open helps
  if (status.IsIoError() && ++flush_failures_ < kFlushFailuresMax) return;  // again, on a new file
  if (status.IsNoSpace() || status.IsIoError()) {
    errors_->Enter(DbState::kDegraded, status);
    flush_waits_ = true;
    retry_.Later(status);
  } else if (status.IsOutOfMemory()) {
    flush_waits_ = true;
    retry_.Later(status);
  } else {
    errors_->EnterFor(status);
  }
}

// What flushes wait for, OK for nothing. A compaction that waits for its next try, or a log that
// waits for room, holds up none.
Status Background::FlushWaitsLocked() const { return flush_waits_ ? retry_.cause() : Status::Ok(); }

// --- Compaction ---

void Background::CompactionJob(io::Queue* queue) {
  std::optional<CompactionAgenda::Begun> begun;
  {
    base::MutexLock lock(&mutex_);
    begun = BeginLocked();
    changed_.NotifyAll();  // requests may be done
    if (!begun.has_value()) {
      --compactions_scheduled_;
      return;
    }
  }
  const Status status = base::Contain([&] { return work_.Compact(queue, begun->plan); });
  {
    base::MutexLock lock(&mutex_);
    SettleLocked(*begun, status);
  }
  begun.reset();
  deletions_.Schedule();
  base::MutexLock lock(&mutex_);
  --compactions_scheduled_;
  ScheduleLocked();
  changed_.NotifyAll();
}

std::optional<CompactionAgenda::Begun> Background::BeginLocked() {
  std::optional<CompactionAgenda::Begun> begun;
  if (ShouldStop()) return begun;
  const Status status = base::Contain([&] { begun = agenda_.Begin(*store_->current()); });
  if (status.IsOutOfMemory()) retry_.Later(status);
  return begun;
}

void Background::SettleLocked(const CompactionAgenda::Begun& begun, const Status& status) {
  const bool again = agenda_.Settle(begun, status);
  if (status.ok() || status.IsAborted()) return;
  LogFailure("compaction failed: ", status);
  if (status.IsFailed()) errors_->EnterFor(status);
  if (again) retry_.Later(status);
}

Status Background::CompactRange(const Slice* begin, const Slice* end, key::Sequence newest) {
  ManualCompaction manual(begin, end, newest);
  base::MutexLock lock(&mutex_);
  const CompactionAgenda::Asked asked(&agenda_, &manual);
  while (!manual.done) {
    if (ShouldStop()) return Status::Aborted("the database is closing");
    if (errors_->state() >= DbState::kReadOnly) return errors_->ForWrite();
    if (const Status waits = retry_.cause(); !waits.ok()) return waits;
    ScheduleLocked();
    changed_.WaitFor(&mutex_, kLookNanos);
  }
  return manual.status;
}

// --- Waiting ---

Status Background::WaitForFlush() {
  base::MutexLock lock(&mutex_);
  const uint64_t before = flushes_ended_;
  ScheduleLocked();
  while (flushes_ended_ == before) {
    if (ShouldStop()) return Status::Aborted("the database is closing");
    if (Status status = errors_->ForWrite(); !status.ok()) return status;
    if (memtables_->SealedCount() == 0) return Status::Ok();
    if (const Status waits = FlushWaitsLocked(); !waits.ok()) return waits;
    changed_.WaitFor(&mutex_, kLookNanos);
  }
  return errors_->ForWrite();
}

Status Background::WaitFlushed(key::Sequence sequence) {
  base::MutexLock lock(&mutex_);
  while (true) {
    const auto sealed = memtables_->Sealed();
    if (sealed.empty() || sealed.front().last_sequence > sequence) return Status::Ok();
    if (ShouldStop()) return Status::Aborted("the database is closing");
    if (Status status = errors_->ForWrite(); !status.ok()) return status;
    if (const Status waits = FlushWaitsLocked(); !waits.ok()) return waits;
    ScheduleLocked();
    changed_.WaitFor(&mutex_, kLookNanos);
  }
}

Status Background::WaitIdle() {
  base::MutexLock lock(&mutex_);
  while (true) {
    if (ShouldStop()) return Status::Aborted("the database is closing");
    if (errors_->state() >= DbState::kReadOnly) return errors_->ForWrite();
    if (!agenda_.error().ok()) return agenda_.error();
    ScheduleLocked();
    const bool is_idle = !flush_scheduled_ && compactions_scheduled_ == 0 && !agenda_.running() &&
                         memtables_->SealedCount() == 0;
    if (const Status waits = retry_.cause(); !waits.ok()) return waits;
    if (is_idle) return Status::Ok();
    changed_.WaitFor(&mutex_, kLookNanos);
  }
}

}  // namespace treering::db
