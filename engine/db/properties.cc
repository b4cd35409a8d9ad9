#include "engine/db/properties.h"

#include <charconv>
#include <cstdarg>
#include <cstdio>

#include "engine/compaction/picker.h"
#include "engine/db/json_writer.h"

namespace treering::db {
namespace {

using manifest::Version;

std::string Format(const char* format, ...) __attribute__((format(printf, 1, 2)));
std::string Format(const char* format, ...) {
  char line[256];
  va_list arguments;
  va_start(arguments, format);
  std::vsnprintf(line, sizeof line, format, arguments);
  va_end(arguments);
  return line;
}

double MiB(uint64_t bytes) { return static_cast<double>(bytes) / (1 << 20); }

std::string LevelsText(const Version& version) {
  std::string text = "level   tables          MiB       entries     deletions\n";
  for (uint32_t level = 0; level < std::max(1u, version.depth()); ++level) {
    uint64_t entries = 0;
    uint64_t deletions = 0;
    for (const manifest::TableRef& table : version.tables(level)) {
      entries += table->meta.entries;
      deletions += table->meta.deletions;
    }
    text += Format("L%-5u %8zu %12.1f %13llu %13llu\n", level, version.tables(level).size(),
                   MiB(version.level_bytes(level)), static_cast<unsigned long long>(entries),
                   static_cast<unsigned long long>(deletions));
  }
  return text;
}

BackgroundStats StatsOf(const DbParts& parts) {
  return parts.background != nullptr ? parts.background->Stats() : BackgroundStats();
}

std::string StatsText(const DbParts& parts, const Version& version) {
  const BackgroundStats work = StatsOf(parts);
  const runtime::MemoryStats memory = parts.runtime->Memory();
  const io::QueueStats io = parts.runtime->Io();
  std::string text = "state: " + std::string(StateName(parts.errors.state()));
  if (const Status cause = parts.errors.cause(); !cause.ok()) text += " (" + cause.ToString() + ")";
  text += "\n" + LevelsText(version);
  text += Format("flushes: %llu, %.1f MiB written\n", static_cast<unsigned long long>(work.flushes),
                 MiB(work.flush_bytes_written));
  text += Format(
      "compactions: %llu and %llu moves, %.1f MiB read, %.1f MiB written, %llu entries, %llu "
      "dropped\n",
      static_cast<unsigned long long>(work.compactions),
      static_cast<unsigned long long>(work.trivial_moves), MiB(work.compaction_bytes_read),
      MiB(work.compaction_bytes_written), static_cast<unsigned long long>(work.compaction_entries),
      static_cast<unsigned long long>(work.compaction_dropped));
  for (int i = 0; i < kStallCauseCount; ++i) {
    const auto cause = static_cast<StallCause>(i);
    text += Format("stall %s: %llu times, %.3f s\n", std::string(StallCauseName(cause)).c_str(),
                   static_cast<unsigned long long>(parts.stalls.count(cause)),
                   static_cast<double>(parts.stalls.nanos(cause)) / 1e9);
  }
  text += Format("memory: %.1f of %.1f MiB\n", MiB(memory.used_bytes), MiB(memory.limit_bytes));
  text += Format("io: %llu requests, %.1f MiB read, %.1f MiB written, %llu syncs\n",
                 static_cast<unsigned long long>(io.requests), MiB(io.bytes_read),
                 MiB(io.bytes_written), static_cast<unsigned long long>(io.syncs));
  return text;
}

void WriteLevels(const Version& version, JsonWriter* json) {
  json->Key("levels");
  json->BeginArray();
  for (uint32_t level = 0; level < version.depth(); ++level) {
    uint64_t entries = 0;
    uint64_t deletions = 0;
    for (const manifest::TableRef& table : version.tables(level)) {
      entries += table->meta.entries;
      deletions += table->meta.deletions;
    }
    json->BeginObject();
    json->Field("level", level);
    json->Field("tables", version.tables(level).size());
    json->Field("bytes", version.level_bytes(level));
    json->Field("entries", entries);
    json->Field("deletions", deletions);
    json->EndObject();
  }
  json->EndArray();
}

void WriteMemory(const DbParts& parts, JsonWriter* json) {
  const runtime::MemoryStats memory = parts.runtime->Memory();
  const cache::CacheStats cache = parts.runtime->cache()->Stats();
  json->Key("memory");
  json->BeginObject();
  json->Field("budget_bytes", memory.limit_bytes);
  json->Field("used_bytes", memory.used_bytes);
  json->Field("over_bytes_max", memory.over_bytes_max);
  for (int i = 0; i < base::kMemoryClassCount; ++i) {
    const auto memory_class = static_cast<base::MemoryClass>(i);
    json->Field(std::string(runtime::MemoryClassName(memory_class)) + "_bytes", memory.by_class[i]);
  }
  if (parts.memtables != nullptr) {
    json->Field("memtables_held_bytes", parts.memtables->MemoryBytes());
    json->Field("memtables_sealed", parts.memtables->SealedCount());
  }
  const auto iterators = parts.iterators.Now(parts.runtime->clock()->NowNanos());
  json->Field("iterators", iterators.count);
  json->Field("oldest_iterator_nanos", iterators.oldest_nanos);
  json->Field("cache_hits", cache.hits);
  json->Field("cache_misses", cache.misses);
  json->Field("cache_evictions", cache.evictions);
  json->Field("pinned_bytes", cache.pinned_bytes);
  json->EndObject();
}

void WriteIo(const DbParts& parts, JsonWriter* json) {
  const io::DiskFacts facts = parts.runtime->disk()->Facts();
  const io::QueueStats io = parts.runtime->Io();
  json->Key("io");
  json->BeginObject();
  json->Field("driver", facts.driver);
  json->Field("ring_flags", facts.ring_flags);
  json->Flag("registered_buffers", facts.registered_buffers);
  json->Field("registered_reason", facts.registered_reason);
  json->Flag("direct_io", facts.direct_io);
  json->Field("direct_io_reason", facts.direct_io_reason);
  json->Field("fallback_reason", facts.fallback_reason);
  json->Field("requests", io.requests);
  json->Field("depth_sum", io.depth_sum);
  json->Field("reads", io.reads);
  json->Field("read_depth_sum", io.read_depth_sum);
  json->Field("read_depth_bytes_sum", io.read_depth_bytes_sum);
  json->Field("bytes_read", io.bytes_read);
  json->Field("bytes_written", io.bytes_written);
  json->Field("syncs", io.syncs);
  json->Field("kernel_enters", io.kernel_enters);
  json->Field("registered_ops", io.registered_ops);
  json->Field("unregistered_ops", io.unregistered_ops);
  json->Field("resubmits", io.resubmits);
  json->Field("broken_cause", std::string_view(io.broken_cause == nullptr ? "" : io.broken_cause));
  json->EndObject();
}

void WriteWork(const DbParts& parts, JsonWriter* json) {
  const BackgroundStats work = StatsOf(parts);
  json->Key("work");
  json->BeginObject();
  json->Field("flushes", work.flushes);
  json->Field("flush_bytes_written", work.flush_bytes_written);
  json->Field("flush_nanos", work.flush_nanos);
  json->Field("compactions", work.compactions);
  json->Field("trivial_moves", work.trivial_moves);
  json->Field("compaction_bytes_read", work.compaction_bytes_read);
  json->Field("compaction_bytes_written", work.compaction_bytes_written);
  json->Field("compaction_entries", work.compaction_entries);
  json->Field("compaction_dropped", work.compaction_dropped);
  json->Field("compaction_nanos", work.compaction_nanos);
  if (parts.background != nullptr) {
    json->Field("pending_compaction_bytes", parts.background->PendingBytes());
    const Status error = parts.background->compaction_error();
    json->Field("compaction_error", error.ok() ? std::string() : error.ToString());
  }
  json->EndObject();
}

void WriteRecovery(const DbParts& parts, JsonWriter* json) {
  const RecoveryStats& recovery = parts.recovery;
  json->Key("recovery");
  json->BeginObject();
  json->Flag("clean_close", recovery.clean_close);
  json->Field("groups_from_log", recovery.groups_from_log);
  json->Field("groups_from_tail", recovery.groups_from_tail);
  json->Field("payload_bytes", recovery.payload_bytes);
  json->Field("bytes_cut", recovery.bytes_cut);
  json->Field("manifest_bytes_cut", recovery.manifest_bytes_cut);
  json->Field("open_nanos", recovery.nanos);
  json->EndObject();
}

std::string StatsJson(const DbParts& parts, const Version& version) {
  JsonWriter json;
  json.BeginObject();
  json.Field("state", StateName(parts.errors.state()));
  const Status cause = parts.errors.cause();
  json.Field("cause", cause.ok() ? std::string() : cause.ToString());
  json.Field("database_id", parts.database_id.ToHex());
  json.Field("generation", parts.generation);
  json.Field("last_sequence", parts.visible().load(std::memory_order_acquire));
  json.Field("snapshots", parts.snapshots->Count());
  WriteLevels(version, &json);
  WriteMemory(parts, &json);
  WriteIo(parts, &json);
  WriteWork(parts, &json);
  json.Key("stalls");
  json.BeginObject();
  for (int i = 0; i < kStallCauseCount; ++i) {
    const auto stall = static_cast<StallCause>(i);
    json.Key(StallCauseName(stall));
    json.BeginObject();
    json.Field("count", parts.stalls.count(stall));
    json.Field("nanos", parts.stalls.nanos(stall));
    json.EndObject();
  }
  json.EndObject();
  WriteRecovery(parts, &json);
  json.EndObject();
  return json.text();
}

bool TablesAtLevel(const Version& version, std::string_view digits, std::string* value) {
  uint32_t level = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), level);
  if (error != std::errc() || end != digits.data() + digits.size() ||
      level >= Version::level_count()) {
    return false;
  }
  *value = std::to_string(version.tables(level).size());
  return true;
}

}  // namespace

