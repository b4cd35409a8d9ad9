#include "engine/db/open_database.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "engine/base/file_names.h"
#include "engine/base/thread.h"
#include "engine/db/lock_file.h"
#include "engine/db/table_replay.h"
#include "engine/db/view_replay.h"
#include "engine/manifest/current.h"
#include "engine/table/filter_format.h"
#include "engine/wal/recovery.h"
#include "engine/wal/tail.h"

namespace treering::db {
namespace {

using manifest::ManifestState;
using manifest::ManifestStore;
using manifest::VersionEdit;

// How long an open waits for the last writes of a dead process.
constexpr uint64_t kLockWaitNanos = 10'000'000'000;
// How often a read-only open starts anew when files vanish under it.
constexpr int kViewAttemptsMax = 8;

Status NotThere(const std::string& path) {
  return Status::NotFound("no database at " + path +
                          "; check the path, or set create_if_missing to make one there");
}

bool IsOurName(const std::string& name) {
  return base::ParseFileName(name).kind != base::FileKind::kUnknown ||
         name == manifest::kCurrentTemporaryName;
}

// Whether `names` may be opened, or a database made among them.
Status CheckDirectory(const std::string& path, const std::vector<std::string>& names, bool create) {
  if (manifest::LooksLikeOurs(names)) return Status::Ok();
  const std::string_view foreign = manifest::RecogniseForeign(names);
  if (!foreign.empty()) {
    return Status::InvalidArgument(
        path + " holds a " + std::string(foreign) +
        " database, not one of treering's; dump it with its own tools and load the "
        "dump with 'kvctl load' into a new directory");
  }
  for (const std::string& name : names) {
    // A creation or a destruction that was cut short may leave any of ours.
    if (IsOurName(name)) continue;
    return Status::InvalidArgument(path + " holds files that are not treering's, such as '" + name +
                                   "'; name an empty or a new directory");
  }
  return create ? Status::Ok() : NotThere(path);
}

class Opener {
 public:
  Opener(std::shared_ptr<runtime::RuntimeCore> runtime, const Options& options,
         const std::string& path)
      : options_(options), path_(path) {
    parts_->runtime = std::move(runtime);
  }

  Result<std::unique_ptr<DbParts>> Run() {
    const uint64_t started = parts_->runtime->clock()->NowNanos();
    if (Status status = Begin(); !status.ok()) return status;
    const Status status = options_.read_only ? OpenView() : OpenForWriting();
    if (!status.ok()) return status;
    parts_->recovery.nanos = parts_->runtime->clock()->NowNanos() - started;
    return std::move(parts_);
  }

 private:
  // Options, directory, and what is in it.
  Status Begin() {
    if (Status status = parts_->runtime->CheckProcess(); !status.ok()) return status;
    auto options = ResolveOptions(options_, parts_->runtime->budget()->limit());
    if (!options.ok()) return options.status();
    parts_->options = *std::move(options);
    parts_->order = key::KeyOrder(options_.comparator);
    auto lease = parts_->runtime->LeaseQueue();
    if (!lease.ok()) return lease.status();
    lease_ = *std::move(lease);

    auto directory = parts_->runtime->disk()->OpenDirectory(path_, options_.create_if_missing);
    if (!directory.ok()) {
      // Where it was to be made, what is missing is its parent.
      const bool not_there = directory.status().IsNotFound() && !options_.create_if_missing;
      return not_there ? NotThere(path_) : directory.status();
    }
    parts_->directory = *std::move(directory);
    ChooseLogMode();
    auto names = parts_->directory->List();
    if (!names.ok()) return names.status();
    return CheckDirectory(path_, *names, options_.create_if_missing);
  }

