// BenchFlags: what the command line of db_bench asks for. Names, meaning and defaults are RocksDB's
// where RocksDB has the flag; our own begin with treering_.
//
// Owner: main.
// Threads: plain values; constant once parsed.
// Invariants:
//   1. Check has passed before a benchmark sees them.
#ifndef TREERING_BENCH_BENCH_FLAGS_H_
#define TREERING_BENCH_BENCH_FLAGS_H_

#include <cstdint>
#include <string>

#include "api/status.h"
#include "bench/flags.h"

namespace treering::bench {

struct BenchFlags {
  // The work.
  std::string benchmarks =
      "fillseq,fillsync,fillrandom,overwrite,readrandom,readrandom,readseq,readreverse,compact,"
      "readrandom,readseq,readreverse,readmissing,stats";
  int64_t num = 1000000;
  int64_t reads = -1;
  int64_t writes = -1;
  int64_t deletes = -1;
  int32_t key_size = 16;
  int32_t value_size = 100;
  int32_t threads = 1;
  int32_t duration = 0;
  int64_t seed = 0;
  int64_t batch_size = 1;
  double compression_ratio = 0.5;
  int32_t seek_nexts = 0;
  bool reverse_iterator = false;
  int32_t readwritepercent = 90;
  bool multiread_batched = true;
  uint64_t benchmark_write_rate_limit = 0;
  uint64_t benchmark_read_rate_limit = 0;
  // The database.
  std::string db;
  bool use_existing_db = false;
  bool readonly = false;
  bool sync = false;
  bool disable_wal = false;
  std::string compression_type = "none";
  int64_t cache_size = 8 << 20;
  int32_t block_size = 4096;
  int32_t bloom_bits = -1;
  int64_t write_buffer_size = 64 << 20;
  int32_t max_write_buffer_number = 2;
  int64_t target_file_size_base = 64 << 20;
  uint64_t max_bytes_for_level_base = 256 << 20;
  double max_bytes_for_level_multiplier = 10;
  int32_t level0_file_num_compaction_trigger = 4;
  int32_t max_background_jobs = 2;
  int32_t open_files = -1;
  bool use_direct_reads = true;
  bool use_direct_io_for_flush_and_compaction = true;
  bool disable_auto_compactions = false;
  bool verify_checksum = true;
  // The report.
  bool histogram = false;
  bool statistics = false;
  int64_t stats_interval = 0;
  int64_t stats_interval_seconds = 0;
  int64_t report_interval_seconds = 0;
  std::string report_file = "report.csv";
  std::string json;
  std::string undefok;
  bool version = false;
  bool help = false;
  // Ours.
  uint64_t treering_memory_budget = 0;
  std::string treering_io = "auto";
  std::string treering_durability;
  std::string treering_log = "auto";
};

// Names every flag, RocksDB's foreign ones included.
void AddFlags(BenchFlags* values, FlagSet* flags);
// InvalidArgument for a value that no benchmark can run with.
Status CheckFlags(const BenchFlags& values);

}  // namespace treering::bench

#endif  // TREERING_BENCH_BENCH_FLAGS_H_
