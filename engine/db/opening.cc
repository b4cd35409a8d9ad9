#include "engine/db/opening.h"

#include <algorithm>
#include <utility>

#include "engine/db/directory_check.h"
#include "engine/table/filter_format.h"

namespace treering::db {

using manifest::ManifestState;
using manifest::ManifestStore;

Opening::Opening(std::shared_ptr<runtime::RuntimeCore> runtime, const Options& options,
                 const std::string& path)
    : options_(options), path_(path) {
  parts_->runtime = std::move(runtime);
}

Status Opening::Begin() {
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
  if (!options_.read_only && parts_->directory->OthersMayWrite()) {
    return Status::InvalidArgument(
        path_ +
        ": every user may make files in this directory, and could put them in the database's "
        "place; take that right away (chmod o-w), or name a new directory inside it");
  }
  ChooseLogMode();
  auto names = parts_->directory->List();
  if (!names.ok()) return names.status();
  return CheckDirectory(path_, *names, options_.create_if_missing);
}

// From here on kAuto is what it stands for: in stats too.
void Opening::ChooseLogMode() {
  LogMode* const mode = &parts_->options.user.log;
  if (*mode != LogMode::kAuto) return;
  *mode = parts_->directory->KeepsMappings() ? LogMode::kTail : LogMode::kWrite;
  if (*mode == LogMode::kTail || options_.read_only) return;
  parts_->runtime->Log(path_ +
                       ": the file system is none of those whose mapped files are known to stay; "
                       "each commit group is one write to the log (log = kWrite; kTail insists)");
}

ManifestStore::Options Opening::StoreOptions() const {
  ManifestStore::Options options(parts_->order, parts_->runtime->buffers());
  options.lock_wait_nanos = kLockWaitNanos;
  options.manifest_bytes = parts_->runtime->tuning()->manifest_bytes;
  return options;
}

wal::RecoveryOptions Opening::RecoveryOptionsFor(const ManifestState& state) const {
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

void Opening::NoteRecovery(const wal::RecoveryResult& result) {
  RecoveryStats& stats = parts_->recovery;
  stats.groups_from_log = result.groups_from_log;
  stats.groups_from_tail = result.groups_from_tail;
  stats.payload_bytes = result.payload_bytes;
  stats.bytes_cut = result.bytes_cut;
  stats.clean_close = result.clean_close;
  stats.manifest_bytes_cut = parts_->store->bytes_cut();
}

void Opening::MakeReadParts(const ManifestState& state) {
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

void Opening::MakeReadPath() {
  ReadEnv env;
  env.runtime = parts_->runtime;
  env.supers = parts_->supers.get();
  env.tables = parts_->tables.get();
  env.visible = &parts_->visible();
  env.filter_seed = table::FilterSeed(parts_->database_id);
  parts_->reads = std::make_unique<ReadPath>(std::move(env));
}

}  // namespace treering::db
