// EffectiveOptions: a user's options checked and completed with the defaults that follow from
// others.
//
// Owner: a value, fixed at open.
// Threads: plain value.
// Invariants:
//   1. Made by Resolve only; each value lies in its documented range.
#ifndef TREERING_ENGINE_DB_EFFECTIVE_OPTIONS_H_
#define TREERING_ENGINE_DB_EFFECTIVE_OPTIONS_H_

#include <cstdint>
#include <string>

#include "api/options.h"
#include "api/result.h"
#include "engine/compaction/picker.h"

namespace treering::db {

struct EffectiveOptions {
  Options user;  // without `runtime`
  uint64_t memtable_bytes = 0;
  // Sealed memtables that may wait for flush before writers wait for room.
  uint32_t sealed_memtables_max = 0;
  uint64_t batch_bytes_max = 0;
  uint64_t memory_budget = 0;

  // One "name=value" line per option, in a fixed order.
  std::string ToText() const;
  compaction::PickerOptions ForPicker() const;
};

// InvalidArgument naming option, value and range.
Result<EffectiveOptions> ResolveOptions(const Options& options, uint64_t memory_budget);

}  // namespace treering::db

#endif  // TREERING_ENGINE_DB_EFFECTIVE_OPTIONS_H_
