#include "engine/compaction/output_writer.h"

#include <utility>

#include "engine/base/contain.h"
#include "engine/base/file_names.h"
#include "engine/base/prng.h"

namespace treering::compaction {
namespace {

std::string TableName(uint64_t number) {
  return base::MakeFileName(base::FileKind::kTable, number);
}

manifest::TableMeta ToMeta(table::TableInfo info, uint32_t level) {
  manifest::TableMeta meta;
  meta.number = info.number;
  meta.id = info.file_id;
  meta.level = level;
  meta.bytes = info.bytes;
  meta.file_hash = info.hash;
  meta.smallest = std::move(info.smallest);
  meta.largest = std::move(info.largest);
  meta.smallest_sequence = info.smallest_sequence;
  meta.largest_sequence = info.largest_sequence;
  meta.entries = info.entries;
  meta.deletions = info.deletions;
  return meta;
}

}  // namespace

OutputWriter::OutputWriter(const JobEnv& env, io::Queue* queue, uint32_t level,
                           uint64_t expected_bytes)
    : env_(env), queue_(queue), level_(level), expected_bytes_(expected_bytes) {}

OutputWriter::~OutputWriter() {
  if (!finished_) DeleteTables();
}

Status OutputWriter::StartTable() {
  auto number = env_.new_file_number(queue_);
  if (!number.ok()) return number.status();
  io::OpenFlags flags;
  flags.mode = io::OpenMode::kCreate;
  numbers_.push_back(*number);
  auto file = env_.directory->Open(TableName(*number), flags);
  if (!file.ok()) return file.status();
  file_ = *std::move(file);

  table::TableBuilderOptions options;
  options.block_bytes = env_.block_bytes;
  options.bloom_bits_per_key = env_.bloom_bits_per_key;
  options.order = env_.order;
  options.database_id = env_.database_id;
  options.file_id = {base::EntropyU64(), base::EntropyU64()};
  options.file_number = *number;
  options.expected_bytes = expected_bytes_;
  builder_ = std::make_unique<table::TableBuilder>(options, file_.get(), queue_, env_.buffers);
  return Status::Ok();
}

Status OutputWriter::Add(const Slice& internal_key, const Slice& value) {
  if (builder_ == nullptr) {
    if (Status status = StartTable(); !status.ok()) return status;
  }
  return builder_->Add(internal_key, value);
}

Status OutputWriter::Cut() {
  if (builder_ == nullptr) return Status::Ok();
  auto info = builder_->Finish();
  if (!info.ok()) return info.status();
  builder_.reset();
  file_.reset();
  tables_.push_back(ToMeta(*std::move(info), level_));
  return Status::Ok();
}

Result<std::vector<manifest::TableMeta>> OutputWriter::Finish() {
  if (Status status = Cut(); !status.ok()) return status;
  if (!tables_.empty()) {
    if (Status status = env_.directory->Sync(); !status.ok()) return status;
  }
  finished_ = true;
  return std::move(tables_);
}

void OutputWriter::DeleteTables() {
  builder_.reset();  // waits for what is in flight
  file_.reset();
  // What cannot be deleted now is an orphan that the next open removes.
  for (const uint64_t number : numbers_) {
    (void)base::Contain([&] { return env_.directory->Unlink(TableName(number)); });
  }
  numbers_.clear();
}

}  // namespace treering::compaction
