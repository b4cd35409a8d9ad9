// Group: one commit group as the log carries it, and the parser that puts groups together again.
//
// Owner: the caller.
// Threads: one at a time.
// Invariants:
//   1. A group comes out whole or not at all, and its sequences follow those of the one before.
//   2. A length is checked before use; memory grows only with bytes that were really there.
// Format: docs/format/log.md, "Spill and group".
#ifndef TREERING_ENGINE_WAL_GROUP_H_
#define TREERING_ENGINE_WAL_GROUP_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>

#include "api/slice.h"
#include "api/status.h"
#include "engine/key/internal_key.h"
#include "engine/wal/log_format.h"

namespace treering::wal {

struct GroupHeader {
  uint32_t payload_bytes = 0;
  key::Sequence first_sequence = 0;
  uint32_t count = 0;

  key::Sequence last_sequence() const { return first_sequence + count - 1; }
  bool operator==(const GroupHeader&) const = default;
};

std::array<std::byte, kGroupHeaderBytes> EncodeGroupHeader(const GroupHeader& header);

// Empty when lengths and numbers are possible, else what is wrong in words.
std::string CheckGroupHeader(const GroupHeader& header);

// Gets each whole group, in order. `payload` is good during the call only.
using GroupVisitor = std::function<Status(const GroupHeader& header, const Slice& payload)>;

// Takes the payload of one spill after the other, in pieces, and gives the groups in it.
class GroupParser {
 public:
  // Groups whose last record is at or below `replayed` are passed over. The first group begins at
  // or before the sequence behind it.
  GroupParser(key::Sequence replayed, GroupVisitor visitor)
      : replayed_(replayed), visitor_(std::move(visitor)) {}

  // Corruption when what is whole is wrong (without the place, which the caller adds), or the
  // visitor's error; not used any more then.
  Status Add(std::span<const std::byte> piece);
  // Whether the bytes so far end with a whole group, as they must at the end of a spill.
  bool at_group_end() const { return pending_.empty(); }
  // Bytes of a group that is not whole.
  uint64_t pending_bytes() const { return pending_.size(); }
  // Forgets them.
  void DropPending() { pending_.clear(); }

  // Of the last whole group, or `replayed` when that is higher or there was none.
  key::Sequence last_sequence() const;
  // The sequence that the next group must begin with; none before the first group.
  std::optional<key::Sequence> next_sequence() const { return next_; }
  uint64_t groups() const { return groups_; }
  uint64_t payload_bytes() const { return payload_bytes_; }

 private:
  Status Deliver(const GroupHeader& header, const Slice& payload);
  Status CheckOrder(const GroupHeader& header) const;

  const key::Sequence replayed_;
  const GroupVisitor visitor_;
  std::string pending_;
  std::optional<key::Sequence> next_;
  uint64_t groups_ = 0;         // given to the visitor
  uint64_t payload_bytes_ = 0;  // of those
};

}  // namespace treering::wal

#endif  // TREERING_ENGINE_WAL_GROUP_H_
