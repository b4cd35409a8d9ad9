// OutputWriter: writes a sorted stream of entries into one table file after another.
//
// Owner: a flush or a compaction job; the environment and the queue outlive it.
// Threads: one at a time, the queue's own.
// Invariants:
//   1. A table is only made when there is an entry for it.
//   2. After Finish returned OK every table is durable, name included: the directory was synced
//      after the last of them. Nothing refers to them yet.
//   3. Destroyed without a Finish that returned OK, it deletes what it made.
#ifndef TREERING_ENGINE_COMPACTION_OUTPUT_WRITER_H_
#define TREERING_ENGINE_COMPACTION_OUTPUT_WRITER_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

#include "api/result.h"
#include "api/slice.h"
#include "engine/base/checksum.h"
#include "engine/io/buffer_pool.h"
#include "engine/io/disk.h"
#include "engine/key/internal_key.h"
#include "engine/manifest/table_meta.h"
#include "engine/table/table_builder.h"

namespace treering::compaction {

// What the jobs of one database share.
struct JobEnv {
  io::Directory* directory = nullptr;
  io::BufferPool* buffers = nullptr;
  key::KeyOrder order{BytewiseComparator()};
  base::Id128 database_id;
  uint32_t block_bytes = 4096;
  uint32_t bloom_bits_per_key = 10;
  // Bytes that a compaction may have in flight for reading its inputs.
  uint64_t read_ahead_bytes = 6ull << 20;
  // A number no file ever had (ManifestStore::NewFileNumber).
  std::function<Result<uint64_t>(io::Queue*)> new_file_number;
};

class OutputWriter {
 public:
  // `expected_bytes`: how long a table will probably be.
  OutputWriter(const JobEnv& env, io::Queue* queue, uint32_t level, uint64_t expected_bytes);
  ~OutputWriter();
  OutputWriter(const OutputWriter&) = delete;
  OutputWriter& operator=(const OutputWriter&) = delete;

  // Entries in order. The first error stands.
  Status Add(const Slice& internal_key, const Slice& value);
  // Ends the present table; the next entry begins another. Nothing happens when there is none.
  Status Cut();
  // Bytes of the present table so far; 0 when there is none.
  uint64_t table_bytes() const { return builder_ == nullptr ? 0 : builder_->EstimatedBytes(); }

  Result<std::vector<manifest::TableMeta>> Finish();
  // After Finish, when the edit that names the tables failed for certain: deletes them.
  void DeleteTables();

 private:
  Status StartTable();

  const JobEnv& env_;
  io::Queue* const queue_;
  const uint32_t level_;
  const uint64_t expected_bytes_;
  std::unique_ptr<io::File> file_;
  std::unique_ptr<table::TableBuilder> builder_;
  std::vector<uint64_t> numbers_;  // of every file made
  std::vector<manifest::TableMeta> tables_;
  bool finished_ = false;
};

}  // namespace treering::compaction

#endif  // TREERING_ENGINE_COMPACTION_OUTPUT_WRITER_H_
