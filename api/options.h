// Options: everything a user may set, twenty-five at most, each with the user it exists for.
//
// Owner: values, copied at open.
// Threads: plain values.
// Invariants:
//   1. Defaults are right for a mixed load on one NVMe drive; tools use the same defaults.
//   2. A value out of range is InvalidArgument at open, naming option, value and range.
#ifndef TREERING_API_OPTIONS_H_
#define TREERING_API_OPTIONS_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "api/comparator.h"
#include "api/durability.h"
#include "api/slice.h"

namespace treering {

class Runtime;   // api/db.h
class Snapshot;  // api/db.h

enum class IoBackend : uint8_t {
  kAuto = 0,   // io_uring; plain calls where the kernel refuses it, said once in the log
  kUring = 1,  // io_uring or an error
  kPosix = 2,  // plain calls: for containers that forbid io_uring
};

enum class LogMode : uint8_t {
  kAuto = 0,   // mapped tail, or kWrite on file systems where a mapping is not kept
  kTail = 1,   // groups go to the mapped tail, spilled to segments
  kWrite = 2,  // one write to the log segment per group
  kOff = 3,    // no log: kMemory only, recovers to the last flush
};

enum class Compression : uint8_t { kNone = 0, kLz4 = 1, kZstd = 2 };

// What databases share: memory, rings, workers.
struct RuntimeOptions {
  // Bytes for cache, memtables, filters, indexes and I/O buffers of all databases together.
  uint64_t memory_budget = 256ull << 20;
  IoBackend io_backend = IoBackend::kAuto;
  // Threads for flush and compaction; 0 means one per core.
  uint32_t background_threads = 0;
  // Ask for huge pages under cache and buffers.
  bool huge_pages = true;
  // Let a kernel thread poll submissions: for hosts with cores to spare.
  bool sqpoll = false;
  // Receives the engine's messages, one line each, from any thread; empty means nowhere.
  std::function<void(std::string_view line)> logger;
};

struct Options {
  bool create_if_missing = false;
  bool error_if_exists = false;
  // Takes no lock and writes no byte; a fixed view as of the open.
  bool read_only = false;
  // For writes that name none.
  Durability durability = Durability::kProcess;
  LogMode log = LogMode::kAuto;
  const Comparator* comparator = BytewiseComparator();
  // The runtime to live on; null means the process's shared one.
  std::shared_ptr<Runtime> runtime;
  // Size at which a memtable is sealed; 0 means an eighth of the budget, at most 64 MiB.
  uint64_t memtable_bytes = 0;
  uint64_t table_bytes = 64ull << 20;
  uint32_t block_bytes = 4096;
  // Bloom filter bits per key; 0 turns filters off.
  uint32_t bloom_bits_per_key = 10;
  // By level, the last entry for all deeper ones; empty means none.
  std::vector<Compression> compression_per_level;
  uint32_t level0_trigger = 4;
  uint64_t level_base_bytes = 256ull << 20;
  uint32_t level_multiplier = 10;
  bool disable_auto_compactions = false;
};

struct ReadOptions {
  // Read as of this snapshot; null means now.
  const Snapshot* snapshot = nullptr;
  // Keep what is read in the cache.
  bool fill_cache = true;
  // Iterators: keys in [lower_bound, upper_bound). Bytes must outlive the iterator.
  const Slice* lower_bound = nullptr;
  const Slice* upper_bound = nullptr;
};

struct WriteOptions {
  // Unset: the database's own default holds.
  std::optional<Durability> durability;
};

}  // namespace treering

#endif  // TREERING_API_OPTIONS_H_
