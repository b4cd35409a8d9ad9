// VerifyTable: a full check of one table file, independent of cache and manifest.
//
// Owner: nobody.
// Threads: the queue's.
// Invariants:
//   1. Reads every byte of the file. OK means: every sum and every reserved byte holds, blocks lie
//      without gap, keys ascend, separators separate, the filter answers yes for every key, and
//      counts, sequences, key hashes and the whole-file hash are what the footer says.
//   2. Otherwise `problems` has one line each, with file, offset, kind, expected and found; damage
//      in one block does not hide damage in others as long as the index can be read.
#ifndef TREERING_ENGINE_TABLE_TABLE_VERIFY_H_
#define TREERING_ENGINE_TABLE_TABLE_VERIFY_H_

#include <cstdint>
#include <string>
#include <vector>

#include "api/result.h"
#include "engine/io/buffer_pool.h"
#include "engine/io/file.h"
#include "engine/io/queue.h"
#include "engine/key/internal_key.h"
#include "engine/table/table_info.h"

namespace treering::table {

struct TableProblem {
  uint64_t offset = 0;
  std::string kind;     // "data block", "filter page", "order", "count", ...
  std::string message;  // whole, with the file's name
};

struct TableReport {
  // As found in the file; for comparing with the manifest. Good when there are no problems.
  TableInfo info;
  base::Id128 database_id;
  uint64_t data_blocks = 0;
  uint64_t padding_bytes = 0;          // in data blocks
  std::vector<TableProblem> problems;  // at most kTableProblemsMax
  // OK, or Corruption (or what else was wrong) with the first problem's message.
  Status ToStatus() const;
};
inline constexpr size_t kTableProblemsMax = 100;

// Not OK only when the file cannot be read at all (I/O error, NotSupported).
Result<TableReport> VerifyTable(io::File* file, const key::KeyOrder& order, io::Queue* queue,
                                io::BufferPool* pool);

}  // namespace treering::table

#endif  // TREERING_ENGINE_TABLE_TABLE_VERIFY_H_
