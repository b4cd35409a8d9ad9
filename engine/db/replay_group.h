// ReplayGroup: the records of one recovered commit group, with their sequences.
//
// Owner: a function.
// Threads: the caller's.
// Invariants:
//   1. `add` gets header.count records at most; any other number in the payload is Corruption.
//   2. The first error, of the payload or of `add`, ends it.
#ifndef TREERING_ENGINE_DB_REPLAY_GROUP_H_
#define TREERING_ENGINE_DB_REPLAY_GROUP_H_

#include <string>

#include "api/slice.h"
#include "api/status.h"
#include "engine/key/batch_reader.h"
#include "engine/wal/group.h"

namespace treering::db {

// add: Status(Sequence, Kind, const Slice& user_key, const Slice& value).
template <typename AddRecord>
Status ReplayGroup(const wal::GroupHeader& header, const Slice& payload, const AddRecord& add) {
  const auto wrong_count = [&header](const std::string& found) {
    return Status::Corruption("the commit group of sequence " +
                              std::to_string(header.first_sequence) + " holds " + found +
                              " records, expected " + std::to_string(header.count));
  };
  key::BatchReader reader(payload);
  uint32_t count = 0;
  while (reader.Next()) {
    if (count == header.count) return wrong_count("more");
    Status status = add(header.first_sequence + count, reader.kind(), reader.key(), reader.value());
    if (!status.ok()) return status;
    ++count;
  }
  if (!reader.status().ok()) return reader.status();
  return count == header.count ? Status::Ok() : wrong_count(std::to_string(count));
}

}  // namespace treering::db

#endif  // TREERING_ENGINE_DB_REPLAY_GROUP_H_
