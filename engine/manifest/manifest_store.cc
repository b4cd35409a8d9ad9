#include "engine/manifest/manifest_store.h"

#include <algorithm>
#include <iterator>
#include <optional>
#include <set>
#include <utility>

#include "engine/base/check.h"
#include "engine/base/file_names.h"
#include "engine/base/heap_wait.h"
#include "engine/base/limits.h"
#include "engine/base/thread.h"
#include "engine/manifest/manifest_files.h"

namespace treering::manifest {
namespace {

constexpr uint64_t kNumberChunk = 64;
// An edit that is written anyway raises the floor when so few numbers are left.
constexpr uint64_t kNumbersLow = 16;
constexpr int kReadOnlyAttempts = 10;
constexpr uint64_t kReadOnlyPauseNanos = 2'000'000;

}  // namespace

struct ManifestStore::Impl {
  Impl(io::Directory* where, const Options& with)
      : directory(where), options(with), files(where, with.buffers, with.manifest_bytes) {}

  // One change at a time, without holding the mutex over its I/O.
  class Turn {
   public:
    explicit Turn(Impl* impl) : impl_(impl) {
      base::MutexLock lock(&impl_->mutex);
      while (impl_->busy) impl_->turn_ended.Wait(&impl_->mutex);
      impl_->busy = true;
    }
    ~Turn() {
      base::MutexLock lock(&impl_->mutex);
      impl_->dead = impl_->files.dead();
      impl_->busy = false;
      impl_->turn_ended.NotifyOne();
    }

   private:
    Impl* const impl_;
  };

  struct RemovedTableFile {
    uint64_t number;
    std::weak_ptr<HandleSlot> held;
    uint64_t edit;
  };

  // In the caller's Turn, all of them.
  Status CheckWritable() const;
  Status Commit(io::Queue* queue, VersionEdit edit, const PublishHook& publish);
  Status Move(io::Queue* queue, const VersionEdit& edit, ManifestState next,
              const PublishHook& publish);
  void Publish(const VersionEdit& edit, ManifestState next, bool vouched,
               const PublishHook& publish);
  std::vector<RemovedTableFile> RemovedBy(const VersionEdit& edit, uint64_t edit_number) const;
  void Adopt(ManifestReplay::Outcome outcome, const std::vector<std::string>& names);

  io::Directory* const directory;
  const Options options;
  Access access = Access::kReadWrite;
  uint64_t blocks_cut = 0;

  ManifestFiles files;  // of the thread that has the turn

