#include "engine/db/effective_options.h"

#include <algorithm>

#include "engine/base/limits.h"

namespace treering::db {
namespace {

constexpr uint64_t kKiB = 1024;
constexpr uint64_t kMiB = 1024 * kKiB;
constexpr uint64_t kMemtableBytesMin = 64 * kKiB;
constexpr uint64_t kMemtableBytesDefaultMax = 64 * kMiB;
constexpr uint32_t kSealedMemtablesMax = 2;

Status OutOfRange(const char* option, uint64_t value, uint64_t min, uint64_t max) {
  return Status::InvalidArgument("option " + std::string(option) + " is " + std::to_string(value) +
                                 ", must be " + std::to_string(min) + " to " + std::to_string(max));
}

struct Bound {
  const char* option;
  uint64_t value;
  uint64_t min;
  uint64_t max;
};

Status CheckChoices(const Options& options) {
  if (options.comparator == nullptr) {
    return Status::InvalidArgument("option comparator is null; use BytewiseComparator()");
  }
  const std::string_view name = options.comparator->Name();
  if (name.empty() || name.size() > base::kNameBytesMax) {
    return Status::InvalidArgument("the comparator's name has " + std::to_string(name.size()) +
                                   " bytes, must have 1 to 255");
  }
  if (options.durability > Durability::kDisk) {
    return OutOfRange("durability", static_cast<uint64_t>(options.durability), 0, 2);
  }
  if (options.log > LogMode::kOff)
    return OutOfRange("log", static_cast<uint64_t>(options.log), 0, 3);
  if (options.log == LogMode::kOff && options.durability != Durability::kMemory) {
    return Status::InvalidArgument(
        "log = kOff takes durability = kMemory only: without a log no write can "
        "survive by itself");
  }
  for (const Compression compression : options.compression_per_level) {
    if (compression != Compression::kNone) {
      return Status::NotSupported(
          "this build writes uncompressed tables only; leave "
          "compression_per_level empty or set kNone");
    }
  }
  if (options.read_only && (options.create_if_missing || options.error_if_exists)) {
    return Status::InvalidArgument(
        "read_only goes with neither create_if_missing nor error_if_exists");
  }
  return Status::Ok();
}

}  // namespace

Result<EffectiveOptions> ResolveOptions(const Options& options, uint64_t memory_budget) {
  if (Status status = CheckChoices(options); !status.ok()) return status;
  EffectiveOptions effective;
  effective.user = options;
  effective.user.runtime = nullptr;
  effective.memory_budget = memory_budget;
  effective.memtable_bytes =
      options.memtable_bytes != 0
          ? options.memtable_bytes
          : std::clamp(memory_budget / 8, kMemtableBytesMin, kMemtableBytesDefaultMax);
  effective.sealed_memtables_max = kSealedMemtablesMax;
  effective.batch_bytes_max = std::min(base::kBatchBytesMax, memory_budget / 4);

  const Bound bounds[] = {
      {"memtable_bytes", effective.memtable_bytes, kMemtableBytesMin,
       std::max(kMemtableBytesMin, memory_budget / 2)},
      {"table_bytes", options.table_bytes, 64 * kKiB, 1ull << 40},
      {"block_bytes", options.block_bytes, base::kPageBytes, base::kBlockBytesMax},
      {"bloom_bits_per_key", options.bloom_bits_per_key, 0, 32},
      {"level0_trigger", options.level0_trigger, 1, 64},
      {"level_base_bytes", options.level_base_bytes, 64 * kKiB, 1ull << 50},
      {"level_multiplier", options.level_multiplier, 2, 100},
  };
  for (const Bound& bound : bounds) {
    if (bound.value < bound.min || bound.value > bound.max) {
      return OutOfRange(bound.option, bound.value, bound.min, bound.max);
    }
  }
  return effective;
}

compaction::PickerOptions EffectiveOptions::ForPicker() const {
  return {user.level0_trigger, user.level_base_bytes, user.level_multiplier, user.table_bytes};
}

std::string EffectiveOptions::ToText() const {
  static constexpr const char* kDurabilities[] = {"kMemory", "kProcess", "kDisk"};
  static constexpr const char* kLogs[] = {"kAuto", "kTail", "kWrite", "kOff"};
  std::string text;
  const auto line = [&text](const char* name, const std::string& value) {
    text += std::string(name) + "=" + value + "\n";
  };
  line("read_only", user.read_only ? "true" : "false");
  line("durability", kDurabilities[static_cast<int>(user.durability)]);
  line("log", kLogs[static_cast<int>(user.log)]);
  line("comparator", std::string(user.comparator->Name()));
  line("memory_budget", std::to_string(memory_budget));
  line("memtable_bytes", std::to_string(memtable_bytes));
  line("table_bytes", std::to_string(user.table_bytes));
  line("block_bytes", std::to_string(user.block_bytes));
  line("bloom_bits_per_key", std::to_string(user.bloom_bits_per_key));
  line("level0_trigger", std::to_string(user.level0_trigger));
  line("level_base_bytes", std::to_string(user.level_base_bytes));
  line("level_multiplier", std::to_string(user.level_multiplier));
  line("disable_auto_compactions", user.disable_auto_compactions ? "true" : "false");
  line("compression", "none");
  return text;
}

}  // namespace treering::db
