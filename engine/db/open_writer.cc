#include "engine/db/open_writer.h"

#include <algorithm>
#include <memory>
#include <utility>
#include <vector>

#include "engine/base/contain.h"
#include "engine/base/file_names.h"
#include "engine/base/thread.h"
#include "engine/db/directory_check.h"
#include "engine/db/lock_file.h"
#include "engine/db/table_replay.h"
#include "engine/wal/tail.h"

namespace treering::db {
namespace {

using manifest::ManifestState;
using manifest::ManifestStore;
using manifest::VersionEdit;

class WriterOpening {
 public:
  explicit WriterOpening(Opening* opening) : opening_(opening), parts_(opening->parts()) {}

  Status Run() {
    auto claim = runtime::OpenRegistry::Claim(parts_->directory->device(),
                                              parts_->directory->inode(), opening_->path());
    if (!claim.ok()) return claim.status();
    parts_->claim = *std::move(claim);
    auto lock = LockDirectory(parts_->directory.get(), opening_->queue(), true);
    if (!lock.ok()) return lock.status();
    parts_->lock = *std::move(lock);
    if (Status status = OpenStore(); !status.ok()) return status;
    const ManifestState state = parts_->store->state();
    opening_->MakeReadParts(state);
    parts_->generation = state.generation + 1;
    MakeJobEnv();
    if (Status status = CheckTablesExist(*state.version); !status.ok()) return status;

    VersionEdit edit;
    const Status status = base::Contain([&] {
      if (Status recovered = Recover(state, &edit); !recovered.ok()) return recovered;
      if (Status prepared = PrepareLog(state, &edit); !prepared.ok()) return prepared;
      return Settle(edit);
    });
    if (!status.ok()) {
      RemoveWhatWasMade();
      return status;
    }
    if (Status started = StartLog(edit); !started.ok()) return started;
    MakeWriteParts(*edit.last_sequence);
    return Status::Ok();
  }

 private:
  Status OpenStore() {
    auto store = ManifestStore::Open(parts_->directory.get(), opening_->queue(),
                                     opening_->StoreOptions(), ManifestStore::Access::kReadWrite);
    if (store.ok()) {
      if (opening_->options().error_if_exists) {
        return Status::InvalidArgument("a database exists at " + opening_->path() +
                                       " and error_if_exists is set");
      }
      parts_->store = *std::move(store);
      return Status::Ok();
    }
    if (!store.status().IsNotFound()) return store.status();
    if (!opening_->options().create_if_missing) return NotThere(opening_->path());
    VersionEdit first;
    first.database_id = base::Id128{base::EntropyU64(), base::EntropyU64()};
    first.comparator = std::string(opening_->options().comparator->Name());
    first.generation = 1;
    auto created = ManifestStore::Create(parts_->directory.get(), opening_->queue(),
                                         opening_->StoreOptions(), first);
    if (!created.ok()) return created.status();
    parts_->store = *std::move(created);
    is_new_ = true;
    return Status::Ok();
  }

  // Before anything is written or deleted: with a table gone, what is left must stay as it is.
  Status CheckTablesExist(const manifest::Version& version) {
    auto names = parts_->directory->List();
    if (!names.ok()) return names.status();
    for (uint32_t level = 0; level < manifest::Version::level_count(); ++level) {
      for (const manifest::TableRef& table : version.tables(level)) {
        const std::string name = base::MakeFileName(base::FileKind::kTable, table->meta.number);
        if (std::binary_search(names->begin(), names->end(), name)) continue;
        return Status::Corruption(opening_->path() + "/" + name +
                                  ": the manifest names this table, and it is missing");
      }
    }
    return Status::Ok();
  }

  // A number for a file that nothing names before Settle.
  Result<uint64_t> NewFileNumber(io::Queue* queue) {
    auto number = parts_->store->NewFileNumber(queue);
    if (number.ok()) {
      base::MutexLock lock(&made_mutex_);
      made_.push_back(*number);
    }
    return number;
  }

  // After an error before Settle, or one of Settle that left everything as it was. Otherwise the
  // manifest may name them.
  void RemoveWhatWasMade() {
    if (!parts_->store->status().ok()) return;
    base::MutexLock lock(&made_mutex_);
    for (const uint64_t number : made_) {
      for (const auto kind : {base::FileKind::kTable, base::FileKind::kSegment}) {
        // Most were never made under both names; what stays is an orphan for the next open.
        (void)parts_->directory->Unlink(base::MakeFileName(kind, number));
      }
    }
  }

