// TableSet: opens the tables of a database when they are first needed.
//
// Owner: DbCore; outlives every version's use.
// Threads: any.
// Invariants:
//   1. A handle, once open, hangs in its LiveTable's slot and lives as long as that.
//   2. A table that is missing or was replaced is Corruption naming the file; others stay readable.
//      It is tried anew by each read that needs it.
#ifndef TREERING_ENGINE_DB_TABLE_SET_H_
#define TREERING_ENGINE_DB_TABLE_SET_H_

#include <memory>

#include "api/result.h"
#include "engine/io/disk.h"
#include "engine/manifest/version.h"
#include "engine/table/table_reader.h"

namespace treering::db {

class TableSet {
 public:
  TableSet(io::Directory* directory, const table::TableEnv& env)
      : directory_(directory), env_(env) {}

  // The open handle, or null when it is yet to be opened.
  static table::Table* Peek(const manifest::LiveTable& table) {
    return static_cast<table::Table*>(table.slot->Get());
  }
  // Its file, opened anew by name; Corruption when it is missing.
  Result<std::unique_ptr<io::File>> OpenFile(const manifest::LiveTable& table) const;
  // Opens it where that is still to be done.
  Result<table::Table*> Open(const manifest::LiveTable& table, io::Queue* queue);
  // The same, as a handle that keeps the table.
  Result<std::shared_ptr<table::Table>> Share(const manifest::TableRef& table, io::Queue* queue);

  const table::TableEnv& env() const { return env_; }

 private:
  io::Directory* const directory_;
  const table::TableEnv env_;
};

}  // namespace treering::db

#endif  // TREERING_ENGINE_DB_TABLE_SET_H_
