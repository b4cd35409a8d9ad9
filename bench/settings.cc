#include "bench/settings.h"

#include <algorithm>
#include <cmath>

#include "engine/db/effective_options.h"

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

// Two flags of which one asks for what the other rules out.
struct Contradiction {
  bool holds;
  std::string one;
  std::string other;
};

Status CheckContradictions(const BenchFlags& v, const FlagSet& flags) {
  const std::string& durability = v.treering_durability;
  const std::string durability_flag = "--treering_durability=" + durability;
  const std::string log_flag = "--treering_log=" + v.treering_log;
  const bool log_is_off = v.treering_log == "off";
  const bool log_is_on = flags.IsSet("treering_log") && !log_is_off;
  const bool is_above_memory = !durability.empty() && durability != "memory";
  const bool no_sync = flags.IsSet("sync") && !v.sync;
  const bool no_disable_wal = flags.IsSet("disable_wal") && !v.disable_wal;
  const Contradiction contradictions[] = {
      {v.sync && v.disable_wal, "--sync", "--disable_wal"},
      {v.sync && log_is_off, "--sync", log_flag},
      {v.sync && !durability.empty() && durability != "disk", "--sync", durability_flag},
      {no_sync && durability == "disk", "--sync=false", durability_flag},
      {v.disable_wal && log_is_on, "--disable_wal", log_flag},
      {v.disable_wal && is_above_memory, "--disable_wal", durability_flag},
      {no_disable_wal && log_is_off, "--disable_wal=false", log_flag},
      {log_is_off && is_above_memory, log_flag, durability_flag},
  };
  for (const Contradiction& contradiction : contradictions) {
    if (!contradiction.holds) continue;
    return Status::InvalidArgument(contradiction.one + " and " + contradiction.other +
                                   " contradict each other");
  }
  return Status::Ok();
}

Status SetDurability(const BenchFlags& v, const FlagSet& flags, Options* options) {
  Status status = Choose("treering_log", v.treering_log, kLogs, &options->log);
  if (status.ok() && !v.treering_durability.empty()) {
    status =
        Choose("treering_durability", v.treering_durability, kDurabilities, &options->durability);
  }
  if (status.ok()) status = CheckContradictions(v, flags);
  if (!status.ok()) return status;
  if (v.disable_wal) options->log = LogMode::kOff;
  if (v.sync) options->durability = Durability::kDisk;
  if (options->log == LogMode::kOff) options->durability = Durability::kMemory;
  return Status::Ok();
}

Status SetCompression(const BenchFlags& v, Settings* settings) {
  if (v.compression_type == "snappy") {
    return Status::InvalidArgument(
        "--compression_type=snappy: treering has no snappy; lz4 is to be its fast one, and is not "
        "in this build yet");
  }
  Compression compression = Compression::kNone;
  if (Status status = Choose("compression_type", v.compression_type, kCompressions, &compression);
      !status.ok()) {
    return status;
  }
  if (compression == Compression::kNone) return Status::Ok();
  settings->options.compression_per_level = {compression};
  settings->flag_of_option["compression_per_level"] = "--compression_type=" + v.compression_type;
  return Status::Ok();
}

// Options that flags of the same meaning set.
class Setter {
 public:
  Setter(const FlagSet& flags, Settings* settings) : flags_(flags), settings_(settings) {}

  // `value` is the flag's, for `*target`, when the command line names it.
  template <typename Value, typename Target>
  void Set(const char* flag, Value value, const char* option, Target* target) {
    if (!flags_.IsSet(flag)) return;
    *target = static_cast<Target>(value);
    settings_->flag_of_option[option] = "--" + std::string(flag) + "=" + std::to_string(value);
  }

 private:
  const FlagSet& flags_;
  Settings* const settings_;
};

void SetMemory(const BenchFlags& v, const FlagSet& flags, Settings* settings) {
  Setter setter(flags, settings);
  if (v.treering_memory_budget != 0) {
    setter.Set("treering_memory_budget", v.treering_memory_budget, "memory_budget",
               &settings->runtime.memory_budget);
  } else if (flags.IsSet("cache_size") || flags.IsSet("write_buffer_size") ||
             flags.IsSet("max_write_buffer_number")) {
    settings->runtime.memory_budget =
        static_cast<uint64_t>(v.cache_size) + static_cast<uint64_t>(v.write_buffer_size) *
                                                  static_cast<uint64_t>(v.max_write_buffer_number);
    settings->flag_of_option["memory_budget"] =
        "--cache_size=" + std::to_string(v.cache_size) +
        " + --write_buffer_size=" + std::to_string(v.write_buffer_size) +
        " x --max_write_buffer_number=" + std::to_string(v.max_write_buffer_number);
  }
  setter.Set("write_buffer_size", v.write_buffer_size, "memtable_bytes",
             &settings->options.memtable_bytes);
}

void SetTree(const BenchFlags& v, const FlagSet& flags, Settings* settings) {
  Options& options = settings->options;
  Setter setter(flags, settings);
  setter.Set("block_size", v.block_size, "block_bytes", &options.block_bytes);
  if (v.bloom_bits >= 0) {
    setter.Set("bloom_bits", v.bloom_bits, "bloom_bits_per_key", &options.bloom_bits_per_key);
  }
  setter.Set("target_file_size_base", v.target_file_size_base, "table_bytes", &options.table_bytes);
  setter.Set("max_bytes_for_level_base", v.max_bytes_for_level_base, "level_base_bytes",
             &options.level_base_bytes);
  const double multiplier = std::clamp(std::round(v.max_bytes_for_level_multiplier), 0.0, 1e6);
  setter.Set("max_bytes_for_level_multiplier", static_cast<uint32_t>(multiplier),
             "level_multiplier", &options.level_multiplier);
  if (multiplier != v.max_bytes_for_level_multiplier) {
    settings->warnings.push_back("--max_bytes_for_level_multiplier is a whole number here: " +
                                 std::to_string(options.level_multiplier));
  }
  setter.Set("level0_file_num_compaction_trigger", v.level0_file_num_compaction_trigger,
             "level0_trigger", &options.level0_trigger);
  setter.Set("max_background_jobs", v.max_background_jobs, "background_threads",
             &settings->runtime.background_threads);
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
  if (status.ok()) status = SetDurability(v, flags, &settings.options);
  if (status.ok()) status = SetCompression(v, &settings);
  if (!status.ok()) return status;
  SetMemory(v, flags, &settings);
  SetTree(v, flags, &settings);
  WarnOfFixed(v, &settings.warnings);
  status = db::ResolveOptions(settings.options, settings.runtime.memory_budget).status();
  if (!status.ok()) return NameFlag(settings, status);
  return settings;
}

Status NameFlag(const Settings& settings, const Status& status) {
  const std::string message(status.message());
  if (status.IsNotSupported()) {
    const auto compression = settings.flag_of_option.find("compression_per_level");
    if (compression == settings.flag_of_option.end()) return status;
    return Status::InvalidArgument(compression->second + " is not in this build yet; none is");
  }
  if (!status.IsInvalidArgument()) return status;
  for (const auto& [option, flag] : settings.flag_of_option) {
    if (message.starts_with(option + " is ") || message.starts_with("option " + option + " is ")) {
      return Status::InvalidArgument(flag + ": " + message);
    }
  }
  return status;
}

}  // namespace treering::bench
