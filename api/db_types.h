// Plain values that a DB takes and gives: key ranges, its state, what a verification found.
//
// Owner: the caller.
// Threads: plain values.
// Invariants:
//   1. Numbers of DbState are part of the C interface: append only.
#ifndef TREERING_API_DB_TYPES_H_
#define TREERING_API_DB_TYPES_H_

#include <cstdint>
#include <vector>

#include "api/slice.h"
#include "api/status.h"

namespace treering {

struct Range {
  Slice begin;  // inclusive
  Slice end;    // exclusive
};

// docs/durability.md, "States".
enum class DbState : uint8_t {
  kHealthy = 0,
  kDegraded = 1,  // no room, or a disk that takes no tables: NoSpace or IoError; resumes
  kReadOnly = 2,  // a durability file failed; reads go on, reopen to write
  kFailed = 3,    // an invariant is broken; every call answers the first cause
};

struct VerifyReport {
  uint64_t files = 0;
  uint64_t bytes = 0;
  // One per damaged place: file, offset, kind, what was expected and found.
  std::vector<Status> problems;
};

}  // namespace treering

#endif  // TREERING_API_DB_TYPES_H_
