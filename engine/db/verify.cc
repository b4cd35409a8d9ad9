#include "engine/db/verify.h"

#include <utility>

#include "engine/table/table_verify.h"

namespace treering::db {
namespace {

// What the file says of itself against what the manifest says of it: all of it, or reads would
// refuse a table that was found whole.
Status CompareWithManifest(const std::string& path, const manifest::TableMeta& meta,
                           const table::TableReport& report) {
  const table::TableInfo& info = report.info;
  const auto other = [&](const std::string& what) {
    return Status::Corruption("table " + path +
                              " at offset 0: another table than the manifest names: " + what);
  };
  if (info.file_id != meta.id || info.bytes != meta.bytes) {
    return other("expected id " + meta.id.ToHex() + " and " + std::to_string(meta.bytes) +
                 " bytes, found id " + info.file_id.ToHex() + " and " + std::to_string(info.bytes) +
                 " bytes");
  }
  if (info.hash != meta.file_hash) return other("its whole-file hash differs");
  if (info.entries != meta.entries || info.deletions != meta.deletions) {
    return other("expected " + std::to_string(meta.entries) + " entries and " +
                 std::to_string(meta.deletions) + " deletions, found " +
                 std::to_string(info.entries) + " and " + std::to_string(info.deletions));
  }
  if (info.smallest_sequence != meta.smallest_sequence ||
      info.largest_sequence != meta.largest_sequence) {
    return other("expected sequences " + std::to_string(meta.smallest_sequence) + " to " +
                 std::to_string(meta.largest_sequence) + ", found " +
                 std::to_string(info.smallest_sequence) + " to " +
                 std::to_string(info.largest_sequence));
  }
  if (info.smallest != meta.smallest || info.largest != meta.largest) {
    return other("its smallest or largest key differs");
  }
  return Status::Ok();
}

// Not OK only when it could not be looked at for want of memory.
Status VerifyOne(DbParts* parts, io::Queue* queue, const manifest::LiveTable& table,
                 VerifyReport* report) {
  // Through the open handle where there is one: beside a writer the name may be gone already.
  io::File* file = nullptr;
  std::unique_ptr<io::File> opened;
  if (const table::Table* const open = TableSet::Peek(table)) {
    file = open->file();
  } else {
    auto by_name = parts->tables->OpenFile(table);
    if (!by_name.ok()) {
      report->problems.push_back(by_name.status());
      return Status::Ok();
    }
    opened = *std::move(by_name);
    file = opened.get();
  }
  const auto found = table::VerifyTable(file, parts->order, queue, parts->runtime->buffers());
  if (!found.ok()) {
    if (found.status().IsOutOfMemory()) return found.status();
    report->problems.push_back(found.status());
    return Status::Ok();
  }
  for (const table::TableProblem& problem : found->problems) {
    report->problems.push_back(Status::Corruption(problem.message));
  }
  if (!found->problems.empty()) return Status::Ok();
  Status same = CompareWithManifest(file->path(), table.meta, *found);
  if (!same.ok()) report->problems.push_back(std::move(same));
  return Status::Ok();
}

}  // namespace

Result<VerifyReport> VerifyDatabase(DbParts* parts,
                                    const std::function<void(uint64_t, uint64_t)>& progress) {
  auto lease = parts->runtime->LeaseQueue();
  if (!lease.ok()) return lease.status();
  const std::shared_ptr<const SuperVersion> super = parts->supers->Hold();
  const uint64_t total = super->version->total_bytes();
  VerifyReport report;
  for (uint32_t level = 0; level < manifest::Version::level_count(); ++level) {
    for (const manifest::TableRef& table : super->version->tables(level)) {
      if (Status status = VerifyOne(parts, lease->queue(), *table, &report); !status.ok()) {
        return status;
      }
      ++report.files;
      report.bytes += table->meta.bytes;
      if (progress) progress(report.bytes, total);
    }
  }
  return report;
}

}  // namespace treering::db
