#include "engine/db/tree_work.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "engine/base/heap_wait.h"

namespace treering::db {

using compaction::CompactionPlan;

namespace {

// Whether the edit only gives the table another place.
bool IsMove(const manifest::VersionEdit& edit, uint64_t number) {
  return std::any_of(edit.removed_tables.begin(), edit.removed_tables.end(),
                     [number](const auto& removed) { return removed.number == number; });
}

}  // namespace

BackgroundStats TreeWork::Stats() const {
  base::MutexLock lock(&mutex_);
  return stats_;
}

Result<TreeWork::Drained> TreeWork::Flush(io::Queue* queue) {
  const std::vector<SealedMemtable> sealed = env_.memtables->Sealed();
  if (sealed.empty()) return Drained();
  const key::Sequence last = sealed.back().last_sequence;
  if (Status status = env_.wait_visible(last); !status.ok()) return status;
  const uint64_t started = env_.runtime->clock()->NowNanos();
  compaction::FlushInput input;
  Drained drained;
  for (auto it = sealed.rbegin(); it != sealed.rend(); ++it) {
    it->table->AppendIterators(&input.runs);
    drained.bytes += it->table->UsedBytes();
  }
  input.data_bytes = drained.bytes;
  input.snapshots = env_.snapshots->Sequences();
  auto tables = compaction::RunFlush(env_.job, queue, std::move(input));
  if (!tables.ok()) return tables.status();

  manifest::VersionEdit edit;
  uint64_t written = 0;
  for (manifest::TableMeta& table : *tables) {
    written += table.bytes;
    edit.added_tables.push_back(std::move(table));
  }
  edit.last_sequence = last;
  if (env_.log != nullptr) MoveReplayStart(last, &edit);
  if (Status status = Commit(queue, edit, sealed.size()); !status.ok()) return status;
  drained.nanos = NanosSince(started);
  {
    base::MutexLock lock(&mutex_);
    ++stats_.flushes;
    stats_.flush_bytes_written += written;
    stats_.flush_nanos += drained.nanos;
  }
  env_.deletions->Forgotten(edit.forgotten_segments);
  env_.keeper->PromiseSoon();
  return drained;
}

void TreeWork::MoveReplayStart(key::Sequence flushed_through, manifest::VersionEdit* edit) {
  const wal::ReplayStart cut = env_.log->Cut(flushed_through);
  edit->replay_start =
      manifest::ReplayStart{cut.lsn, cut.previous_sum, cut.sequence, cut.segment, cut.block_index};
  edit->forgotten_segments = env_.deletions->SegmentsBefore(cut);
}

Status TreeWork::Compact(io::Queue* queue, const CompactionPlan& plan) {
  if (plan.is_trivial_move) return Move(queue, plan);
  const uint64_t started = env_.runtime->clock()->NowNanos();
  compaction::CompactionInput input;
  input.plan = &plan;
  input.version = env_.store->current();
  input.snapshots = env_.snapshots->Sequences();
  input.table_bytes = env_.options->user.table_bytes;
  input.grandparent_bytes_max = env_.options->ForPicker().GrandparentBytesMax();
  input.open_table = [this](const manifest::TableRef& table, io::Queue* q) {
    return env_.tables->Share(table, q);
  };
  input.stop = env_.stop;
  auto output = compaction::RunCompaction(env_.job, queue, input);
  if (!output.ok()) return output.status();

  manifest::VersionEdit edit;
  for (const auto& table : plan.inputs) {
    edit.removed_tables.push_back({plan.input_level, table->meta.number});
  }
  for (const auto& table : plan.output_inputs) {
    edit.removed_tables.push_back({plan.output_level, table->meta.number});
  }
  edit.added_tables = output->tables;
  if (Status status = Commit(queue, edit, 0); !status.ok()) return status;
  base::MutexLock lock(&mutex_);
  ++stats_.compactions;
  stats_.compaction_bytes_read += output->bytes_read;
  stats_.compaction_bytes_written += output->bytes_written;
  stats_.compaction_entries += output->entries_read;
  stats_.compaction_dropped += output->entries_dropped;
  stats_.compaction_nanos += NanosSince(started);
  return Status::Ok();
}

Status TreeWork::Move(io::Queue* queue, const CompactionPlan& plan) {
  manifest::VersionEdit edit;
  for (const auto& table : plan.inputs) {
    edit.removed_tables.push_back({plan.input_level, table->meta.number});
    edit.added_tables.push_back(table->meta);
    edit.added_tables.back().level = plan.output_level;
  }
  if (Status status = Commit(queue, edit, 0); !status.ok()) return status;
  base::MutexLock lock(&mutex_);
  ++stats_.trivial_moves;
  return Status::Ok();
}

Status TreeWork::Commit(io::Queue* queue, const manifest::VersionEdit& edit, size_t flushed) {
  const auto publish = [&](const std::shared_ptr<const manifest::Version>& version) {
    const Status installed = base::UntilMemory([&] { env_.memtables->Install(version, flushed); });
    if (!installed.ok()) env_.errors->Enter(DbState::kFailed, installed);
  };
  const Status status = env_.store->Commit(queue, edit, publish);
  if (status.ok()) return status;
  if (env_.store->status().ok()) {
    // Nothing happened: the new tables are nobody's, and may hold the last room there was.
    for (const manifest::TableMeta& table : edit.added_tables) {
      if (!IsMove(edit, table.number)) env_.deletions->UnlinkTable(table.number);
    }
  }
  // What the manifest refuses for good is no reason to retry: it must be opened again.
  if (!status.IsNoSpace()) env_.errors->EnterFor(status);
  return status;
}

}  // namespace treering::db
