#include "engine/wal/recovery.h"

#include <algorithm>
#include <memory>
#include <optional>
#include <utility>

#include "engine/base/file_names.h"
#include "engine/wal/lock_wait.h"
#include "engine/wal/log_reader.h"
#include "engine/wal/log_scan.h"
#include "engine/wal/tail_format.h"
#include "engine/wal/tail_reader.h"

namespace treering::wal {
namespace {

// The tail's content, and its file, which keeps the lock.
struct TailContent {
  std::unique_ptr<io::File> file;
  std::vector<std::byte> bytes;
};

Result<std::unique_ptr<io::File>> OpenTail(io::Directory* directory,
                                           const RecoveryOptions& options) {
  const std::string name = base::MakeFileName(base::FileKind::kTail);
  Result<std::unique_ptr<io::File>> file =
      options.read_only
          ? directory->Open(name, {.mode = io::OpenMode::kRead, .direct = false})
          : OpenLocked(directory, options.clock, name, /*direct=*/false, options.lock_wait_nanos);
  if (file.ok() || !file.status().IsNotFound()) return file;
  return Status::Corruption(directory->path() + "/" + name +
                            ": the manifest names a mapped tail, and it is missing");
}

Result<TailContent> ReadTail(io::Directory* directory, io::Queue* queue,
                             const RecoveryOptions& options) {
  TailContent content;
  if (options.tail_capacity == 0) return content;
  if (!TailCapacityValid(options.tail_capacity)) {
    return Status::Corruption(
        "manifest: tail capacity: expected " + std::to_string(kTailCapacityMin) + " to " +
        std::to_string(kTailCapacityMax) + ", found " + std::to_string(options.tail_capacity));
  }
  Result<std::unique_ptr<io::File>> file = OpenTail(directory, options);
  if (!file.ok()) return file.status();
  content.file = std::move(*file);
  uint64_t size = 0;
  Status status = content.file->Size(&size);
  if (!status.ok()) return status;
  content.bytes.resize(std::min(size, kTailHeaderPageBytes + options.tail_capacity));
  io::Request read = io::Request::Read(content.file.get(), 0, content.bytes);
  status = queue->Run(&read);
  if (!status.ok()) return status;
  content.bytes.resize(read.transferred);
  return content;
}

Status ScanSegments(io::Queue* queue, const RecoveryOptions& options, LogReader* reader,
                    LogScan* scan) {
  uint64_t from = options.start.lsn;
  std::optional<uint64_t> retried;
  while (true) {
    const Status status = reader->Read(queue, from, [scan](const LogReader::Block& block) {
      return scan->Add(block.lsn, block.bytes, block.path, block.offset);
    });
    if (!status.ok()) return status;
    const Status verdict = scan->Judge();
    // Beside a live writer the block may just not have been there yet. What is still broken when it
    // is read once more is damaged.
    if (verdict.ok() || !options.read_only || scan->break_lsn() == retried) return verdict;
    from = scan->break_lsn();
    retried = from;
    scan->Retry();
  }
}

Status ReplayTail(const std::vector<TailRecord>& records, const GroupVisitor& visitor,
                  RecoveryResult* result) {
  for (const TailRecord& record : records) {
    if (record.header.last_sequence() <= result->last_sequence) continue;
    if (record.header.first_sequence > result->last_sequence + 1) break;
    if (record.header.first_sequence != result->last_sequence + 1) {
      return Status::Corruption("tail record at position " + std::to_string(record.position) +
                                ": sequence: expected " +
                                std::to_string(result->last_sequence + 1) + ", found " +
                                std::to_string(record.header.first_sequence) + " with " +
                                std::to_string(record.header.count) + " records");
    }
    const Status status = visitor(record.header, record.payload);
    if (!status.ok()) return status;
    result->last_sequence = record.header.last_sequence();
    result->payload_bytes += record.payload.size();
    ++result->groups_from_tail;
  }
  return Status::Ok();
}

}  // namespace

Result<RecoveryResult> RecoverLog(io::Directory* directory, io::Queue* queue,
                                  const RecoveryOptions& options, const GroupVisitor& visitor) {
  Result<std::unique_ptr<LogReader>> reader =
      LogReader::Open(directory, options.segments, options.start,
                      {options.read_only, options.lock_wait_nanos, options.buffers, options.clock});
  if (!reader.ok()) return reader.status();
  // The tail before the segments: what a live writer spills and overwrites in between is then found
  // in the segments, and nothing is missing.
  const Result<TailContent> tail = ReadTail(directory, queue, options);
  if (!tail.ok()) return tail.status();

  LogScan scan(options.database_id, options.generation, options.start, visitor);
  Status status = ScanSegments(queue, options, reader->get(), &scan);
  if (!status.ok()) return status;

  RecoveryResult result;
  result.last_sequence = scan.groups().last_sequence();
  result.groups_from_log = scan.groups().groups();
  result.payload_bytes = scan.groups().payload_bytes();
  result.bytes_cut = scan.bytes_cut();
  result.clean_close = scan.clean_close();
  result.promise = scan.promise();
  result.next_lsn = std::max(scan.break_lsn(), scan.valid_end_lsn());
  result.unused_segments = (*reader)->SegmentsFrom(result.next_lsn);
  if (options.tail_capacity == 0) return result;

  const Result<std::vector<TailRecord>> records =
      ReadTailRecords(tail->bytes, tail->file->path(),
                      {options.database_id, options.generation, options.tail_capacity});
  if (!records.ok()) return records.status();
  status = ReplayTail(*records, visitor, &result);
  if (!status.ok()) return status;
  return result;
}

}  // namespace treering::wal
