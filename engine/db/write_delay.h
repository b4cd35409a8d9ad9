// WriteDelay: slows writers so that flushes and compactions keep up.
//
// Owner: Background.
// Threads: Decide by one thread at a time, Throttle by one (the leader of the pipeline).
// Invariants:
//   1. A delay is decided from the debt alone (compaction/throttle.h) and counted under its cause.
//   2. One sleep is short; what made it needful is looked at again after it.
#ifndef TREERING_ENGINE_DB_WRITE_DELAY_H_
#define TREERING_ENGINE_DB_WRITE_DELAY_H_

#include <atomic>
#include <cstddef>
#include <cstdint>

#include "engine/compaction/picker.h"
#include "engine/db/effective_options.h"
#include "engine/db/stall_stats.h"
#include "engine/manifest/version.h"

namespace treering::db {

class WriteDelay {
 public:
  // `stop`: no sleep begins any more.
  WriteDelay(const EffectiveOptions* options, StallStats* stalls, const std::atomic<bool>* stop)
      : options_(options), stalls_(stalls), stop_(stop) {}

  // Whenever the debt may have changed.
  void Decide(const manifest::Version& version, size_t sealed_memtables);
  // Sleeps as the debt demands of a writer of so many bytes.
  void Throttle(uint64_t bytes);
  // A flush drained so many bytes of memtables in that time.
  void NoteDrained(uint64_t bytes, uint64_t nanos);

 private:
  const EffectiveOptions* const options_;
  StallStats* const stalls_;
  const std::atomic<bool>* const stop_;
  std::atomic<uint64_t> drain_bytes_per_second_{64ull << 20};
  std::atomic<uint64_t> nanos_per_kib_{0};
  std::atomic<StallCause> cause_{StallCause::kMemtables};
  uint64_t owed_nanos_ = 0;  // the leader's
};

}  // namespace treering::db

#endif  // TREERING_ENGINE_DB_WRITE_DELAY_H_
