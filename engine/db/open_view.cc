#include "engine/db/open_view.h"

#include <algorithm>
#include <string>
#include <utility>

#include "engine/base/thread.h"
#include "engine/db/directory_check.h"
#include "engine/db/view_replay.h"

namespace treering::db {
namespace {

using manifest::ManifestState;
using manifest::ManifestStore;

// How often it starts anew when files vanish under it.
constexpr int kViewAttemptsMax = 8;

class ViewOpening {
 public:
  explicit ViewOpening(Opening* opening) : opening_(opening), parts_(opening->parts()) {}

  Status Run() {
    Status status;
    for (int attempt = 0; attempt < kViewAttemptsMax; ++attempt) {
      status = TryView();
      if (!status.IsAborted()) return status;
      parts_->supers.reset();
      parts_->tables.reset();
      parts_->store.reset();
      base::SleepNanos(uint64_t{1'000'000} << attempt);
    }
    return Status::Aborted("the view of " + opening_->path() +
                           " is too old: a writer replaced its files again and again; " +
                           "try once more (" + std::string(status.message()) + ")");
  }

 private:
  Status TryView() {
    auto store = ManifestStore::Open(parts_->directory.get(), opening_->queue(),
                                     opening_->StoreOptions(), ManifestStore::Access::kReadOnly);
    if (!store.ok())
      return store.status().IsNotFound() ? NotThere(opening_->path()) : store.status();
    parts_->store = *std::move(store);
    const ManifestState state = parts_->store->state();
    opening_->MakeReadParts(state);
    // Before the log, which takes time: a writer may unlink them once they are open.
    if (Status status = OpenAllTables(state); !status.ok()) return status;
    ViewReplay replay(parts_->order,
                      parts_->runtime->buffers()->AsBlockSource(base::MemoryClass::kIterator));
    const auto recovered = wal::RecoverLog(
        parts_->directory.get(), opening_->queue(), opening_->RecoveryOptionsFor(state),
        [&](const wal::GroupHeader& h, const Slice& p) { return replay.Add(h, p); });
    // What looks damaged may only have been replaced meanwhile.
    if (recovered.ok() || recovered.status().IsCorruption()) {
      if (Status status = CheckUnchanged(state); !status.ok()) return status;
    }
    if (!recovered.ok()) return recovered.status();
    opening_->NoteRecovery(*recovered);
    parts_->generation = state.generation;
    parts_->fixed_visible = std::max(recovered->last_sequence, state.last_sequence);
    auto super = std::make_shared<SuperVersion>();
    super->active = replay.memtable();
    super->version = state.version;
    parts_->supers->Install(std::move(super));
    opening_->MakeReadPath();
    return Status::Ok();
  }

  Result<ManifestState> ReadStateAgain() {
    auto again = ManifestStore::Open(parts_->directory.get(), opening_->queue(),
                                     opening_->StoreOptions(), ManifestStore::Access::kReadOnly);
    if (!again.ok()) return again.status();
    return (*again)->state();
  }

  // The log that was read belongs to the manifest that was read.
  Status CheckUnchanged(const ManifestState& before) {
    const auto after = ReadStateAgain();
    if (!after.ok()) return after.status();
    if (after->generation == before.generation && after->segments == before.segments &&
        after->replay_start == before.replay_start) {
      return Status::Ok();
    }
    return Status::Aborted("a writer moved on meanwhile");
  }

  // Of a table that cannot be opened: OK when that is this table's damage, which its reads will
  // tell of while the others are served; Aborted when a writer has compacted it away.
  Status JudgeUnopened(const manifest::LiveTable& table, const Status& why) {
    const bool its_own = why.IsCorruption() || why.IsNotSupported() ||
                         (why.IsIoError() && parts_->tables->OpenFile(table).ok());
    if (!its_own) return why;
    const auto now = ReadStateAgain();
    if (!now.ok()) return now.status();
    for (uint32_t level = 0; level < manifest::Version::level_count(); ++level) {
      for (const manifest::TableRef& live : now->version->tables(level)) {
        if (live->meta.number == table.meta.number) return Status::Ok();
      }
    }
    return Status::Aborted("table " + std::to_string(table.meta.number) + " was compacted away");
  }

  Status OpenAllTables(const ManifestState& state) {
    for (uint32_t level = 0; level < manifest::Version::level_count(); ++level) {
      for (const manifest::TableRef& table : state.version->tables(level)) {
        const Status opened = parts_->tables->Open(*table, opening_->queue()).status();
        if (opened.ok()) continue;
        if (Status status = JudgeUnopened(*table, opened); !status.ok()) return status;
      }
    }
    return Status::Ok();
  }

  Opening* const opening_;
  DbParts* const parts_;
};

}  // namespace

Status OpenView(Opening* opening) { return ViewOpening(opening).Run(); }

}  // namespace treering::db
