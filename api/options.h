// Options: everything a user may set, twenty-five at most, each with the user it exists for.
//
// Owner: values, copied at open.
// Threads: plain values.
// Invariants:
//   1. Defaults are right for a mixed load on one NVMe drive; tools use the same defaults.
//   2. A value out of range is InvalidArgument at open (of the Runtime, at its creation), naming
//      option, value and range.
//   3. Ranges include both ends.
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
  // Bytes for cache, memtables, filters, indexes and I/O buffers of all its databases together;
  // 16 MiB to 16 TiB. For whoever shares the machine with something else, or has it alone.
  uint64_t memory_budget = 256ull << 20;
  // How files are read and written. For containers that forbid io_uring, and for tests that must
  // not run without it.
  IoBackend io_backend = IoBackend::kAuto;
  // Threads for flush and compaction, 0 to 256; 0 means one per core. For hosts that keep cores to
  // themselves.
  uint32_t background_threads = 0;
  // Ask for huge pages under cache and buffers; without them it works all the same. To turn off
  // where huge pages are rationed.
  bool huge_pages = true;
  // Let a kernel thread poll submissions. For hosts with cores to spare and writes that may not
  // wait.
  bool sqpoll = false;
  // Receives the engine's messages, one line each without its end, from any thread; empty means
  // nowhere. It must not call back into the database. For programs that keep a log.
  std::function<void(std::string_view line)> logger;
};

struct Options {
  // Make the directory (not its parents) and a database in it where there is none. For programs
  // that own their data.
  bool create_if_missing = false;
  // InvalidArgument where there is one. For loaders that must not add to what is there.
  bool error_if_exists = false;
  // Takes no lock and writes no byte; a fixed view as of the open, also beside a writer. Goes with
  // neither of the two above. For tools, backups and reading processes.
  bool read_only = false;
  // Of the writes that name none: see Durability. For programs in which most writes want the same.
  Durability durability = Durability::kProcess;
  // How commits reach the log. For unusual file systems (kWrite), and for data that can be made
  // anew (kOff, which takes kMemory writes alone and so needs durability = kMemory).
  LogMode log = LogMode::kAuto;
  // The order of keys; not null, outlives the database, and is the same at every open: its name is
  // kept, another is InvalidArgument. For keys that are not compared byte by byte.
  const Comparator* comparator = BytewiseComparator();
  // The Runtime to live on; null means the process's shared one. For programs with several
  // databases, or with a budget of their own choice.
  std::shared_ptr<Runtime> runtime;
  // Bytes at which a memtable is sealed and flushed, 64 KiB to half of the budget; 0 means an
  // eighth of the budget, but at most 64 MiB. For bursts of writes: larger means fewer flushes.
  uint64_t memtable_bytes = 0;
  // Bytes at which a compaction starts its next table, 64 KiB to 1 TiB. For file systems, or
  // copies, that prefer fewer or smaller files.
  uint64_t table_bytes = 64ull << 20;
  // Bytes of a data block to begin with, 4 KiB to 64 KiB, rounded up to 1, 2, 4, 8 or 16 pages of
  // 4 KiB. For scans of large tables (more); a cold get reads one block.
  uint32_t block_bytes = 4096;
  // Bits per key of each table's Bloom filter, 0 to 32; 0 turns filters off. For data that is read
  // by scans alone (0), or asked for many missing keys (more).
  uint32_t bloom_bits_per_key = 10;
  // By level, the last entry for all deeper ones; empty means none. This build knows kNone alone;
  // anything else is NotSupported. For data that is large and compresses.
  std::vector<Compression> compression_per_level;
  // Tables of level 0 at which they are compacted, 1 to 64. For reads of fresh data (less), or
  // loads (more).
  uint32_t level0_trigger = 4;
  // Bytes that the first level below 0 may hold, 64 KiB to 1 PiB. For small devices and tests.
  uint64_t level_base_bytes = 256ull << 20;
  // How many times more each deeper level may hold, 2 to 100. Less means less space and more
  // writing at once; more means the contrary. For data far larger than usual.
  uint32_t level_multiplier = 10;
  // No compaction but those asked for by CompactRange. For loads that compact once, at their end;
  // reads grow slower with each flush until then.
  bool disable_auto_compactions = false;
};

struct ReadOptions {
  // Read as of this snapshot of the same open of the same database (another is InvalidArgument);
  // null means now. It must live until the call returns; an iterator needs it at NewIterator only.
  const Snapshot* snapshot = nullptr;
  // Keep what is read in the cache; index and filter blocks always are.
  bool fill_cache = true;
  // Iterators: keys in [lower_bound, upper_bound); null means no bound. Copied by NewIterator.
  const Slice* lower_bound = nullptr;
  const Slice* upper_bound = nullptr;
};

struct WriteOptions {
  // Unset: the database's own default holds.
  std::optional<Durability> durability;
};

}  // namespace treering

#endif  // TREERING_API_OPTIONS_H_
