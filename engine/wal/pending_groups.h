// PendingGroups: the groups that were appended and are in no spill yet, in order.
//
// Owner: Log.
// Threads: one at a time (the log's mutex); what Take gave away belongs to the taker.
// Invariants:
//   1. Sequences follow each other without a gap, over takes too.
//   2. Bytes in the tail stay readable until the spill that took them is written; borrowed ones
//      until their group is.
#ifndef TREERING_ENGINE_WAL_PENDING_GROUPS_H_
#define TREERING_ENGINE_WAL_PENDING_GROUPS_H_

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "api/slice.h"
#include "engine/wal/group.h"

namespace treering::wal {

struct PendingGroup {
  enum class Source : uint8_t { kTail, kBorrowed, kOwned };
  GroupHeader header;
  Source source = Source::kTail;
  uint64_t tail_position = 0;  // kTail: of the payload
  std::vector<Slice> pieces;   // kBorrowed
  std::string owned;           // kOwned
};

// What one spill carries.
struct TakenGroups {
  std::vector<PendingGroup> groups;
  uint64_t stream_bytes = 0;  // headers and payloads
};

class PendingGroups {
 public:
  explicit PendingGroups(key::Sequence last_sequence) : last_sequence_(last_sequence) {}

  bool empty() const { return taken_.groups.empty(); }
  uint64_t stream_bytes() const { return taken_.stream_bytes; }
  uint64_t owned_bytes() const { return owned_bytes_; }
  // Of the last group ever added.
  key::Sequence last_sequence() const { return last_sequence_; }
  // When the oldest one came.
  uint64_t since_nanos() const { return since_nanos_; }

  // Room for one more, so that Add allocates nothing.
  void MakeRoom();
  void Add(PendingGroup group, uint64_t now_nanos);
  TakenGroups Take();

 private:
  TakenGroups taken_;
  key::Sequence last_sequence_;
  uint64_t owned_bytes_ = 0;
  uint64_t since_nanos_ = 0;
};

}  // namespace treering::wal

#endif  // TREERING_ENGINE_WAL_PENDING_GROUPS_H_