  // From here on kAuto is what it stands for: in stats too.
  void ChooseLogMode() {
    LogMode* const mode = &parts_->options.user.log;
    if (*mode != LogMode::kAuto) return;
    *mode = parts_->directory->KeepsMappings() ? LogMode::kTail : LogMode::kWrite;
    if (*mode == LogMode::kTail || options_.read_only) return;
    parts_->runtime->Log(path_ +
                         ": the file system is none of those whose mapped files are known to stay; "
                         "each commit group is one write to the log (log = kWrite; kTail insists)");
  }
  LogMode log_mode() const { return parts_->options.user.log; }

  io::Queue* queue() const { return lease_.queue(); }

  ManifestStore::Options StoreOptions() const {
    ManifestStore::Options options(parts_->order, parts_->runtime->buffers());
    options.lock_wait_nanos = kLockWaitNanos;
    options.manifest_bytes = parts_->runtime->tuning()->manifest_bytes;
    return options;
  }

  wal::RecoveryOptions RecoveryOptionsFor(const ManifestState& state) const {
    wal::RecoveryOptions options;
    options.database_id = state.database_id;
    options.generation = state.generation;
    options.start = {state.replay_start.lsn, state.replay_start.previous_sum,
                     state.replay_start.sequence, state.replay_start.segment,
                     state.replay_start.block_index};
    for (const manifest::SegmentMeta& segment : state.segments) {
      options.segments.push_back({segment.number, segment.blocks});
    }
    options.tail_capacity =
        state.tail.mode == manifest::TailMode::kMapped ? state.tail.capacity_bytes : 0;
    options.lock_wait_nanos = kLockWaitNanos;
    options.read_only = options_.read_only;
    options.buffers = parts_->runtime->buffers();
    options.clock = parts_->runtime->clock();
    return options;
  }

  void NoteRecovery(const wal::RecoveryResult& result) {
    RecoveryStats& stats = parts_->recovery;
    stats.groups_from_log = result.groups_from_log;
    stats.groups_from_tail = result.groups_from_tail;
    stats.payload_bytes = result.payload_bytes;
    stats.bytes_cut = result.bytes_cut;
    stats.clean_close = result.clean_close;
    stats.manifest_bytes_cut = parts_->store->bytes_cut();
  }

  // The parts that depend on nothing but the manifest's state.
  void MakeReadParts(const ManifestState& state) {
    parts_->database_id = state.database_id;
    table::TableEnv env;
    env.cache = parts_->runtime->cache();
    env.fetcher = parts_->runtime->fetcher();
    env.buffers = parts_->runtime->buffers();
    env.budget = parts_->runtime->budget();
    env.order = parts_->order;
    env.database_id = state.database_id;
    env.read_only = options_.read_only;
    parts_->tables = std::make_unique<TableSet>(parts_->directory.get(), env);
    parts_->supers = std::make_unique<SuperVersionHolder>(parts_->runtime->epochs());
  }

  void MakeReadPath() {
    ReadEnv env;
    env.runtime = parts_->runtime;
    env.supers = parts_->supers.get();
    env.tables = parts_->tables.get();
    env.visible = &parts_->visible();
    env.filter_seed = table::FilterSeed(parts_->database_id);
    parts_->reads = std::make_unique<ReadPath>(std::move(env));
  }

  // --- A fixed view, beside a writer or alone ---

  Status OpenView() {
    Status status;
    for (int attempt = 0; attempt < kViewAttemptsMax; ++attempt) {
      status = TryView();
      if (!status.IsAborted()) return status;
      parts_->supers.reset();
      parts_->tables.reset();
      parts_->store.reset();
      base::SleepNanos(uint64_t{1'000'000} << attempt);
    }
    return Status::Aborted("the view of " + path_ +
                           " is too old: a writer replaced its files again and again; " +
                           "try once more (" + std::string(status.message()) + ")");
  }

