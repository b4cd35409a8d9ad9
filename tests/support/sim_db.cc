#include "tests/support/sim_db.h"

#include "engine/runtime/runtime.h"

namespace treering::testing {

Options SimDb::SmallOptions() {
  Options options;
  options.create_if_missing = true;
  options.memtable_bytes = 64 << 10;
  options.table_bytes = 64 << 10;
  options.level_base_bytes = 256 << 10;
  options.level_multiplier = 4;
  options.level0_trigger = 2;
  return options;
}

Status SimDb::Open(io::SimStorage* storage, Options options) {
  if (Status closed = Close(); !closed.ok() && !storage->crashed()) return closed;
  if (Status made = MakeRuntime(storage); !made.ok()) return made;
  options.runtime = runtime;
  auto opened = DB::Open(options, kPath);
  if (!opened.ok()) return opened.status();
  db = *std::move(opened);
  return Status::Ok();
}

Status SimDb::Destroy(io::SimStorage* storage) {
  if (Status closed = Close(); !closed.ok() && !storage->crashed()) return closed;
  if (Status made = MakeRuntime(storage); !made.ok()) return made;
  Options options;
  options.runtime = runtime;
  return DB::Destroy(kPath, options);
}

Status SimDb::MakeRuntime(io::SimStorage* storage) {
  disk = std::make_unique<io::SimDisk>(storage);
  RuntimeOptions runtime_options;
  runtime_options.memory_budget = 32 << 20;
  runtime_options.background_threads = background_threads;
  auto core = runtime::RuntimeCore::CreateOn(disk.get(), runtime_options);
  if (!core.ok()) return core.status();
  *(*core)->tuning() = {64 << 10, 64 << 10, 128 << 10};
  runtime = std::make_shared<Runtime>(*std::move(core));
  return Status::Ok();
}

Status SimDb::Close() {
  Status status;
  if (db != nullptr) status = db->Close();
  db.reset();
  runtime.reset();
  disk.reset();
  return status;
}

Status ReadAll(DB* db, Content* content) {
  content->clear();
  const auto forward = db->NewIterator();
  for (forward->SeekToFirst(); forward->Valid(); forward->Next()) {
    const auto [it, is_new] =
        content->emplace(forward->key().ToString(), forward->value().ToString());
    if (!is_new) return Status::Failed("the iterator gave key '" + it->first + "' twice");
  }
  if (!forward->status().ok()) return forward->status();
  Content again;
  const auto backward = db->NewIterator();
  for (backward->SeekToLast(); backward->Valid(); backward->Prev()) {
    again.emplace(backward->key().ToString(), backward->value().ToString());
  }
  if (!backward->status().ok()) return backward->status();
  return again == *content ? Status::Ok() : Status::Failed("forwards and backwards differ");
}

Status WriteNoted(DB* db, Oracle* oracle, io::SimStorage* storage,
                  std::vector<Oracle::Change> changes, Durability durability) {
  const WriteBatch batch = Oracle::ToBatch(changes);
  const size_t index = oracle->Begin(std::move(changes), durability);
  WriteOptions options;
  options.durability = durability;
  Status status = db->Write(batch, options);
  if (status.ok() && !storage->crashed()) oracle->Acknowledge(index);
  return status;
}

}  // namespace treering::testing
