#include "api/db.h"

#include <algorithm>
#include <cstddef>
#include <new>
#include <utility>

#include "engine/base/contain.h"
#include "engine/db/db_core.h"
#include "engine/db/db_iterator.h"
#include "engine/db/snapshot_list.h"
#include "engine/runtime/runtime.h"

namespace treering {
namespace {

using base::Contain;

Result<db::ReadView> ToView(const ReadOptions& options) {
  db::ReadView view;
  if (options.snapshot != nullptr) {
    view.snapshot = options.snapshot->core().get();
    if (view.snapshot == nullptr) return Status::OutOfMemory();  // it could not be taken
  }
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

// What is given for a handle when there is no memory for one: all share it, and it never ends.
template <typename Handle, typename Core>
Handle* NoMemoryHandle() {
  alignas(Handle) static std::byte memory[sizeof(Handle)];
  static Handle* const handle = new (memory) Handle(Core());
  return handle;
}

Iterator* NoMemoryIterator() { return NoMemoryHandle<Iterator, std::unique_ptr<db::DbIterator>>(); }
Snapshot* NoMemorySnapshot() {
  return NoMemoryHandle<Snapshot, std::shared_ptr<db::SnapshotCore>>();
}

template <typename Handle>
void Delete(Handle* handle, const Handle* no_memory) {
  if (handle == no_memory) return;
  handle->~Handle();
  ::operator delete(handle);
}

}  // namespace

Result<std::shared_ptr<Runtime>> Runtime::Create(const RuntimeOptions& options) {
  return Contain([&] { return Wrap(runtime::RuntimeCore::Create(options)); });
}

Result<std::shared_ptr<Runtime>> Runtime::Default() {
  return Contain([&] { return Wrap(runtime::RuntimeCore::Default()); });
}

std::vector<std::string> Runtime::Facts() const {
  auto facts = Contain([&]() -> Result<std::vector<std::string>> { return core_->Facts(); });
  return facts.ok() ? *std::move(facts) : std::vector<std::string>();
}
uint64_t Runtime::MemoryUsed() const { return core_->Memory().used_bytes; }
uint64_t Runtime::MemoryBudget() const { return core_->Memory().limit_bytes; }

Snapshot::Snapshot(std::shared_ptr<db::SnapshotCore> core) : core_(std::move(core)) {}
Snapshot::~Snapshot() = default;
uint64_t Snapshot::sequence() const { return core_ == nullptr ? 0 : core_->sequence(); }
void Snapshot::operator delete(Snapshot* snapshot, std::destroying_delete_t) {
  Delete(snapshot, NoMemorySnapshot());
}

Iterator::Iterator(std::unique_ptr<db::DbIterator> impl) : impl_(std::move(impl)) {}
Iterator::~Iterator() = default;
void Iterator::operator delete(Iterator* iterator, std::destroying_delete_t) {
  Delete(iterator, NoMemoryIterator());
}

template <typename Step>
void Iterator::Move(Step step) {
  if (impl_ == nullptr) return;
  try {
    step(impl_.get());
  } catch (...) {
    impl_->Fail(base::StatusOfException());
  }
}

bool Iterator::Valid() const { return impl_ != nullptr && impl_->Valid(); }
void Iterator::SeekToFirst() {
  Move([](db::DbIterator* impl) { impl->SeekToFirst(); });
}
void Iterator::SeekToLast() {
  Move([](db::DbIterator* impl) { impl->SeekToLast(); });
}
void Iterator::Seek(const Slice& target) {
  Move([&](db::DbIterator* impl) { impl->Seek(target); });
}
void Iterator::SeekForPrev(const Slice& target) {
  Move([&](db::DbIterator* impl) { impl->SeekForPrev(target); });
}
void Iterator::Next() {
  Move([](db::DbIterator* impl) { impl->Next(); });
}
void Iterator::Prev() {
  Move([](db::DbIterator* impl) { impl->Prev(); });
}
Slice Iterator::key() const { return impl_->key(); }
Slice Iterator::value() const { return impl_->value(); }
Status Iterator::status() const {
  if (impl_ == nullptr) return Status::OutOfMemory();
  return Contain([&] { return impl_->status(); });
}

DB::DB(std::shared_ptr<db::DbCore> core) : core_(std::move(core)) {}

DB::~DB() { (void)Close(); }

Result<std::unique_ptr<DB>> DB::Open(const Options& options, const std::string& path) {
  return Contain([&]() -> Result<std::unique_ptr<DB>> {
    auto runtime = CoreOf(options);
    if (!runtime.ok()) return runtime.status();
    auto core = db::DbCore::Open(*std::move(runtime), options, path);
    if (!core.ok()) return core.status();
    return std::unique_ptr<DB>(new DB(*std::move(core)));
  });
}

Status DB::Destroy(const std::string& path, const Options& options) {
  return Contain([&] {
    auto runtime = CoreOf(options);
    if (!runtime.ok()) return runtime.status();
    return db::DbCore::Destroy(runtime->get(), path);
  });
}

Status DB::Close() {
  return Contain([&] { return core_->Close(); });
}

Status DB::Put(const Slice& key, const Slice& value, const WriteOptions& options) {
  return Contain([&] {
    WriteBatch batch;
    batch.Put(key, value);
    return Write(batch, options);
  });
}

Status DB::Delete(const Slice& key, const WriteOptions& options) {
  return Contain([&] {
    WriteBatch batch;
    batch.Delete(key);
    return Write(batch, options);
  });
}

Status DB::Write(const WriteBatch& batch, const WriteOptions& options) {
  return Contain([&] {
    return core_->Write(batch, options.durability.value_or(core_->default_durability()));
  });
}

Status DB::Get(const Slice& key, PinnedValue* value, const ReadOptions& options) {
  return Contain([&] {
    const Result<db::ReadView> view = ToView(options);
    return view.ok() ? core_->Get(*view, key, value) : view.status();
  });
}

void DB::MultiGet(std::span<const Slice> keys, std::span<PinnedValue> values,
                  std::span<Status> statuses, const ReadOptions& options) {
  const Status ran = Contain([&] {
    const Result<db::ReadView> view = ToView(options);
    if (view.ok()) core_->MultiGet(*view, keys, values, statuses);
    return view.status();
  });
  if (!ran.ok()) std::fill(statuses.begin(), statuses.end(), ran);
}

std::unique_ptr<Iterator> DB::NewIterator(const ReadOptions& options) {
  auto made = Contain([&]() -> Result<std::unique_ptr<Iterator>> {
    const Result<db::ReadView> view = ToView(options);
    if (!view.ok())
      return std::make_unique<Iterator>(std::make_unique<db::DbIterator>(view.status()));
    return std::make_unique<Iterator>(core_->NewIterator(*view));
  });
  return made.ok() ? *std::move(made) : std::unique_ptr<Iterator>(NoMemoryIterator());
}

std::unique_ptr<Snapshot> DB::GetSnapshot() {
  auto made = Contain([&]() -> Result<std::unique_ptr<Snapshot>> {
    return std::make_unique<Snapshot>(core_->GetSnapshot());
  });
  return made.ok() ? *std::move(made) : std::unique_ptr<Snapshot>(NoMemorySnapshot());
}

Status DB::Flush() {
  return Contain([&] { return core_->Flush(); });
}
Status DB::CompactRange(const Slice* begin, const Slice* end) {
  return Contain([&] { return core_->CompactRange(begin, end); });
}
Status DB::WaitForCompaction() {
  return Contain([&] { return core_->WaitForCompaction(); });
}

bool DB::GetProperty(std::string_view name, std::string* value) {
  const auto found = Contain([&]() -> Result<bool> { return core_->GetProperty(name, value); });
  return found.ok() && *found;
}

Result<std::vector<uint64_t>> DB::ApproximateSizes(std::span<const Range> ranges) {
  return Contain([&] { return core_->ApproximateSizes(ranges); });
}

Result<VerifyReport> DB::Verify(
    const std::function<void(uint64_t bytes_done, uint64_t bytes_total)>& progress) {
  return Contain([&] { return core_->Verify(progress); });
}

DbState DB::state() const { return core_->state(); }
const std::string& DB::path() const { return core_->path(); }

std::string_view Version() { return "0.1.0"; }
uint32_t FormatVersion() { return 0; }

}  // namespace treering