  Status TryView() {
    auto store = ManifestStore::Open(parts_->directory.get(), queue(), StoreOptions(),
                                     ManifestStore::Access::kReadOnly);
    if (!store.ok()) return store.status().IsNotFound() ? NotThere(path_) : store.status();
    parts_->store = *std::move(store);
    const ManifestState state = parts_->store->state();
    MakeReadParts(state);
    // Before the log, which takes time: a writer may unlink them once they are open.
    if (Status status = OpenAllTables(state); !status.ok()) return status;
    ViewReplay replay(parts_->order,
                      parts_->runtime->buffers()->AsBlockSource(base::MemoryClass::kMemtable));
    const auto recovered = wal::RecoverLog(
        parts_->directory.get(), queue(), RecoveryOptionsFor(state),
        [&](const wal::GroupHeader& h, const Slice& p) { return replay.Add(h, p); });
    // What looks damaged may only have been replaced meanwhile.
    if (recovered.ok() || recovered.status().IsCorruption()) {
      if (Status status = CheckUnchanged(state); !status.ok()) return status;
    }
    if (!recovered.ok()) return recovered.status();
    NoteRecovery(*recovered);
    parts_->generation = state.generation;
    parts_->fixed_visible = std::max(recovered->last_sequence, state.last_sequence);
    auto super = std::make_shared<SuperVersion>();
    super->active = replay.memtable();
    super->version = state.version;
    parts_->supers->Install(std::move(super));
    MakeReadPath();
    return Status::Ok();
  }

  Result<ManifestState> ReadStateAgain() {
    auto again = ManifestStore::Open(parts_->directory.get(), queue(), StoreOptions(),
                                     ManifestStore::Access::kReadOnly);
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
        const Status opened = parts_->tables->Open(*table, queue()).status();
        if (opened.ok()) continue;
        if (Status status = JudgeUnopened(*table, opened); !status.ok()) return status;
      }
    }
    return Status::Ok();
  }

  // --- For writing ---

  Status OpenForWriting() {
    auto claim = runtime::OpenRegistry::Claim(parts_->directory->device(),
                                              parts_->directory->inode(), path_);
    if (!claim.ok()) return claim.status();
    parts_->claim = *std::move(claim);
    auto lock = LockDirectory(parts_->directory.get(), queue(), true);
    if (!lock.ok()) return lock.status();
    parts_->lock = *std::move(lock);
    if (Status status = OpenStore(); !status.ok()) return status;
    const ManifestState state = parts_->store->state();
    MakeReadParts(state);
    parts_->generation = state.generation + 1;
    MakeJobEnv();
    if (Status status = CheckTablesExist(*state.version); !status.ok()) return status;

    VersionEdit edit;
    Status status = Recover(state, &edit);
    if (status.ok()) status = PrepareLog(state, &edit);
    if (status.ok()) status = Settle(edit);
    if (!status.ok()) {
      RemoveWhatWasMade();
      return status;
    }
    if (Status started = StartLog(edit); !started.ok()) return started;
    MakeWriteParts(*edit.last_sequence);
    return Status::Ok();
  }

