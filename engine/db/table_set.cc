#include "engine/db/table_set.h"

#include <utility>

#include "engine/base/file_names.h"

namespace treering::db {
namespace {

table::TableInfo ToInfo(const manifest::TableMeta& meta) {
  table::TableInfo info;
  info.number = meta.number;
  info.file_id = meta.id;
  info.bytes = meta.bytes;
  info.hash = meta.file_hash;
  info.entries = meta.entries;
  info.deletions = meta.deletions;
  info.smallest = meta.smallest;
  info.largest = meta.largest;
  info.smallest_sequence = meta.smallest_sequence;
  info.largest_sequence = meta.largest_sequence;
  return info;
}

}  // namespace

Result<std::unique_ptr<io::File>> TableSet::OpenFile(const manifest::LiveTable& table) const {
  const std::string name = base::MakeFileName(base::FileKind::kTable, table.meta.number);
  auto file = directory_->Open(name, io::OpenFlags());
  if (file.ok() || !file.status().IsNotFound()) return file;
  return Status::Corruption(
      "table " + directory_->path() + "/" + name + " is missing; expected a file of " +
      std::to_string(table.meta.bytes) +
      " bytes. Restore it from a backup, or run 'kvctl verify' to see what is lost");
}

Result<table::Table*> TableSet::Open(const manifest::LiveTable& table, io::Queue* queue) {
  if (table::Table* const open = Peek(table)) return open;
  auto file = OpenFile(table);
  if (!file.ok()) return file.status();
  auto opened = table::Table::Open(env_, ToInfo(table.meta), *std::move(file), queue);
  if (!opened.ok()) return opened.status();
  return static_cast<table::Table*>(table.slot->Attach(*std::move(opened)));
}

Result<std::shared_ptr<table::Table>> TableSet::Share(const manifest::TableRef& table,
                                                      io::Queue* queue) {
  auto opened = Open(*table, queue);
  if (!opened.ok()) return opened.status();
  return std::shared_ptr<table::Table>(table, *opened);  // the version's entry keeps the slot
}

}  // namespace treering::db
