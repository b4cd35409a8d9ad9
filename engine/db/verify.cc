#include "engine/db/verify.h"

#include <utility>

#include "engine/base/file_names.h"
#include "engine/table/table_verify.h"

namespace treering::db {
namespace {

// What the file says of itself against what the manifest says of it.
Status CompareWithManifest(const std::string& path, const manifest::TableMeta& meta,
                           const table::TableReport& report) {
  const table::TableInfo& info = report.info;
  const bool is_same = info.file_id == meta.id && info.bytes == meta.bytes &&
                       info.hash == meta.file_hash && info.entries == meta.entries &&
                       info.deletions == meta.deletions;
  if (is_same) return Status::Ok();
  return Status::Corruption(
      "table " + path + " at offset 0: another table than the manifest names: expected id " +
      meta.id.ToHex() + " and " + std::to_string(meta.bytes) + " bytes, found id " +
      info.file_id.ToHex() + " and " + std::to_string(info.bytes) + " bytes");
}

void VerifyOne(DbParts* parts, io::Queue* queue, const manifest::TableMeta& meta,
               VerifyReport* report) {
  const std::string name = base::MakeFileName(base::FileKind::kTable, meta.number);
  const std::string path = parts->directory->path() + "/" + name;
  auto file = parts->directory->Open(name, io::OpenFlags());
  if (!file.ok()) {
    report->problems.push_back(
        Status::Corruption("table " + path + " cannot be opened: " + file.status().ToString()));
    return;
  }
  const auto found =
      table::VerifyTable(file->get(), parts->order, queue, parts->runtime->buffers());
  if (!found.ok()) {
    report->problems.push_back(found.status());
    return;
  }
  for (const table::TableProblem& problem : found->problems) {
    report->problems.push_back(Status::Corruption(problem.message));
  }
  if (!found->problems.empty()) return;
  Status same = CompareWithManifest(path, meta, *found);
  if (!same.ok()) report->problems.push_back(std::move(same));
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
      VerifyOne(parts, lease->queue(), table->meta, &report);
      ++report.files;
      report.bytes += table->meta.bytes;
      if (progress) progress(report.bytes, total);
    }
  }
  return report;
}

}  // namespace treering::db
