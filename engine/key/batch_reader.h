// BatchReader: walks the records of a batch or of a commit group's payload, bytes that may be
// hostile.
//
// Owner: the caller; the payload outlives the reader and every Slice it gave.
// Threads: one at a time.
// Invariants:
//   1. Every length is checked against the bytes that remain and against base/limits.h before use.
//   2. After the first damage Next() is false for ever and status() names its offset in the
//      payload.
//   3. Reserved kinds are NotSupported, unknown ones Corruption.
// Bytes: docs/format/batch.md. Writer: api/write_batch.cc.
#ifndef TREERING_ENGINE_KEY_BATCH_READER_H_
#define TREERING_ENGINE_KEY_BATCH_READER_H_

#include <cstdint>
#include <string>

#include "api/result.h"
#include "api/slice.h"
#include "api/status.h"
#include "engine/key/internal_key.h"

namespace treering::key {

class BatchReader {
 public:
  explicit BatchReader(const Slice& payload) : payload_(payload) {}

  // To the next record. False at the end of the payload, and when it is damaged: see status().
  bool Next();

  // Of the record that Next() found.
  Kind kind() const { return kind_; }
  const Slice& key() const { return key_; }
  const Slice& value() const { return value_; }  // empty for kDelete
  uint64_t offset() const { return record_offset_; }

  const Status& status() const { return status_; }

 private:
  bool ReadBytes(uint64_t bytes_max, const char* what, Slice* out);
  bool Damaged(const char* what, const std::string& why);

  Slice payload_;
  size_t next_offset_ = 0;
  size_t record_offset_ = 0;
  Kind kind_ = Kind::kDelete;
  Slice key_;
  Slice value_;
  Status status_;
};

// What a payload holds, as MemTable::Reserve wants to know it.
struct BatchTotals {
  uint64_t records = 0;
  uint64_t data_bytes = 0;  // keys and values
};

// Reads the whole payload once. An error exactly when a BatchReader would find one.
Result<BatchTotals> MeasureBatch(const Slice& payload);

}  // namespace treering::key

#endif  // TREERING_ENGINE_KEY_BATCH_READER_H_
