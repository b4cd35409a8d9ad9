#include "api/db.h"

#include <utility>

#include "engine/db/db_core.h"
#include "engine/db/db_iterator.h"
#include "engine/db/snapshot_list.h"
#include "engine/runtime/runtime.h"

namespace treering {
namespace {

db::ReadView ToView(const ReadOptions& options) {
  db::ReadView view;
  if (options.snapshot != nullptr) view.snapshot = options.snapshot->core().get();
  view.fill_cache = options.fill_cache;
  if (options.lower_bound != nullptr) view.lower = options.lower_bound->ToString();
  if (options.upper_bound != nullptr) view.upper = options.upper_bound->ToString();
  return view;
}

Result<std::shared_ptr<Runtime>> Wrap(Result<std::shared_ptr<runtime::RuntimeCore>> core) {
  if (!core.ok()) return core.status();
  return std::make_shared<Runtime>(*std::move(core));
}

Result<std::shared_ptr<runtime::RuntimeCore>> CoreOf(const Options& options) {
  if (options.runtime != nullptr) return options.runtime->core();
  return runtime::RuntimeCore::Default();
}

}  // namespace

Result<std::shared_ptr<Runtime>> Runtime::Create(const RuntimeOptions& options) {
  return Wrap(runtime::RuntimeCore::Create(options));
}

Result<std::shared_ptr<Runtime>> Runtime::Default() {
  return Wrap(runtime::RuntimeCore::Default());
}

std::vector<std::string> Runtime::Facts() const { return core_->Facts(); }
uint64_t Runtime::MemoryUsed() const { return core_->Memory().used_bytes; }
uint64_t Runtime::MemoryBudget() const { return core_->Memory().limit_bytes; }

Snapshot::Snapshot(std::shared_ptr<db::SnapshotCore> core) : core_(std::move(core)) {}
Snapshot::~Snapshot() = default;
uint64_t Snapshot::sequence() const { return core_->sequence(); }

Iterator::Iterator(std::unique_ptr<db::DbIterator> impl) : impl_(std::move(impl)) {}
Iterator::~Iterator() = default;
bool Iterator::Valid() const { return impl_->Valid(); }
void Iterator::SeekToFirst() { impl_->SeekToFirst(); }
void Iterator::SeekToLast() { impl_->SeekToLast(); }
void Iterator::Seek(const Slice& target) { impl_->Seek(target); }
void Iterator::SeekForPrev(const Slice& target) { impl_->SeekForPrev(target); }
void Iterator::Next() { impl_->Next(); }
void Iterator::Prev() { impl_->Prev(); }
Slice Iterator::key() const { return impl_->key(); }
Slice Iterator::value() const { return impl_->value(); }
Status Iterator::status() const { return impl_->status(); }

DB::DB(std::shared_ptr<db::DbCore> core) : core_(std::move(core)) {}

DB::~DB() { (void)Close(); }

Result<std::unique_ptr<DB>> DB::Open(const Options& options, const std::string& path) {
  auto runtime = CoreOf(options);
  if (!runtime.ok()) return runtime.status();
  auto core = db::DbCore::Open(*std::move(runtime), options, path);
  if (!core.ok()) return core.status();
  return std::unique_ptr<DB>(new DB(*std::move(core)));
}

Status DB::Destroy(const std::string& path, const Options& options) {
  auto runtime = CoreOf(options);
  if (!runtime.ok()) return runtime.status();
  return db::DbCore::Destroy(runtime->get(), path);
}

Status DB::Close() { return core_->Close(); }

Status DB::Put(const Slice& key, const Slice& value, const WriteOptions& options) {
  WriteBatch batch;
  batch.Put(key, value);
  return Write(batch, options);
}

Status DB::Delete(const Slice& key, const WriteOptions& options) {
  WriteBatch batch;
  batch.Delete(key);
  return Write(batch, options);
}

Status DB::Write(const WriteBatch& batch, const WriteOptions& options) {
  return core_->Write(batch, options.durability.value_or(core_->default_durability()));
}

Status DB::Get(const Slice& key, PinnedValue* value, const ReadOptions& options) {
  return core_->Get(ToView(options), key, value);
}

void DB::MultiGet(std::span<const Slice> keys, std::span<PinnedValue> values,
                  std::span<Status> statuses, const ReadOptions& options) {
  core_->MultiGet(ToView(options), keys, values, statuses);
}

std::unique_ptr<Iterator> DB::NewIterator(const ReadOptions& options) {
  return std::make_unique<Iterator>(core_->NewIterator(ToView(options)));
}

std::unique_ptr<Snapshot> DB::GetSnapshot() {
  return std::make_unique<Snapshot>(core_->GetSnapshot());
}

Status DB::Flush() { return core_->Flush(); }
Status DB::CompactRange(const Slice* begin, const Slice* end) {
  return core_->CompactRange(begin, end);
}
Status DB::WaitForCompaction() { return core_->WaitForCompaction(); }

bool DB::GetProperty(std::string_view name, std::string* value) {
  return core_->GetProperty(name, value);
}

Result<std::vector<uint64_t>> DB::ApproximateSizes(std::span<const Range> ranges) {
  return core_->ApproximateSizes(ranges);
}

Result<VerifyReport> DB::Verify(
    const std::function<void(uint64_t bytes_done, uint64_t bytes_total)>& progress) {
  return core_->Verify(progress);
}

DbState DB::state() const { return core_->state(); }
const std::string& DB::path() const { return core_->path(); }

std::string_view Version() { return "0.1.0"; }
uint32_t FormatVersion() { return 0; }

}  // namespace treering
