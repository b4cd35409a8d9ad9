#include "engine/db/deletions.h"

#include <algorithm>

#include "engine/base/contain.h"
#include "engine/base/file_names.h"

namespace treering::db {
namespace {

// Takes out of `from` what is in `these`.
void Subtract(const std::vector<uint64_t>& these, std::vector<uint64_t>* from) {
  std::erase_if(*from, [&these](uint64_t number) {
    return std::find(these.begin(), these.end(), number) != these.end();
  });
}

}  // namespace

std::vector<uint64_t> Deletions::SegmentsBefore(const wal::ReplayStart& cut) {
  // Those of an earlier edit are the log's until they are dropped, and on the list until after
  // that: both are asked in one step.
  base::MutexLock lock(&mutex_);
  std::vector<uint64_t> segments = env_.log->SegmentsBefore(cut);
  Subtract(forgotten_, &segments);
  forgotten_.reserve(forgotten_.size() + segments.size());  // for when the edit is durable
  return segments;
}

void Deletions::Forgotten(const std::vector<uint64_t>& segments) {
  if (segments.empty()) return;
  {
    base::MutexLock lock(&mutex_);
    forgotten_.insert(forgotten_.end(), segments.begin(), segments.end());
  }
  Schedule();
}

void Deletions::Schedule() {
  base::MutexLock lock(&mutex_);
  again_ = true;
  ScheduleLocked();
}

void Deletions::ScheduleLocked() {
  if (!again_ || scheduled_ || ShouldStop()) return;
  again_ = false;
  scheduled_ = true;
  env_.runtime->workers()->Schedule(runtime::JobPriority::kMaintenance, env_.store,
                                    [this](io::Queue* queue) { Run(queue); });
}

void Deletions::Run(io::Queue* queue) {
  // Without memory a later run, or the next open, does the rest.
  (void)base::Contain([&] { Remove(queue, Until::kStopped); });
  base::MutexLock lock(&mutex_);
  scheduled_ = false;
  ScheduleLocked();
}

void Deletions::Finish(io::Queue* queue) { Remove(queue, Until::kDone); }

void Deletions::Remove(io::Queue* queue, Until until) {
  std::vector<uint64_t> segments;
  {
    base::MutexLock lock(&mutex_);
    segments = forgotten_;
  }
  // What cannot be deleted now is deleted by a later run, or at the next open.
  if (env_.store->PromiseLatest(queue).ok()) {
    Delete(segments, until);
    if (!orphans_gone_) orphans_gone_ = DeleteOrphans(until);
  } else {
    env_.errors->EnterForSticky(env_.store->status());
  }
}

void Deletions::Delete(const std::vector<uint64_t>& segments, Until until) {
  env_.keeper->DropSegments(segments);
  {
    base::MutexLock lock(&mutex_);
    Subtract(segments, &forgotten_);
  }
  if (until == Until::kStopped && ShouldStop()) return;  // Finish does the rest
  env_.runtime->epochs()->Collect();                     // readers' last holds of versions
  for (const uint64_t number : env_.store->TakeObsoleteTables()) {
    UnlinkTable(number);
  }
}

// False when some are left.
bool Deletions::DeleteOrphans(Until until) {
  const auto names = env_.directory->List();
  if (!names.ok()) return false;
  for (const std::string& orphan : env_.store->OrphanFiles(*names)) {
    if (until == Until::kStopped && ShouldStop()) return false;
    (void)env_.directory->Unlink(orphan);  // the next open tries again
  }
  return true;
}

void Deletions::UnlinkTable(uint64_t number) {
  (void)base::Contain(
      [&] { return env_.directory->Unlink(base::MakeFileName(base::FileKind::kTable, number)); });
}

}  // namespace treering::db
