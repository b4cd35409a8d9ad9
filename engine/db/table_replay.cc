#include "engine/db/table_replay.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "engine/base/contain.h"
#include "engine/base/memory_wait.h"
#include "engine/db/replay_group.h"

namespace treering::db {

using memtable::AppendRun;

namespace {

// A run of this size is sorted within the processor's cache.
constexpr uint64_t kRunBytes = 4u << 20;
// Several tables of a long log, so that one is written while the next is read; and little memory is
// touched for the first time.
constexpr uint64_t kTableBytesMax = 32u << 20;
constexpr size_t kFlushesMax = 2;
// How long it waits for memory that others hold, and how often it looks; as a commit does.
constexpr uint64_t kMemoryWaitNanosMax = 10'000'000'000;

}  // namespace

TableReplay::TableReplay(runtime::RuntimeCore* runtime, const compaction::JobEnv* job,
                         uint64_t table_bytes, io::Queue* queue)
    : runtime_(runtime),
      job_(job),
      table_bytes_(std::min(table_bytes, kTableBytesMax)),
      queue_(queue),
      places_(runtime->workers(), kFlushesMax),
      blocks_(runtime->buffers()->AsBlockSource(base::MemoryClass::kMemtable)),
      run_(std::make_unique<AppendRun>(job->order, blocks_)) {}

TableReplay::~TableReplay() { runtime_->workers()->Drain(this); }

Status TableReplay::Add(const wal::GroupHeader& header, const Slice& payload) {
  return ReplayGroup(
      header, payload,
      [this](key::Sequence sequence, key::Kind kind, const Slice& user_key, const Slice& value) {
        return AddRecord(sequence, kind, user_key, value);
      });
}

Status TableReplay::AddRecord(key::Sequence sequence, key::Kind kind, const Slice& user_key,
                              const Slice& value) {
  if (run_->UsedBytes() >= kRunBytes || waiting_bytes() >= table_bytes_) [[unlikely]] {
    SealRun();
    if (waiting_bytes() >= table_bytes_) {
      if (Status status = StartFlush(); !status.ok()) return status;
    }
  }
  base::MemoryWait wait(kMemoryWaitNanosMax);
  while (!run_->Add(sequence, kind, user_key, value)) [[unlikely]] {
      const Status status = MakeRoom();
      if (status.ok()) continue;
      // A reader has it, a compaction, or another database until its flush.
      runtime_->epochs()->Collect();
      if (!status.IsOutOfMemory() || wait.Pause() == 0) return status;
    }
  return Status::Ok();
}

void TableReplay::SealRun() {
  if (run_->EntryCount() == 0) return;
  run_->Sort();
  sorted_bytes_ += run_->UsedBytes();
  sorted_.push_back(std::move(run_));
  run_ = std::make_unique<AppendRun>(job_->order, blocks_);
}

Status TableReplay::MakeRoom() {
  if (flushes_.empty()) {
    if (waiting_bytes() == 0) {
      return Status::OutOfMemory(
          "recovery: the memory budget has no room for one record of the log; close what else "
          "holds memory of this Runtime (iterators, other databases), or give it a larger one");
    }
    SealRun();
    if (Status status = StartFlush(); !status.ok()) return status;
  }
  return WaitForFlushes(flushes_.size() - 1);
}

Status TableReplay::StartFlush() {
  if (Status status = WaitForFlushes(kFlushesMax - 1); !status.ok()) return status;
  flushes_.push_back(std::make_unique<Flush>());
  Flush* const flush = flushes_.back().get();
  flush->runs = std::exchange(sorted_, {});
  sorted_bytes_ = 0;
  runtime_->workers()->Schedule(runtime::JobPriority::kFlush, this,
                                [this, flush](io::Queue* queue) { FlushJob(flush, queue); });
  return Status::Ok();
}

// On a worker.
void TableReplay::FlushJob(Flush* flush, io::Queue* queue) {
  auto tables = base::Contain([&] {
    compaction::FlushInput input;
    for (auto run = flush->runs.rbegin(); run != flush->runs.rend(); ++run) {
      input.data_bytes += (*run)->UsedBytes();
      input.runs.push_back((*run)->NewIterator());
    }
    return compaction::RunFlush(*job_, queue, std::move(input));
  });
  {
    base::MutexLock lock(&mutex_);
    flush->status = tables.status();
    if (tables.ok()) flush->tables = *std::move(tables);
    flush->done = true;
  }
  queue_->Wake();
}

bool TableReplay::IsDone(const Flush& flush) {
  base::MutexLock lock(&mutex_);
  return flush.done;
}

Status TableReplay::WaitForFlushes(size_t left) {
  while (!flushes_.empty()) {
    Flush* const oldest = flushes_.front().get();
    if (!IsDone(*oldest)) {
      if (flushes_.size() <= left) break;
      io::Request* none[1];
      (void)queue_->Wait(none, 1, io::kNoTimeout);
      continue;
    }
    if (flush_status_.ok()) flush_status_ = oldest->status;
    std::move(oldest->tables.begin(), oldest->tables.end(), std::back_inserter(tables_));
    flushes_.pop_front();
  }
  return flush_status_;
}

Result<std::vector<manifest::TableMeta>> TableReplay::Finish() {
  SealRun();
  if (!sorted_.empty()) {
    if (Status status = StartFlush(); !status.ok()) return status;
  }
  if (Status status = WaitForFlushes(0); !status.ok()) return status;
  return std::move(tables_);
}

}  // namespace treering::db