  Status OpenStore() {
    auto store = ManifestStore::Open(parts_->directory.get(), queue(), StoreOptions(),
                                     ManifestStore::Access::kReadWrite);
    if (store.ok()) {
      if (options_.error_if_exists) {
        return Status::InvalidArgument("a database exists at " + path_ +
                                       " and error_if_exists is set");
      }
      parts_->store = *std::move(store);
      return Status::Ok();
    }
    if (!store.status().IsNotFound()) return store.status();
    if (!options_.create_if_missing) return NotThere(path_);
    VersionEdit first;
    first.database_id = base::Id128{base::EntropyU64(), base::EntropyU64()};
    first.comparator = std::string(options_.comparator->Name());
    first.generation = 1;
    auto created = ManifestStore::Create(parts_->directory.get(), queue(), StoreOptions(), first);
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
        return Status::Corruption(path_ + "/" + name +
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
    return is_new_ ? parts_->store->Commit(queue(), edit)
                   : parts_->store->BeginGeneration(queue(), edit);
  }

  void MakeJobEnv() {
    job_.directory = parts_->directory.get();
    job_.buffers = parts_->runtime->buffers();
    job_.order = parts_->order;
    job_.database_id = parts_->database_id;
    job_.block_bytes = options_.block_bytes;
    job_.bloom_bits_per_key = options_.bloom_bits_per_key;
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
        parts_->directory.get(), queue(), RecoveryOptionsFor(state),
        [&](const wal::GroupHeader& h, const Slice& p) { return replay.Add(h, p); });
    if (!recovered.ok()) return recovered.status();
    auto tables = replay.Finish();
    if (!tables.ok()) return tables.status();
    NoteRecovery(*recovered);
    edit->generation = parts_->generation;
    edit->added_tables = *std::move(tables);
    edit->last_sequence = std::max(recovered->last_sequence, state.last_sequence);
    edit->replay_start = manifest::ReplayStart{recovered->next_lsn, 0, *edit->last_sequence, 0, 0};
    unused_ = recovered->unused_segments;
    return Status::Ok();
  }

  // The first segment and the tail of the new generation, for the edit to name.
  Status PrepareLog(const ManifestState& state, VersionEdit* edit) {
    if (log_mode() == LogMode::kOff) unused_.clear();
    for (const manifest::SegmentMeta& segment : state.segments) {
      const bool is_unused =
          std::any_of(unused_.begin(), unused_.end(),
                      [&](const wal::SegmentInfo& info) { return info.number == segment.number; });
      if (!is_unused) edit->forgotten_segments.push_back(segment.number);
    }
    edit->tail = manifest::TailState{};
    if (log_mode() == LogMode::kOff) return Status::Ok();
    for (const wal::SegmentInfo& info : unused_) {
      auto segment =
          wal::OpenSegment(parts_->directory.get(), parts_->runtime->clock(), info, kLockWaitNanos);
      if (!segment.ok()) return segment.status();
      segments_.push_back(*std::move(segment));
    }
    if (segments_.empty()) {
      auto number = NewFileNumber(queue());
      if (!number.ok()) return number.status();
      auto segment =
          wal::CreateSegment(parts_->directory.get(), queue(), parts_->runtime->buffers(), *number,
                             parts_->runtime->tuning()->first_segment_bytes);
      if (!segment.ok()) return segment.status();
      edit->registered_segments.push_back({(*segment)->info.number, (*segment)->info.blocks});
      segments_.push_back(*std::move(segment));
    }
    if (log_mode() != LogMode::kTail) return Status::Ok();
    const manifest::TailState wanted{manifest::TailMode::kMapped,
                                     parts_->runtime->tuning()->tail_bytes};
    edit->tail = wanted;
    // A tail of another capacity holds what was recovered until the new generation is durable.
    remake_tail_ = state.tail.mode == manifest::TailMode::kMapped && state.tail != wanted;
    return state.tail.mode == manifest::TailMode::kMapped ? Status::Ok() : CreateTail();
  }

  Status CreateTail() {
    return wal::CreateTailFile(parts_->directory.get(), queue(), parts_->runtime->buffers(),
                               parts_->runtime->tuning()->tail_bytes);
  }

  // After the generation is durable in the manifest.
  Status StartLog(const VersionEdit& edit) {
    if (log_mode() == LogMode::kOff) return Status::Ok();
    wal::LogOptions options;
    options.database_id = parts_->database_id;
    options.generation = parts_->generation;
    options.start = {edit.replay_start->lsn, 0, *edit.last_sequence, 0, 0};
    options.buffers = parts_->runtime->buffers();
    options.clock = parts_->runtime->clock();
    if (log_mode() == LogMode::kTail) {
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
    DbParts* const parts = parts_.get();
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
    MakeReadPath();
    parts->keeper->SetTick([parts](uint64_t now) { return parts->background->Tick(now); });
    parts->keeper->Start();
    parts->background->Schedule();
    parts->background->DeleteSoon();
  }

  const Options options_;
  const std::string path_;
  std::unique_ptr<DbParts> parts_ = std::make_unique<DbParts>();
  runtime::QueueLease lease_;
  bool is_new_ = false;
  bool remake_tail_ = false;
  compaction::JobEnv job_;
  base::Mutex made_mutex_;
  std::vector<uint64_t> made_;  // file numbers handed out since the open began
  std::vector<wal::SegmentInfo> unused_;
  std::vector<std::shared_ptr<wal::Segment>> segments_;
};

}  // namespace