  // What recovery found and what the new generation needs, in one durable step.
  Status Settle(const VersionEdit& edit) {
    return is_new_ ? parts_->store->Commit(opening_->queue(), edit)
                   : parts_->store->BeginGeneration(opening_->queue(), edit);
  }

  void MakeJobEnv() {
    job_.directory = parts_->directory.get();
    job_.buffers = parts_->runtime->buffers();
    job_.order = parts_->order;
    job_.database_id = parts_->database_id;
    job_.block_bytes = opening_->options().block_bytes;
    job_.bloom_bits_per_key = opening_->options().bloom_bits_per_key;
    job_.read_ahead_bytes =
        std::clamp<uint64_t>(parts_->options.memory_budget / 16, 1u << 20, 6u << 20);
    job_.new_file_number = [store = parts_->store.get()](io::Queue* q) {
      return store->NewFileNumber(q);
    };
  }

  // What log and tail hold goes to synced level-0 tables.
  Status Recover(const ManifestState& state, VersionEdit* edit) {
    // It waits for tables while reads of the log are in flight: each on a queue of its own.
    auto wait_queue = parts_->runtime->LeaseSharedQueue();
    if (!wait_queue.ok()) return wait_queue.status();
    compaction::JobEnv job = job_;
    job.new_file_number = [this](io::Queue* q) { return NewFileNumber(q); };
    TableReplay replay(parts_->runtime.get(), &job, parts_->options.memtable_bytes,
                       wait_queue->queue());
    auto recovered = wal::RecoverLog(
        parts_->directory.get(), opening_->queue(), opening_->RecoveryOptionsFor(state),
        [&](const wal::GroupHeader& h, const Slice& p) { return replay.Add(h, p); });
    if (!recovered.ok()) return recovered.status();
    auto tables = replay.Finish();
    if (!tables.ok()) return tables.status();
    opening_->NoteRecovery(*recovered);
    edit->generation = parts_->generation;
    edit->added_tables = *std::move(tables);
    edit->last_sequence = std::max(recovered->last_sequence, state.last_sequence);
    edit->replay_start = manifest::ReplayStart{recovered->next_lsn, 0, *edit->last_sequence, 0, 0};
    unused_ = recovered->unused_segments;
    return Status::Ok();
  }

  // The first segment and the tail of the new generation, for the edit to name.
  Status PrepareLog(const ManifestState& state, VersionEdit* edit) {
    if (opening_->log_mode() == LogMode::kOff) unused_.clear();
    for (const manifest::SegmentMeta& segment : state.segments) {
      const bool is_unused =
          std::any_of(unused_.begin(), unused_.end(),
                      [&](const wal::SegmentInfo& info) { return info.number == segment.number; });
      if (!is_unused) edit->forgotten_segments.push_back(segment.number);
    }
    edit->tail = manifest::TailState{};
    if (opening_->log_mode() == LogMode::kOff) return Status::Ok();
    for (const wal::SegmentInfo& info : unused_) {
      auto segment = wal::OpenSegment(parts_->directory.get(), parts_->runtime->clock(), info,
                                      Opening::kLockWaitNanos);
      if (!segment.ok()) return segment.status();
      segments_.push_back(*std::move(segment));
    }
    if (segments_.empty()) {
      auto number = NewFileNumber(opening_->queue());
      if (!number.ok()) return number.status();
      auto segment =
          wal::CreateSegment(parts_->directory.get(), opening_->queue(), parts_->runtime->buffers(),
                             *number, parts_->runtime->tuning()->first_segment_bytes);
      if (!segment.ok()) return segment.status();
      edit->registered_segments.push_back({(*segment)->info.number, (*segment)->info.blocks});
      segments_.push_back(*std::move(segment));
    }
    if (opening_->log_mode() != LogMode::kTail) return Status::Ok();
    const manifest::TailState wanted{manifest::TailMode::kMapped,
                                     parts_->runtime->tuning()->tail_bytes};
    edit->tail = wanted;
    // A tail of another capacity holds what was recovered until the new generation is durable.
    remake_tail_ = state.tail.mode == manifest::TailMode::kMapped && state.tail != wanted;
    return state.tail.mode == manifest::TailMode::kMapped ? Status::Ok() : CreateTail();
  }

