// Comparator: the order of user keys.
//
// Owner: the caller; it outlives every database that was opened with it.
// Threads: called from many threads at once; implementations hold no mutable state.
// Invariants:
//   1. A strict total order that never changes while a database exists; the name stands for it on
//      disk, and a database opened under another name is refused.
//   2. Callbacks do not throw. What one throws all the same comes back as Failed; while a write or
//      a compaction is under way it ends the database until the next open.
#ifndef TREERING_API_COMPARATOR_H_
#define TREERING_API_COMPARATOR_H_

#include <string>
#include <string_view>

#include "api/slice.h"

namespace treering {

class Comparator {
 public:
  virtual ~Comparator() = default;

  // At most 255 bytes; recorded in the database.
  virtual std::string_view Name() const = 0;
  // Negative, zero or positive as `a` sorts before, with or after `b`.
  virtual int Compare(const Slice& a, const Slice& b) const = 0;
  // May replace *start (which sorts before limit) by a shorter key in [*start, limit).
  virtual void FindShortestSeparator(std::string* start, const Slice& limit) const {
    (void)start;
    (void)limit;
  }
  // May replace *key by a shorter key that is not before it.
  virtual void FindShortSuccessor(std::string* key) const { (void)key; }
};

// Unsigned bytewise order, "treering.bytewise". Never deleted.
const Comparator* BytewiseComparator();

}  // namespace treering

#endif  // TREERING_API_COMPARATOR_H_