  mutable base::Mutex mutex;
  base::CondVar turn_ended;
  // Under the mutex. What only a turn changes, a turn may read without it.
  bool busy = false;
  bool in_use = false;  // created, or BeginGeneration done
  ManifestState state;
  Status dead;
  uint64_t manifest_number = 0;
  uint64_t keep_manifests_from = 0;
  uint64_t next_number = 1;    // to hand out
  uint64_t number_limit = 1;   // numbers below are recorded
  uint64_t foreign_limit = 1;  // numbers below were handed out or seen before this open
  std::vector<RemovedTableFile> removed;
  uint64_t last_edit = 0;
  uint64_t vouched_edit = 0;
};

Status ManifestStore::Impl::CheckWritable() const {
  if (access == Access::kReadOnly) return Status::ReadOnly("the database is open read-only");
  return files.dead();
}

Status ManifestStore::Impl::Commit(io::Queue* queue, VersionEdit edit, const PublishHook& publish) {
  TREERING_CHECK(in_use);
  TREERING_CHECK(edit.snapshot == SnapshotPart::kNone && !edit.sealed && !edit.database_id &&
                 !edit.comparator);
  {
    base::MutexLock lock(&mutex);
    if (next_number + kNumbersLow > number_limit) {
      const uint64_t floor = next_number + kNumberChunk;
      edit.next_file_number = std::max(edit.next_file_number.value_or(0), floor);
    }
  }
  auto next = state.Apply(edit);
  if (!next.ok()) return next.status();
  std::string body;
  if (Status s = EncodeEdit(edit, &body); !s.ok()) return s;
  Status status;
  switch (files.Append(queue, body, &status)) {
    case ManifestFiles::Appended::kDone:
      Publish(edit, std::move(next).value(), /*vouched=*/false, publish);
      return Status::Ok();
    case ManifestFiles::Appended::kNotWritten:
      return status;
    case ManifestFiles::Appended::kMoveOn:
      break;
  }
  return Move(queue, edit, std::move(next).value(), publish);
}

// Makes `next` durable as the beginning of a fresh manifest.
Status ManifestStore::Impl::Move(io::Queue* queue, const VersionEdit& edit, ManifestState next,
                                 const PublishHook& publish) {
  uint64_t number = 0;
  {
    base::MutexLock lock(&mutex);
    number = next_number++;
    next.next_file_number = std::max(next.next_file_number, next_number + kNumberChunk);
  }
  if (Status s = files.Move(queue, number, next); !s.ok()) return s;
  Publish(edit, std::move(next), /*vouched=*/true, publish);
  return Status::Ok();
}

// In a turn, which alone changes the version. Tables that only moved are not among them.
std::vector<ManifestStore::Impl::RemovedTableFile> ManifestStore::Impl::RemovedBy(
    const VersionEdit& edit, uint64_t edit_number) const {
  std::set<uint64_t> moved;
  for (const TableMeta& meta : edit.added_tables) moved.insert(meta.number);
  std::vector<RemovedTableFile> files;
  for (const RemovedTable& gone : edit.removed_tables) {
    if (moved.contains(gone.number)) continue;
    for (const TableRef& table : state.version->tables(gone.level)) {
      if (table->meta.number == gone.number)
        files.push_back({gone.number, table->slot, edit_number});
    }
  }
  return files;
}

void ManifestStore::Impl::Publish(const VersionEdit& edit, ManifestState next, bool vouched,
                                  const PublishHook& publish) {
  const std::shared_ptr<const Version> version = next.version;
  std::vector<RemovedTableFile> gone;
  // The edit is durable. Without memory its files stay until the next open.
  (void)base::UntilMemory([&] {
    gone = RemovedBy(edit, last_edit + 1);
    base::MutexLock lock(&mutex);
    removed.reserve(removed.size() + gone.size());
  });
  {
    base::MutexLock lock(&mutex);
    // An appended edit vouches for those before it, a fresh manifest for all.
    vouched_edit = vouched ? last_edit + 1 : last_edit;
    last_edit += 1;
    if (removed.size() + gone.size() <= removed.capacity()) {
      std::move(gone.begin(), gone.end(), std::back_inserter(removed));
    }
    in_use = true;
    number_limit = std::max(number_limit, next.next_file_number);
    manifest_number = files.manifest_number();
    keep_manifests_from = files.keep_from();
    std::swap(state, next);
  }
  // The version before may end here, and tables with it: not under the mutex.
  next = ManifestState();
  if (publish) publish(version);
}

void ManifestStore::Impl::Adopt(ManifestReplay::Outcome outcome,
                                const std::vector<std::string>& names) {
  base::MutexLock lock(&mutex);
  state = std::move(outcome.state);
  state.next_file_number = std::max(state.next_file_number, HighestNumber(names) + 1);
  next_number = state.next_file_number;
  number_limit = state.next_file_number;
  foreign_limit = state.next_file_number;
  blocks_cut = outcome.blocks_cut;
  manifest_number = files.manifest_number();
  keep_manifests_from = files.keep_from();
}

Result<std::unique_ptr<ManifestStore>> ManifestStore::Create(io::Directory* directory,
                                                             io::Queue* queue,
                                                             const Options& options,
                                                             const VersionEdit& first) {
  if (!first.database_id || !first.generation || !first.comparator ||
      *first.comparator != options.order.comparator()->Name()) {
    return Status::InvalidArgument(
        "a new manifest needs a database id, a generation and the name of its comparator");
  }
  const auto names = directory->List();
  if (!names.ok()) return names.status();
  if (!CreationNeverEnded(*names)) {
    return Status::InvalidArgument(directory->path() + " already holds a database");
  }
  for (const std::string& name : *names) {
    const bool manifest = base::ParseFileName(name).kind == base::FileKind::kManifest;
    if (!manifest && name != kCurrentTemporaryName) continue;
    if (Status s = directory->Unlink(name); !s.ok()) return s;
  }
  auto impl = std::make_unique<Impl>(directory, options);
  impl->state.version = Version::Empty(options.order);
  auto next = impl->state.Apply(first);
  if (!next.ok()) return next.status();
  {
    const Impl::Turn turn(impl.get());
    if (Status s = impl->Move(queue, first, std::move(next).value(), {}); !s.ok()) return s;
  }
  impl->foreign_limit = 2;  // a manifest that a creation before this one left
  return std::unique_ptr<ManifestStore>(new ManifestStore(std::move(impl)));
}

Result<std::unique_ptr<ManifestStore>> ManifestStore::Open(io::Directory* directory,
                                                           io::Queue* queue, const Options& options,
                                                           Access access) {
  auto impl = std::make_unique<Impl>(directory, options);
  impl->access = access;
  const bool read_only = access == Access::kReadOnly;
  if (!read_only) {
    // What is about to be trusted must not be lost again.
    if (Status s = directory->Sync(); !s.ok()) return s;
  }
  for (int attempt = 1;; ++attempt) {
    base::SchedPoint();
    const auto names = directory->List();
    if (!names.ok()) return names.status();
    auto read = read_only
                    ? impl->files.Read(queue, options.order, *names)
                    : impl->files.ReadLocked(queue, options.order, *names, options.lock_wait_nanos);
    if (read.ok()) {
      impl->Adopt(std::move(read).value(), *names);
      return std::unique_ptr<ManifestStore>(new ManifestStore(std::move(impl)));
    }
    const Status& status = read.status();
    if (!HasCurrent(*names)) return status;
    // Beside a writer, files come and go while they are read.
    if (read_only && attempt < kReadOnlyAttempts &&
        (status.IsNotFound() || status.IsCorruption())) {
      base::SleepNanos(kReadOnlyPauseNanos);
      continue;
    }
    if (!status.IsNotFound()) return status;
    const std::string message(status.message());
    if (read_only) return Status::Aborted("view too old: " + message);
    return Status::Corruption("a file that CURRENT leads to is missing: " + message);
  }
}

ManifestStore::ManifestStore(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

ManifestStore::~ManifestStore() { TREERING_CHECK(!impl_->busy); }

std::shared_ptr<const Version> ManifestStore::current() const {
  base::MutexLock lock(&impl_->mutex);
  return impl_->state.version;
}

ManifestState ManifestStore::state() const {
  base::MutexLock lock(&impl_->mutex);
  return impl_->state;
}

Status ManifestStore::status() const {
  base::MutexLock lock(&impl_->mutex);
  return impl_->dead;
}

uint64_t ManifestStore::bytes_cut() const { return impl_->blocks_cut * base::kPageBytes; }

uint64_t ManifestStore::manifest_number() const {
  base::MutexLock lock(&impl_->mutex);
  return impl_->manifest_number;
}

Status ManifestStore::BeginGeneration(io::Queue* queue, const VersionEdit& edit,
                                      const PublishHook& publish) {
  const Impl::Turn turn(impl_.get());
  if (Status s = impl_->CheckWritable(); !s.ok()) return s;
  TREERING_CHECK(!impl_->in_use);
  if (edit.generation.value_or(0) <= impl_->state.generation) {
    return Status::InvalidArgument("a new generation must be above " +
                                   std::to_string(impl_->state.generation));
  }
  auto next = impl_->state.Apply(edit);
  if (!next.ok()) return next.status();
  return impl_->Move(queue, edit, std::move(next).value(), publish);
}

Status ManifestStore::Commit(io::Queue* queue, const VersionEdit& edit,
                             const PublishHook& publish) {
  const Impl::Turn turn(impl_.get());
  if (Status s = impl_->CheckWritable(); !s.ok()) return s;
  return impl_->Commit(queue, edit, publish);
}

Status ManifestStore::PromiseLatest(io::Queue* queue) {
  const Impl::Turn turn(impl_.get());
  if (Status s = impl_->CheckWritable(); !s.ok()) return s;
  TREERING_CHECK(impl_->in_use);
  // Both change only in a turn.
  if (impl_->vouched_edit == impl_->last_edit) return Status::Ok();
  Status status;
  switch (impl_->files.AppendPromise(queue, &status)) {
    case ManifestFiles::Appended::kDone: {
      base::MutexLock lock(&impl_->mutex);
      impl_->vouched_edit = impl_->last_edit;
      return Status::Ok();
    }
    case ManifestFiles::Appended::kNotWritten:
      return status;
    case ManifestFiles::Appended::kMoveOn:
      break;
  }
  return impl_->Move(queue, VersionEdit(), impl_->state, {});
}

Status ManifestStore::Rollover(io::Queue* queue) {
  const Impl::Turn turn(impl_.get());
  if (Status s = impl_->CheckWritable(); !s.ok()) return s;
  TREERING_CHECK(impl_->in_use);
  return impl_->Move(queue, VersionEdit(), impl_->state, {});
}

Result<uint64_t> ManifestStore::NewFileNumber(io::Queue* queue) {
  // Between Open and BeginGeneration nothing can be recorded: there a number is safe because a file
  // that was made under it is seen on disk, and because BeginGeneration's manifest records it.
  const auto take = [impl = impl_.get()]() -> std::optional<uint64_t> {
    base::MutexLock lock(&impl->mutex);
    if (impl->in_use && impl->next_number >= impl->number_limit) return std::nullopt;
    return impl->next_number++;
  };
  if (impl_->access == Access::kReadOnly) return impl_->CheckWritable();
  std::optional<uint64_t> number = take();
  while (!number) {
    base::SchedPoint();
    const Impl::Turn turn(impl_.get());
    if (Status s = impl_->CheckWritable(); !s.ok()) return s;
    number = take();  // another thread may have raised the limit
    if (number) break;
    if (Status s = impl_->Commit(queue, VersionEdit(), {}); !s.ok()) return s;
  }
  if (*number >= base::kFileNumberMax) return Status::Failed("all file numbers have been used");
  return *number;
}

std::vector<uint64_t> ManifestStore::TakeObsoleteTables() {
  std::vector<uint64_t> numbers;
  base::MutexLock lock(&impl_->mutex);
  numbers.reserve(impl_->removed.size());
  std::erase_if(impl_->removed, [this, &numbers](const Impl::RemovedTableFile& file) {
    if (file.edit > impl_->vouched_edit || !file.held.expired()) return false;
    numbers.push_back(file.number);
    return true;
  });
  return numbers;
}

std::vector<std::string> ManifestStore::OrphanFiles(const std::vector<std::string>& names) const {
  base::MutexLock lock(&impl_->mutex);
  std::set<uint64_t> needed;
  for (uint32_t level = 0; level < Version::level_count(); ++level) {
    for (const TableRef& table : impl_->state.version->tables(level)) {
      needed.insert(table->meta.number);
    }
  }
  for (const SegmentMeta& segment : impl_->state.segments) needed.insert(segment.number);
  for (const Impl::RemovedTableFile& file : impl_->removed) needed.insert(file.number);
  const bool vouched = impl_->vouched_edit == impl_->last_edit;
  std::vector<std::string> orphans;
  for (const std::string& name : names) {
    const base::FileName parsed = base::ParseFileName(name);
    const bool old = parsed.number < impl_->foreign_limit && !needed.contains(parsed.number);
    switch (parsed.kind) {
      case base::FileKind::kTable:
        if (old) orphans.push_back(name);
        break;
      case base::FileKind::kSegment:
        if (old && vouched) orphans.push_back(name);
        break;
      case base::FileKind::kManifest:
        if (old && parsed.number < impl_->keep_manifests_from) orphans.push_back(name);
        break;
      default:
        if (name == kCurrentTemporaryName) orphans.push_back(name);
        break;
    }
  }
  return orphans;
}

}  // namespace treering::manifest
