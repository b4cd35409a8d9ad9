// JobWorld: a simulated disk with tables made from text, and what jobs need, for tests.
//
// Owner: the test.
// Threads: one at a time.
// Invariants:
//   1. An entry in text is USERKEY@SEQUENCE=VALUE, or USERKEY@SEQUENCE- for a deletion.
#ifndef TREERING_ENGINE_COMPACTION_JOB_TESTING_H_
#define TREERING_ENGINE_COMPACTION_JOB_TESTING_H_

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "engine/compaction/output_writer.h"
#include "engine/io/sim_disk.h"
#include "engine/io/sim_storage.h"
#include "engine/key/internal_iterator.h"
#include "engine/manifest/version.h"
#include "engine/table/table_testing.h"

namespace treering::compaction {

class JobWorld {
 public:
  JobWorld();

  // "a@5=x b@3-"
  static table::Entries Parse(std::string_view text);
  // `count` entries key<first>, key<first + step>… of `value_bytes` each, at one sequence.
  static table::Entries Many(int first, int count, int step, size_t value_bytes,
                             key::Sequence sequence);

  // A table file of `entries`, under the next number.
  manifest::TableRef MakeTable(uint32_t level, const table::Entries& entries);
  manifest::TableRef MakeTable(uint32_t level, std::string_view text) {
    return MakeTable(level, Parse(text));
  }
  std::shared_ptr<const manifest::Version> MakeVersion(
      const std::vector<manifest::TableRef>& tables);
  Result<std::shared_ptr<table::Table>> Open(const manifest::TableMeta& meta);
  // All entries of a table.
  table::Entries Read(const manifest::TableMeta& meta);
  // The same of several, as text, tables apart by " | ".
  std::string Text(const std::vector<manifest::TableMeta>& tables);

  JobEnv* env() { return &env_; }
  table::TableWorld* tables() { return &tables_; }
  io::Directory* directory() { return directory_.get(); }
  io::Queue* queue() { return tables_.queue(); }
  size_t FileCount() const { return storage.ListFiles().size(); }
  static std::string PathOf(uint64_t number);

  io::SimStorage storage;

 private:
  io::SimDisk disk_{&storage};
  table::TableWorld tables_{std::make_unique<io::SimDisk>(&storage), "/db"};
  std::unique_ptr<io::Directory> directory_;
  uint64_t next_number_ = 1;
  JobEnv env_;
};

// A sorted vector as a stream; fails with Corruption in place of the entry at `fails_at`.
std::unique_ptr<key::InternalIterator> NewEntriesIterator(table::Entries entries,
                                                          size_t fails_at = SIZE_MAX);

}  // namespace treering::compaction

#endif  // TREERING_ENGINE_COMPACTION_JOB_TESTING_H_