  Status CreateTail() {
    return wal::CreateTailFile(parts_->directory.get(), opening_->queue(),
                               parts_->runtime->buffers(), parts_->runtime->clock(),
                               parts_->runtime->tuning()->tail_bytes, Opening::kLockWaitNanos);
  }

  // After the generation is durable in the manifest.
  Status StartLog(const VersionEdit& edit) {
    if (opening_->log_mode() == LogMode::kOff) return Status::Ok();
    wal::LogOptions options;
    options.database_id = parts_->database_id;
    options.generation = parts_->generation;
    options.start = {edit.replay_start->lsn, 0, *edit.last_sequence, 0, 0};
    options.buffers = parts_->runtime->buffers();
    options.clock = parts_->runtime->clock();
    options.on_error = [errors = &parts_->errors](const Status& error) {
      errors->EnterForSticky(error);
    };
    if (opening_->log_mode() == LogMode::kTail) {
      if (remake_tail_) {
        if (Status status = CreateTail(); !status.ok()) return status;
      }
      auto tail = wal::Tail::Start(parts_->directory.get(), parts_->database_id, parts_->generation,
                                   parts_->runtime->tuning()->tail_bytes);
      if (!tail.ok()) return tail.status();
      options.tail = *std::move(tail);
    }
    parts_->log = std::make_unique<wal::Log>(std::move(options));
    for (std::shared_ptr<wal::Segment>& segment : segments_)
      parts_->log->AddPrepared(std::move(segment));
    return Status::Ok();
  }

  void MakeWriteParts(key::Sequence last_sequence) {
    DbParts* const parts = parts_;
    runtime::RuntimeCore* const runtime = parts->runtime.get();
    parts->memtables = std::make_unique<MemtableList>(
        parts->order, runtime->buffers()->AsBlockSource(base::MemoryClass::kMemtable),
        parts->supers.get(), parts->store->current());
    parts->keeper = std::make_unique<LogKeeper>(runtime, parts->directory.get(), parts->store.get(),
                                                parts->log.get(), &parts->errors);
    BackgroundEnv background;
    background.runtime = runtime;
    background.directory = parts->directory.get();
    background.store = parts->store.get();
    background.log = parts->log.get();
    background.keeper = parts->keeper.get();
    background.memtables = parts->memtables.get();
    background.tables = parts->tables.get();
    background.snapshots = parts->snapshots.get();
    background.errors = &parts->errors;
    background.stalls = &parts->stalls;
    background.options = &parts->options;
    background.job = job_;
    background.wait_visible = [parts](key::Sequence s) { return parts->pipeline->WaitVisible(s); };
    parts->background = std::make_unique<Background>(std::move(background));

    CommitEnv commit;
    commit.runtime = runtime;
    commit.log = parts->log.get();
    commit.keeper = parts->keeper.get();
    commit.memtables = parts->memtables.get();
    commit.errors = &parts->errors;
    commit.stalls = &parts->stalls;
    commit.memtable_bytes = parts->options.memtable_bytes;
    commit.throttle = [parts](uint64_t bytes) { parts->background->Throttle(bytes); };
    commit.flush_soon = [parts] { parts->background->Schedule(); };
    commit.wait_for_flush = [parts] { return parts->background->WaitForFlush(); };
    parts->pipeline = std::make_unique<CommitPipeline>(std::move(commit), last_sequence);
    opening_->MakeReadPath();
    parts->keeper->SetTick([parts](uint64_t now) { return parts->background->Tick(now); });
    parts->keeper->Start();
    parts->background->Schedule();
    parts->background->DeleteSoon();
  }

  Opening* const opening_;
  DbParts* const parts_;
  bool is_new_ = false;
  bool remake_tail_ = false;
  compaction::JobEnv job_;
  base::Mutex made_mutex_;
  std::vector<uint64_t> made_;  // file numbers handed out since the open began
  std::vector<wal::SegmentInfo> unused_;
  std::vector<std::shared_ptr<wal::Segment>> segments_;
};

}  // namespace

Status OpenForWriting(Opening* opening) { return WriterOpening(opening).Run(); }

}  // namespace treering::db
