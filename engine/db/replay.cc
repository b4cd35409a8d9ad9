#include "engine/db/replay.h"

#include <iterator>
#include <utility>

#include "engine/base/prng.h"
#include "engine/key/batch_reader.h"

namespace treering::db {

Replay::Replay(key::KeyOrder order, base::BlockSource* blocks, uint64_t memtable_bytes,
               const compaction::JobEnv* job, io::Queue* queue)
    : order_(order),
      blocks_(blocks),
      memtable_bytes_(memtable_bytes),
      job_(job),
      queue_(queue),
      memtable_(std::make_shared<memtable::MemTable>(order, blocks, base::EntropyU64())) {}

Status Replay::Add(const wal::GroupHeader& header, const Slice& payload) {
  const auto totals = key::MeasureBatch(payload);
  if (!totals.ok()) return totals.status();
  if (totals->records != header.count) {
    return Status::Corruption(
        "the commit group of sequence " + std::to_string(header.first_sequence) + " holds " +
        std::to_string(totals->records) + " records, expected " + std::to_string(header.count));
  }
  if (job_ != nullptr && memtable_->UsedBytes() > 0 &&
      memtable_->UsedBytes() + payload.size() > memtable_bytes_) {
    if (Status status = Flush(); !status.ok()) return status;
  }
  auto reserved = memtable_->Reserve(header.first_sequence, header.count, payload.size());
  if (!reserved.ok()) return reserved.status();
  key::Sequence sequence = header.first_sequence;
  key::BatchReader reader(payload);
  while (reader.Next()) {
    memtable_->Add(&*reserved, sequence++, reader.kind(), reader.key(), reader.value());
  }
  return reader.status();
}

Status Replay::Flush() {
  compaction::FlushInput input;
  input.data_bytes = memtable_->UsedBytes();
  memtable_->AppendIterators(&input.runs);
  auto tables = compaction::RunFlush(*job_, queue_, std::move(input));
  if (!tables.ok()) return tables.status();
  std::move(tables->begin(), tables->end(), std::back_inserter(tables_));
  memtable_ = std::make_shared<memtable::MemTable>(order_, blocks_, base::EntropyU64());
  return Status::Ok();
}

Result<std::vector<manifest::TableMeta>> Replay::Finish() {
  if (memtable_->UsedBytes() > 0) {
    if (Status status = Flush(); !status.ok()) return status;
  }
  return std::move(tables_);
}

}  // namespace treering::db
