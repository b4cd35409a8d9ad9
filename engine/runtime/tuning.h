// Tuning: sizes that no user sets and that tests make small, so that little work does much.
//
// Owner: the Runtime; changed before its first database is opened.
// Threads: a plain value.
// Invariants:
//   1. Formats do not depend on it: a database made with one tuning opens with another.
#ifndef TREERING_ENGINE_RUNTIME_TUNING_H_
#define TREERING_ENGINE_RUNTIME_TUNING_H_

#include <cstdint>

namespace treering::runtime {

struct Tuning {
  uint64_t manifest_bytes = 1u << 20;       // room made for a manifest before it rolls over
  uint64_t tail_bytes = 2u << 20;           // capacity of the mapped tail
  uint64_t first_segment_bytes = 1u << 20;  // of the first log segment of an open
};

}  // namespace treering::runtime

#endif  // TREERING_ENGINE_RUNTIME_TUNING_H_
