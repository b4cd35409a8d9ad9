// WriteBatch: puts and deletes that commit together or not at all.
//
// Owner: the caller, a value; Write only reads it.
// Threads: as a plain value: const use from many threads, changes from one.
// Invariants:
//   1. rep() is the concatenation of `count()` records; see docs/format/batch.md.
//   2. Order counts: a later record of the same key wins.
#ifndef TREERING_API_WRITE_BATCH_H_
#define TREERING_API_WRITE_BATCH_H_

#include <cstdint>
#include <string>
#include <string_view>

#include "api/slice.h"

namespace treering {

class WriteBatch {
 public:
  void Put(const Slice& key, const Slice& value);
  void Delete(const Slice& key);
  void Clear();
  // Adds the records of `other` behind ours.
  void Append(const WriteBatch& other);

  uint32_t count() const { return count_; }
  // Bytes that the batch takes in the log.
  size_t ByteSize() const { return rep_.size(); }
  std::string_view rep() const { return rep_; }
  // Sizes of the longest key and value so far, for the limits check at Write.
  size_t key_bytes_max() const { return key_bytes_max_; }
  size_t value_bytes_max() const { return value_bytes_max_; }

 private:
  std::string rep_;
  uint32_t count_ = 0;
  size_t key_bytes_max_ = 0;
  size_t value_bytes_max_ = 0;
};

}  // namespace treering

#endif  // TREERING_API_WRITE_BATCH_H_
