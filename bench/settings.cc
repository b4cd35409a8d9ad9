#include "bench/settings.h"

#include <algorithm>
#include <cmath>

namespace treering::bench {
namespace {

template <typename T>
struct Choice {
  const char* word;
  T value;
};

template <typename T, size_t kCount>
Status Choose(const char* flag, const std::string& word, const Choice<T> (&choices)[kCount],
              T* value) {
  std::string words;
  for (const Choice<T>& choice : choices) {
    if (word == choice.word) {
      *value = choice.value;
      return Status::Ok();
    }
    words += (words.empty() ? "" : ", ") + std::string(choice.word);
  }
  return Status::InvalidArgument("--" + std::string(flag) + "=" + word + ": must be one of " +
                                 words);
}

constexpr Choice<IoBackend> kBackends[] = {
    {"auto", IoBackend::kAuto}, {"uring", IoBackend::kUring}, {"posix", IoBackend::kPosix}};
constexpr Choice<LogMode> kLogs[] = {{"auto", LogMode::kAuto},
                                     {"tail", LogMode::kTail},
                                     {"write", LogMode::kWrite},
                                     {"off", LogMode::kOff}};
constexpr Choice<Durability> kDurabilities[] = {{"memory", Durability::kMemory},
                                                {"process", Durability::kProcess},
                                                {"disk", Durability::kDisk}};
constexpr Choice<Compression> kCompressions[] = {
    {"none", Compression::kNone}, {"lz4", Compression::kLz4}, {"zstd", Compression::kZstd}};

Status SetDurability(const BenchFlags& v, Options* options) {
  if (Status status = Choose("treering_log", v.treering_log, kLogs, &options->log); !status.ok()) {
    return status;
  }
  if (v.sync && v.disable_wal) {
    return Status::InvalidArgument("--sync needs the log that --disable_wal turns off");
  }
  if (v.disable_wal) options->log = LogMode::kOff;
  if (v.sync) options->durability = Durability::kDisk;
  if (options->log == LogMode::kOff) options->durability = Durability::kMemory;
  if (v.treering_durability.empty()) return Status::Ok();
  return Choose("treering_durability", v.treering_durability, kDurabilities, &options->durability);
}

Status SetCompression(const BenchFlags& v, Options* options) {
  if (v.compression_type == "snappy") {
    return Status::InvalidArgument(
        "--compression_type=snappy: treering has no snappy; lz4 is its fast one");
  }
  Compression compression = Compression::kNone;
  if (Status status = Choose("compression_type", v.compression_type, kCompressions, &compression);
      !status.ok()) {
    return status;
  }
  if (compression != Compression::kNone) options->compression_per_level = {compression};
  return Status::Ok();
}

void SetMemory(const BenchFlags& v, const FlagSet& flags, Settings* settings) {
  if (v.treering_memory_budget != 0) {
    settings->runtime.memory_budget = v.treering_memory_budget;
  } else if (flags.IsSet("cache_size") || flags.IsSet("write_buffer_size") ||
             flags.IsSet("max_write_buffer_number")) {
    settings->runtime.memory_budget =
        static_cast<uint64_t>(v.cache_size) + static_cast<uint64_t>(v.write_buffer_size) *
                                                  static_cast<uint64_t>(v.max_write_buffer_number);
  }
  if (flags.IsSet("write_buffer_size")) {
    settings->options.memtable_bytes = static_cast<uint64_t>(v.write_buffer_size);
  }
}

void SetTree(const BenchFlags& v, const FlagSet& flags, Settings* settings) {
  Options& options = settings->options;
  if (flags.IsSet("block_size")) options.block_bytes = static_cast<uint32_t>(v.block_size);
  if (v.bloom_bits >= 0) options.bloom_bits_per_key = static_cast<uint32_t>(v.bloom_bits);
  if (flags.IsSet("target_file_size_base")) {
    options.table_bytes = static_cast<uint64_t>(v.target_file_size_base);
  }
  if (flags.IsSet("max_bytes_for_level_base")) {
    options.level_base_bytes = v.max_bytes_for_level_base;
  }
  if (flags.IsSet("max_bytes_for_level_multiplier")) {
    const double whole = std::clamp(std::round(v.max_bytes_for_level_multiplier), 0.0, 1e6);
    options.level_multiplier = static_cast<uint32_t>(whole);
    if (whole != v.max_bytes_for_level_multiplier) {
      settings->warnings.push_back("--max_bytes_for_level_multiplier is a whole number here: " +
                                   std::to_string(options.level_multiplier));
    }
  }
  if (flags.IsSet("level0_file_num_compaction_trigger")) {
    options.level0_trigger = static_cast<uint32_t>(v.level0_file_num_compaction_trigger);
  }
  if (flags.IsSet("max_background_jobs")) {
    settings->runtime.background_threads = static_cast<uint32_t>(v.max_background_jobs);
  }
  options.disable_auto_compactions = v.disable_auto_compactions;
}

// Flags that name what treering always does.
void WarnOfFixed(const BenchFlags& v, std::vector<std::string>* warnings) {
  if (!v.use_direct_reads) {
    warnings->push_back("--use_direct_reads=false is ignored: treering reads with O_DIRECT");
  }
  if (!v.use_direct_io_for_flush_and_compaction) {
    warnings->push_back(
        "--use_direct_io_for_flush_and_compaction=false is ignored: treering writes tables with "
        "O_DIRECT");
  }
  if (!v.verify_checksum) {
    warnings->push_back("--verify_checksum=false is ignored: every block read is verified");
  }
  if (!v.multiread_batched) {
    warnings->push_back("--multiread_batched=false is ignored: MultiGet reads as one batch");
  }
  if (v.open_files != -1) {
    warnings->push_back("--open_files is ignored: tables stay open, charged to the memory budget");
  }
}

}  // namespace

Result<Settings> MakeSettings(const BenchFlags& v, const FlagSet& flags) {
  Settings settings;
  settings.options.create_if_missing = !v.use_existing_db && !v.readonly;
  settings.options.read_only = v.readonly;
  Status status = Choose("treering_io", v.treering_io, kBackends, &settings.runtime.io_backend);
  if (status.ok()) status = SetDurability(v, &settings.options);
  if (status.ok()) status = SetCompression(v, &settings.options);
  if (!status.ok()) return status;
  SetMemory(v, flags, &settings);
  SetTree(v, flags, &settings);
  WarnOfFixed(v, &settings.warnings);
  return settings;
}

std::string DurabilityWord(Durability durability) {
  switch (durability) {
    case Durability::kMemory:
      return "kMemory";
    case Durability::kProcess:
      return "kProcess";
    case Durability::kDisk:
      return "kDisk";
  }
  return "";
}

std::string LogWord(LogMode mode) {
  for (const Choice<LogMode>& choice : kLogs) {
    if (choice.value == mode) return choice.word;
  }
  return "";
}

std::string CompressionWord(const Options& options) {
  if (options.compression_per_level.empty()) return "none";
  for (const Choice<Compression>& choice : kCompressions) {
    if (choice.value == options.compression_per_level.back()) return choice.word;
  }
  return "";
}

}  // namespace treering::bench