Result<std::unique_ptr<DbParts>> OpenDatabase(std::shared_ptr<runtime::RuntimeCore> runtime,
                                              const Options& options, const std::string& path) {
  return Opener(std::move(runtime), options, path).Run();
}

namespace {

// In which order a database's files go, each group durably before the next: without CURRENT there
// is no database; a manifest, then the lock, says whose the rest is.
int DestroyRank(const std::string& name) {
  switch (base::ParseFileName(name).kind) {
    case base::FileKind::kCurrent:
      return 0;
    case base::FileKind::kManifest:
      return 2;
    case base::FileKind::kLock:
      return 3;
    default:
      return 1;
  }
}
constexpr int kDestroyRanks = 4;

Status DestroyFiles(io::Directory* directory, const std::vector<std::string>& names) {
  for (int rank = 0; rank < kDestroyRanks; ++rank) {
    Status first_error;
    bool any = false;
    for (const std::string& name : names) {
      if (!IsOurName(name) || DestroyRank(name) != rank) continue;
      any = true;
      const Status status = directory->Unlink(name);
      if (first_error.ok()) first_error = status;
    }
    if (first_error.ok() && any) first_error = directory->Sync();
    if (!first_error.ok()) return first_error;
  }
  return Status::Ok();
}

// Whether a directory holds a database or what is left of one. Tables, or a lock beside them, do
// not say so: other engines use the same names.
bool HoldsOurs(const std::vector<std::string>& names) {
  if (manifest::LooksLikeOurs(names)) return true;
  if (names.size() == 1 && base::ParseFileName(names[0]).kind == base::FileKind::kLock) return true;
  return std::any_of(names.begin(), names.end(), [](const std::string& name) {
    const base::FileKind kind = base::ParseFileName(name).kind;
    return kind == base::FileKind::kSegment || kind == base::FileKind::kTail ||
           name == manifest::kCurrentTemporaryName;
  });
}

}  // namespace

Status DestroyDatabase(runtime::RuntimeCore* runtime, const std::string& path) {
  if (Status status = runtime->CheckProcess(); !status.ok()) return status;
  auto opened = runtime->disk()->OpenDirectory(path, false);
  if (!opened.ok()) return opened.status().IsNotFound() ? Status::Ok() : opened.status();
  const std::unique_ptr<io::Directory> directory = *std::move(opened);
  auto names = directory->List();
  if (!names.ok()) return names.status();
  if (Status status = CheckDirectory(path, *names, true); !status.ok()) return status;
  if (!HoldsOurs(*names)) return Status::Ok();
  auto claim = runtime::OpenRegistry::Claim(directory->device(), directory->inode(), path);
  if (!claim.ok()) return claim.status();
  auto lease = runtime->LeaseQueue();
  if (!lease.ok()) return lease.status();
  auto lock = LockDirectory(directory.get(), lease->queue(), true);
  if (!lock.ok()) return lock.status();
  names = directory->List();  // with the lock that may just have been made
  if (!names.ok()) return names.status();
  if (Status status = DestroyFiles(directory.get(), *names); !status.ok()) return status;
  (void)runtime->disk()->RemoveDirectory(path);  // other people's files may be in it
  return Status::Ok();
}

}  // namespace treering::db
