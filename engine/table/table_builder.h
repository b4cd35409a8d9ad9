// TableBuilder: writes one table file, from entries in order.
//
// Owner: a flush or a compaction. The file, the queue and the pool outlive it.
// Threads: one at a time, the queue's own.
// Invariants:
//   1. Nothing is appended: the file is allocated ahead of every write, and cut to its length by
//      Finish. Up to 8 writes of 256 KiB from registered buffers are in flight on the queue.
//   2. The first error stands: every later call returns it, and only Abandon makes sense.
//   3. After Finish returned OK every byte is durable; the file's name is not (the caller syncs the
//      directory, then the manifest).
//   4. After Finish or Abandon nothing is in flight. Destroying does what Abandon does.
//   5. Add allocates nothing per entry. Filter hashes and index partitions wait in memory, charged
//      to the pool's budget, until Finish.
// Queue: others may have requests of their own on it only if they keep to io_client.h.
// Format: docs/format/table.md.
#ifndef TREERING_ENGINE_TABLE_TABLE_BUILDER_H_
#define TREERING_ENGINE_TABLE_TABLE_BUILDER_H_

#include <cstdint>
#include <memory>

#include "api/options.h"
#include "api/result.h"
#include "api/slice.h"
#include "engine/base/checksum.h"
#include "engine/io/buffer_pool.h"
#include "engine/io/file.h"
#include "engine/io/queue.h"
#include "engine/key/internal_key.h"
#include "engine/table/table_info.h"

namespace treering::table {

struct TableBuilderOptions {
  uint32_t block_bytes = 4096;                   // rounded up to 1, 2, 4, 8 or 16 pages
  uint32_t bloom_bits_per_key = 10;              // 0: no filter
  Compression compression = Compression::kNone;  // others: NotSupported
  key::KeyOrder order{BytewiseComparator()};
  base::Id128 database_id;
  base::Id128 file_id;  // random, the file's own
  uint64_t file_number = 0;
  // The size to allocate at first; grown in steps when it was too small.
  uint64_t expected_bytes = 0;
};

class TableBuilder {
 public:
  // `file` is empty and open for writing.
  TableBuilder(const TableBuilderOptions& options, io::File* file, io::Queue* queue,
               io::BufferPool* pool);
  ~TableBuilder();
  TableBuilder(const TableBuilder&) = delete;
  TableBuilder& operator=(const TableBuilder&) = delete;

  // `key` is an encoded internal key behind the one before, by the order; both are copied.
  // InvalidArgument when it is not, when it is too short or too long, or of a kind that tables do
  // not hold.
  Status Add(const Slice& key, const Slice& value);
  // Writes the rest, cuts the file and syncs it. InvalidArgument when nothing was added.
  Result<TableInfo> Finish();
  // Waits for what is in flight and leaves the file as it is, for the caller to delete.
  void Abandon();

  uint64_t entries() const;
  // How long the file would be if Finish were called now, to a few pages. In bytes.
  uint64_t EstimatedBytes() const;
  Status status() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace treering::table

#endif  // TREERING_ENGINE_TABLE_TABLE_BUILDER_H_