std::string_view StateName(DbState state) {
  switch (state) {
    case DbState::kHealthy:
      return "Healthy";
    case DbState::kDegraded:
      return "Degraded";
    case DbState::kReadOnly:
      return "ReadOnly";
    case DbState::kFailed:
      return "Failed";
  }
  return "Unknown";
}

bool ReadProperty(const DbParts& parts, std::string_view name, std::string* value) {
  constexpr std::string_view kPrefix = "treering.";
  if (!name.starts_with(kPrefix)) return false;
  name.remove_prefix(kPrefix.size());
  const std::shared_ptr<const SuperVersion> super = parts.supers->Hold();
  const Version& version = *super->version;
  constexpr std::string_view kAtLevel = "num-files-at-level";
  if (name.starts_with(kAtLevel))
    return TablesAtLevel(version, name.substr(kAtLevel.size()), value);
  if (name == "stats") {
    *value = StatsText(parts, version);
  } else if (name == "stats.json") {
    *value = StatsJson(parts, version);
  } else if (name == "levels") {
    *value = LevelsText(version);
  } else if (name == "sstables") {
    *value = version.DebugText(true);
  } else if (name == "options") {
    *value = parts.options.ToText();
  } else if (name == "facts") {
    value->clear();
    for (const std::string& line : parts.runtime->Facts()) *value += line + "\n";
  } else if (name == "state") {
    *value = std::string(StateName(parts.errors.state()));
  } else {
    return false;
  }
  return true;
}

}  // namespace treering::db
