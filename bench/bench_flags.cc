#include "bench/bench_flags.h"

#include "bench/rocksdb_flags.h"

namespace treering::bench {
namespace {

void AddWorkFlags(BenchFlags* v, FlagSet* flags) {
  flags->Add("benchmarks", &v->benchmarks, "comma-separated, run in this order");
  flags->Add("num", &v->num, "entries; keys are drawn from [0, num)");
  flags->Add("reads", &v->reads, "reads a thread; negative: num");
  flags->Add("writes", &v->writes, "writes a thread; negative: num");
  flags->Add("deletes", &v->deletes, "deletes a thread; negative: num");
  flags->Add("key_size", &v->key_size, "bytes a key");
  flags->Add("value_size", &v->value_size, "bytes a value");
  flags->Add("threads", &v->threads, "threads that run each benchmark");
  flags->Add("duration", &v->duration, "seconds for random benchmarks; 0: by count");
  flags->Add("seed", &v->seed, "base of all random numbers; 0: from the clock");
  flags->Add("batch_size", &v->batch_size, "entries a write batch, keys a MultiGet");
  flags->Add("compression_ratio", &v->compression_ratio, "values shrink to this part");
  flags->Add("seek_nexts", &v->seek_nexts, "steps after each seek");
  flags->Add("reverse_iterator", &v->reverse_iterator, "these steps go backwards");
  flags->Add("readwritepercent", &v->readwritepercent, "percent of reads in readrandomwriterandom");
  flags->Add("multiread_batched", &v->multiread_batched, "always: MultiGet reads as one batch");
  flags->Add("benchmark_write_rate_limit", &v->benchmark_write_rate_limit,
             "bytes per second of all writers together; 0: no limit");
  flags->Add("benchmark_read_rate_limit", &v->benchmark_read_rate_limit,
             "reads and seeks per second of all readers together; 0: no limit");
}

void AddDatabaseFlags(BenchFlags* v, FlagSet* flags) {
  flags->Add("db", &v->db, "directory; empty: dbbench below $TEST_TMPDIR or /tmp");
  flags->Add("use_existing_db", &v->use_existing_db, "keep what is there, skip what fills anew");
  flags->Add("readonly", &v->readonly, "open read-only");
  flags->Add("sync", &v->sync, "durability kDisk");
  flags->Add("disable_wal", &v->disable_wal, "log off, durability kMemory");
  flags->Add("compression_type", &v->compression_type, "none; no other is in this build yet");
  flags->Add("cache_size", &v->cache_size,
             "with the next two: memory budget = cache_size + write_buffer_size x "
             "max_write_buffer_number; 256 MiB when none of them is given");
  flags->Add("write_buffer_size", &v->write_buffer_size, "bytes a memtable");
  flags->Add("max_write_buffer_number", &v->max_write_buffer_number, "memtables in the budget");
  flags->Add("block_size", &v->block_size, "bytes a block");
  flags->Add("bloom_bits", &v->bloom_bits, "filter bits per key; negative: the library's default");
  flags->Add("target_file_size_base", &v->target_file_size_base, "bytes a table");
  flags->Add("max_bytes_for_level_base", &v->max_bytes_for_level_base, "bytes of level 1");
  flags->Add("max_bytes_for_level_multiplier", &v->max_bytes_for_level_multiplier,
             "how much larger the next level is");
  flags->Add("level0_file_num_compaction_trigger", &v->level0_file_num_compaction_trigger,
             "tables in level 0 that start a compaction");
  flags->Add("max_background_jobs", &v->max_background_jobs,
             "background threads; one per core when not given");
  flags->Add("open_files", &v->open_files, "tables stay open: -1");
  flags->Add("use_direct_reads", &v->use_direct_reads, "always");
  flags->Add("use_direct_io_for_flush_and_compaction", &v->use_direct_io_for_flush_and_compaction,
             "always");
  flags->Add("disable_auto_compactions", &v->disable_auto_compactions, "compact on demand only");
  flags->Add("verify_checksum", &v->verify_checksum, "always");
  flags->Add("treering_memory_budget", &v->treering_memory_budget,
             "bytes for everything; 0: above");
  flags->Add("treering_io", &v->treering_io, "auto, uring or posix");
  flags->Add("treering_durability", &v->treering_durability,
             "memory, process or disk; empty: by sync and disable_wal");
  flags->Add("treering_log", &v->treering_log, "auto, tail, write or off");
}

void AddReportFlags(BenchFlags* v, FlagSet* flags) {
  flags->Add("histogram", &v->histogram, "latencies of each benchmark");
  flags->Add("statistics", &v->statistics, "print treering.stats at the end");
  flags->Add("stats_interval", &v->stats_interval, "each thread reports every so many operations");
  flags->Add("stats_interval_seconds", &v->stats_interval_seconds, "report every so many seconds");
  flags->Add("report_interval_seconds", &v->report_interval_seconds,
             "a line in report_file every so many seconds");
  flags->Add("report_file", &v->report_file, "secs_elapsed,interval_qps");
  flags->Add("json", &v->json, "everything measured, into this file");
  flags->Add("undefok", &v->undefok, "unknown flags that are no error");
  flags->Add("version", &v->version, "print the version");
  flags->Add("help", &v->help, "print this");
}

struct Range {
  const char* name;
  int64_t value;
  int64_t min;
  int64_t max;
};

}  // namespace

void AddFlags(BenchFlags* values, FlagSet* flags) {
  AddWorkFlags(values, flags);
  AddDatabaseFlags(values, flags);
  AddReportFlags(values, flags);
  AddRocksDbFlags(flags);
}

Status CheckFlags(const BenchFlags& v) {
  constexpr int64_t kMany = INT64_MAX;
  const Range ranges[] = {
      {"num", v.num, 1, int64_t{1} << 48},
      {"reads", v.reads, -1, kMany},
      {"writes", v.writes, -1, kMany},
      {"deletes", v.deletes, -1, kMany},
      {"key_size", v.key_size, 1, 65534},
      {"value_size", v.value_size, 0, 64 << 20},
      {"threads", v.threads, 1, 4096},
      {"duration", v.duration, 0, INT32_MAX},
      {"batch_size", v.batch_size, 1, 1 << 20},
      {"seek_nexts", v.seek_nexts, 0, INT32_MAX},
      {"readwritepercent", v.readwritepercent, 0, 100},
      {"cache_size", v.cache_size, 0, int64_t{1} << 48},
      {"write_buffer_size", v.write_buffer_size, 1, int64_t{1} << 40},
      {"max_write_buffer_number", v.max_write_buffer_number, 1, 1024},
      {"block_size", v.block_size, 1, INT32_MAX},
      {"target_file_size_base", v.target_file_size_base, 1, kMany},
      {"max_background_jobs", v.max_background_jobs, 1, 1024},
      {"level0_file_num_compaction_trigger", v.level0_file_num_compaction_trigger, 1, INT32_MAX},
      {"stats_interval", v.stats_interval, 0, kMany},
      {"stats_interval_seconds", v.stats_interval_seconds, 0, INT32_MAX},
      {"report_interval_seconds", v.report_interval_seconds, 0, INT32_MAX},
  };
  for (const Range& range : ranges) {
    if (range.value >= range.min && range.value <= range.max) continue;
    return Status::InvalidArgument("--" + std::string(range.name) + "=" +
                                   std::to_string(range.value) + ": must be " +
                                   std::to_string(range.min) + " to " + std::to_string(range.max));
  }
  if (v.compression_ratio < 0 || v.compression_ratio > 1) {
    return Status::InvalidArgument("--compression_ratio must be 0 to 1");
  }
  return Status::Ok();
}

}  // namespace treering::bench
