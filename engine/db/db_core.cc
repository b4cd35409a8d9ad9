#include "engine/db/db_core.h"

#include <algorithm>
#include <utility>

#include "engine/base/heap_wait.h"
#include "engine/base/limits.h"
#include "engine/db/db_parts.h"
#include "engine/db/destroy_database.h"
#include "engine/db/iterator_source.h"
#include "engine/db/open_database.h"
#include "engine/db/operation_gate.h"
#include "engine/db/properties.h"
#include "engine/db/verify.h"

namespace treering::db {

struct DbCore::Impl {
  std::unique_ptr<DbParts> parts;
  std::string path;
  OperationGate gate;
  base::Mutex close_mutex;
  bool close_done = false;
  Status close_status;
};

DbCore::DbCore(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

DbCore::~DbCore() {
  if (impl_->parts == nullptr) return;  // it could not be opened
  if (!impl_->parts->process.InChild()) {
    (void)Close();
    return;
  }
  // Threads, pinned memory and locks are the parent's: leave all of it alone.
  (void)impl_.release();
}

Result<std::shared_ptr<DbCore>> DbCore::Open(std::shared_ptr<runtime::RuntimeCore> runtime,
                                             const Options& options, const std::string& path) {
  // What closes the parts is there before they are.
  auto impl = std::make_unique<Impl>();
  impl->path = path;
  std::shared_ptr<DbCore> core(new DbCore(std::move(impl)));
  auto parts = OpenDatabase(std::move(runtime), options, path);
  if (!parts.ok()) return parts.status();
  core->impl_->parts = *std::move(parts);
  return core;
}

Status DbCore::Destroy(runtime::RuntimeCore* runtime, const std::string& path) {
  return DestroyDatabase(runtime, path);
}

namespace {

// The last writes of a database that closes: everything durable, and vouched for.
Status MakeDurable(DbParts* parts, io::Queue* queue) {
  if (parts->log == nullptr) {
    // Without a log what is not in tables is gone.
    if (Status status = parts->errors.ForWrite(); !status.ok()) return status;
    if (Status status = parts->background->FlushNow(queue); !status.ok()) return status;
    return parts->store->PromiseLatest(queue);
  }
  if (Status status = parts->log->SpillAll(queue, Durability::kDisk); !status.ok()) return status;
  // The manifest's last edit gets a block that vouches for it, as the log's last group does.
  if (Status status = parts->store->PromiseLatest(queue); !status.ok()) return status;
  return parts->log->WritePromise(queue, true).status();
}

// OutOfMemory only while another try may do better.
Status CloseFiles(DbParts* parts) {
  if (parts->log != nullptr && parts->log->error().IsOutOfMemory()) {
    return Status::ReadOnly("the log has ended for lack of memory; open the database again");
  }
  auto lease = parts->runtime->LeaseQueue();
  if (!lease.ok()) return lease.status();
  if (Status status = MakeDurable(parts, lease->queue()); !status.ok()) return status;
  parts->background->DeleteNow(lease->queue());
  return Status::Ok();
}

Status CloseParts(DbParts* parts, OperationGate* gate) {
  Status status;
  if (parts->pipeline != nullptr) {
    if (parts->log == nullptr) {
      status = base::UntilMemoryOrError([&] { return parts->pipeline->SealActive().status(); });
    }
    parts->pipeline->Close();
    parts->background->Stop();
    gate->CloseAndWait();
    parts->keeper->Stop();
    const Status closed = base::UntilMemoryOrError([&] { return CloseFiles(parts); });
    if (status.ok()) status = closed;
  }
  gate->CloseAndWait();
  parts->closed = true;
  // Readers that live on use tables and memtables; what is locked is let go.
  parts->background.reset();
  parts->keeper.reset();
  parts->log.reset();
  parts->store.reset();
  parts->lock.reset();
  parts->claim = runtime::OpenClaim();
  return status;
}

}  // namespace

Status DbCore::Close() {
  if (Status status = impl_->parts->process.Check(); !status.ok()) return status;
  base::MutexLock lock(&impl_->close_mutex);
  if (!impl_->close_done) {
    impl_->close_status = CloseParts(impl_->parts.get(), &impl_->gate);
    impl_->close_done = true;
  }
  return impl_->close_status;
}

Status DbCore::Write(const WriteBatch& batch, Durability durability) {
  DbParts& parts = *impl_->parts;
  if (Status status = parts.process.Check(); !status.ok()) return status;
  if (parts.pipeline == nullptr) return Status::ReadOnly(impl_->path + " was opened read-only");
  if (batch.key_bytes_max() > base::kKeyBytesMax) {
    return Status::InvalidArgument("a key has " + std::to_string(batch.key_bytes_max()) +
                                   " bytes; at most " + std::to_string(base::kKeyBytesMax) +
                                   " are allowed");
  }
  if (batch.value_bytes_max() > base::kValueBytesMax) {
    return Status::InvalidArgument("a value has " + std::to_string(batch.value_bytes_max()) +
                                   " bytes; at most " + std::to_string(base::kValueBytesMax) +
                                   " are allowed");
  }
  if (batch.ByteSize() > parts.options.batch_bytes_max) {
    return Status::InvalidArgument(
        "the batch has " + std::to_string(batch.ByteSize()) + " bytes; at most " +
        std::to_string(parts.options.batch_bytes_max) +
        " are allowed (128 MiB and a quarter of the memory budget); split it");
  }
  if (durability > Durability::kDisk) {
    return Status::InvalidArgument("WriteOptions::durability is " +
                                   std::to_string(static_cast<int>(durability)) +
                                   ", must be 0 to 2 (kMemory, kProcess, kDisk)");
  }
  if (parts.options.user.log == LogMode::kOff && durability != Durability::kMemory) {
    return Status::InvalidArgument(
        "the database was opened with log = kOff, which takes kMemory writes only");
  }
  return parts.pipeline->Commit(batch, durability);
}

Durability DbCore::default_durability() const { return impl_->parts->options.user.durability; }

namespace {

Status CheckReadable(const DbParts& parts) {
  if (Status status = parts.process.Check(); !status.ok()) return status;
  if (parts.closed.load(std::memory_order_acquire))
    return Status::Aborted("the database is closed");
  return parts.errors.ForRead();
}

Status SnapshotOf(const DbParts& parts, const ReadView& view, key::Sequence* sequence) {
  *sequence = base::kSequenceMax;
  if (view.snapshot == nullptr) return Status::Ok();
  if (!view.snapshot->IsOf(parts.snapshots.get())) {
    return Status::InvalidArgument(
        "the snapshot belongs to another database, or to an earlier open of this one");
  }
  *sequence = view.snapshot->sequence();
  return Status::Ok();
}

}  // namespace

Status DbCore::Get(const ReadView& view, const Slice& key, PinnedValue* value) {
  const DbParts& parts = *impl_->parts;
  if (Status status = CheckReadable(parts); !status.ok()) return status;
  key::Sequence snapshot;
  if (Status status = SnapshotOf(parts, view, &snapshot); !status.ok()) return status;
  return parts.reads->Get(key, snapshot, view.fill_cache, value);
}

void DbCore::MultiGet(const ReadView& view, std::span<const Slice> keys,
                      std::span<PinnedValue> values, std::span<Status> statuses) {
  const DbParts& parts = *impl_->parts;
  key::Sequence snapshot;
  Status status = CheckReadable(parts);
  if (status.ok()) status = SnapshotOf(parts, view, &snapshot);
  if (status.ok() && (values.size() != keys.size() || statuses.size() != keys.size())) {
    status = Status::InvalidArgument("MultiGet needs a value and a status for each key");
  }
  if (!status.ok()) {
    std::fill(statuses.begin(), statuses.end(), status);
    return;
  }
  parts.reads->MultiGet(keys, snapshot, view.fill_cache, values, statuses);
}

std::unique_ptr<DbIterator> DbCore::NewIterator(const ReadView& view) {
  DbParts& parts = *impl_->parts;
  Status status = CheckReadable(parts);
  key::Sequence snapshot;
  if (status.ok()) status = SnapshotOf(parts, view, &snapshot);
  if (!status.ok()) return std::make_unique<DbIterator>(status);
  auto source = MakeIteratorSource(shared_from_this(), &parts, view, snapshot);
  if (!source.ok()) return std::make_unique<DbIterator>(source.status());
  return std::make_unique<DbIterator>(parts.order, *std::move(source));
}

std::shared_ptr<SnapshotCore> DbCore::GetSnapshot() {
  DbParts& parts = *impl_->parts;
  // The list's lock may be held for ever in a child; no read there takes the snapshot anyway.
  const auto list = parts.process.InChild() ? std::make_shared<SnapshotList>() : parts.snapshots;
  return std::make_shared<SnapshotCore>(list, parts.visible());
}

namespace {

Status CheckWritable(const OperationGate::Pass& pass, const DbParts& parts,
                     const std::string& path) {
  if (!pass) return Status::Aborted("the database is closed");
  if (parts.pipeline == nullptr) return Status::ReadOnly(path + " was opened read-only");
  return parts.errors.ForWrite();
}

}  // namespace

Status DbCore::Flush() {
  DbParts& parts = *impl_->parts;
  if (Status status = parts.process.Check(); !status.ok()) return status;
  const OperationGate::Pass pass(&impl_->gate);
  if (Status status = CheckWritable(pass, parts, impl_->path); !status.ok()) return status;
  const Result<key::Sequence> last = parts.pipeline->SealActive();
  return last.ok() ? parts.background->WaitFlushed(*last) : last.status();
}

Status DbCore::CompactRange(const Slice* begin, const Slice* end) {
  DbParts& parts = *impl_->parts;
  if (Status status = parts.process.Check(); !status.ok()) return status;
  const OperationGate::Pass pass(&impl_->gate);
  if (Status status = CheckWritable(pass, parts, impl_->path); !status.ok()) return status;
  const Result<key::Sequence> last = parts.pipeline->SealActive();
  if (!last.ok()) return last.status();
  if (Status status = parts.background->WaitFlushed(*last); !status.ok()) return status;
  return parts.background->CompactRange(begin, end, *last);
}

Status DbCore::WaitForCompaction() {
  DbParts& parts = *impl_->parts;
  if (Status status = parts.process.Check(); !status.ok()) return status;
  const OperationGate::Pass pass(&impl_->gate);
  if (Status status = CheckWritable(pass, parts, impl_->path); !status.ok()) return status;
  return parts.background->WaitIdle();
}

bool DbCore::GetProperty(std::string_view name, std::string* value) {
  if (impl_->parts->process.InChild()) return false;
  const OperationGate::Pass pass(&impl_->gate);
  return pass && ReadProperty(*impl_->parts, name, value);
}

Result<std::vector<uint64_t>> DbCore::ApproximateSizes(std::span<const Range> ranges) {
  DbParts& parts = *impl_->parts;
  if (Status status = CheckReadable(parts); !status.ok()) return status;
  const std::shared_ptr<const SuperVersion> super = parts.supers->Hold();
  auto lease = parts.runtime->LeaseQueue();
  if (!lease.ok()) return lease.status();
  std::vector<uint64_t> sizes;
  sizes.reserve(ranges.size());
  for (const Range& range : ranges) {
    if (parts.order.CompareUser(range.begin, range.end) >= 0) {
      sizes.push_back(0);
      continue;
    }
    Status status;
    const auto partial = [&](const manifest::LiveTable& live) -> uint64_t {
      auto table = parts.tables->Open(live, lease->queue());
      if (!table.ok()) {
        status = table.status();
        return 0;
      }
      std::string begin, end;
      key::AppendInternalKey(&begin, range.begin, ~0ull);
      key::AppendInternalKey(&end, range.end, ~0ull);
      const uint64_t from = (*table)->ApproximateOffset(begin);
      const uint64_t to = (*table)->ApproximateOffset(end);
      return to > from ? to - from : 0;
    };
    sizes.push_back(super->version->ApproximateBytes(range.begin, range.end, partial));
    if (!status.ok()) return status;
  }
  return sizes;
}

Result<VerifyReport> DbCore::Verify(const std::function<void(uint64_t, uint64_t)>& progress) {
  DbParts& parts = *impl_->parts;
  if (Status status = CheckReadable(parts); !status.ok()) return status;
  return VerifyDatabase(&parts, progress);
}

DbState DbCore::state() const {
  return impl_->parts->process.InChild() ? DbState::kFailed : impl_->parts->errors.state();
}
const std::string& DbCore::path() const { return impl_->path; }

}  // namespace treering::db
