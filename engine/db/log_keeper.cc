#include "engine/db/log_keeper.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "engine/base/check.h"
#include "engine/base/contain.h"
#include "engine/base/file_names.h"
#include "engine/base/heap_wait.h"

namespace treering::db {

using runtime::LogThread;

LogKeeper::LogKeeper(runtime::RuntimeCore* runtime, io::Directory* directory,
                     manifest::ManifestStore* store, wal::Log* log, ErrorState* errors)
    : runtime_(runtime), directory_(directory), store_(store), log_(log), errors_(errors) {}

LogKeeper::~LogKeeper() { TREERING_CHECK(!started_); }

void LogKeeper::Start() {
  runtime_->log_thread()->Register(this);
  started_ = true;
  Wake();
}

void LogKeeper::Stop() {
  if (!started_) return;
  runtime_->log_thread()->Unregister(this);
  started_ = false;
}

void LogKeeper::Wake() { runtime_->log_thread()->Kick(this); }

void LogKeeper::NoteAppended(uint64_t spill_at_nanos) {
  appends_.fetch_add(1);
  if (spill_at_nanos == 0) {
    asleep_ = false;
    runtime_->log_thread()->Kick(this);
  } else if (spill_at_nanos != wal::Log::kNever) {
    asleep_ = false;
    runtime_->log_thread()->CallAt(this, spill_at_nanos);
  } else if (asleep_) {
    asleep_ = false;
    runtime_->log_thread()->CallAt(this, runtime_->clock()->NowNanos() + kIdleNanos);
  }
}

void LogKeeper::OnLogThread(io::Queue* queue) {
  const uint64_t now = runtime_->clock()->NowNanos();
  if (log_ != nullptr) Spill(queue, now);
  const uint64_t next_tick = tick_(now);
  if (next_tick != LogThread::kNever) runtime_->log_thread()->CallAt(this, next_tick);
}

void LogKeeper::PromiseSoon() {
  if (log_ == nullptr) return;
  promise_wanted_ = true;
  Wake();
}

bool LogKeeper::TakePromiseDue() {
  const bool wanted = promise_wanted_.exchange(false);
  const uint64_t used_up = log_->SegmentsUsedUp();
  return (std::exchange(used_up_seen_, used_up) != used_up) || wanted;
}

void LogKeeper::Spill(io::Queue* queue, uint64_t now) {
  LogThread* const thread = runtime_->log_thread();
  const uint64_t due = log_->SpillDueNanos();
  const uint64_t appends = appends_;
  const bool is_idle = appends == std::exchange(appends_seen_, appends);
  const bool is_promise_due = TakePromiseDue();
  const bool spills = due != wal::Log::kNever && (due <= now || is_idle);
  const bool ends = due == wal::Log::kNever && is_idle;
  Status status;
  if (spills) status = log_->SpillAll(queue, Durability::kProcess);
  if (status.ok() && (is_promise_due || ends)) status = log_->WritePromise(queue).status();
  if (!status.ok()) {
    // What the log itself took no harm from is tried again.
    if (!log_->error().ok()) return;
    if (is_promise_due) promise_wanted_ = true;
    return thread->CallAt(this, now + kIdleNanos);
  }
  if (ends) {
    // Everything is vouched for: the next append wakes us, unless it came just now.
    asleep_ = true;
    if (appends_ == appends) return;
    asleep_ = false;
  }
  const uint64_t next = log_->SpillDueNanos();
  thread->CallAt(this, std::min(next, now + kIdleNanos));
}

void LogKeeper::PrepareSoon() {
  if (log_ == nullptr || log_->SegmentWanted() == 0) return;
  if (prepare_scheduled_.exchange(true)) return;
  runtime_->workers()->Schedule(runtime::JobPriority::kPrepare, store_, [this](io::Queue* queue) {
    prepare_scheduled_ = false;
    // Without room the commit that needs the segment will hear of it.
    const Status status = base::Contain([&] { return PrepareNow(queue); });
    if (!status.ok() && !status.IsNoSpace()) errors_->EnterFor(status);
  });
}

Status LogKeeper::PrepareNow(io::Queue* queue) {
  base::MutexLock lock(&prepare_mutex_);
  while (const uint64_t bytes = log_->SegmentWanted()) {
    auto number = store_->NewFileNumber(queue);
    if (!number.ok()) return number.status();
    auto segment = wal::CreateSegment(directory_, queue, runtime_->buffers(), *number, bytes);
    if (!segment.ok()) return segment.status();
    manifest::VersionEdit edit;
    edit.registered_segments.push_back({(*segment)->info.number, (*segment)->info.blocks});
    if (Status status = store_->Commit(queue, edit); !status.ok()) {
      // With the store alive nothing names the file, and it may hold the last room there was.
      if (store_->status().ok()) {
        (void)directory_->Unlink(base::MakeFileName(base::FileKind::kSegment, *number));
      }
      return status;
    }
    // The manifest has it: a log without it would not be what the next open expects.
    const Status added = base::UntilMemory([&] { log_->AddPrepared(*segment); });
    if (!added.ok()) {
      errors_->Enter(DbState::kFailed, added);
      return added;
    }
    Wake();  // for the segment that was used up
  }
  return Status::Ok();
}

void LogKeeper::DropSegments(std::span<const uint64_t> numbers) {
  if (log_ == nullptr || numbers.empty()) return;
  std::vector<std::shared_ptr<wal::Segment>> released = log_->Release(numbers);
  for (std::shared_ptr<wal::Segment>& segment : released) {
    const uint64_t number = segment->info.number;
    segment.reset();
    // What cannot be unlinked now is an orphan that the next open removes.
    (void)base::Contain(
        [&] { return directory_->Unlink(base::MakeFileName(base::FileKind::kSegment, number)); });
  }
}

}  // namespace treering::db
