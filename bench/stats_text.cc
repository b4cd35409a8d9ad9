#include "bench/stats_text.h"

#include <algorithm>
#include <cstdarg>
#include <cstdio>

#include <nlohmann/json.hpp>

namespace treering::bench {
namespace {

using Json = nlohmann::json;

constexpr double kGiB = 1 << 30;
constexpr double kMiB = 1 << 20;

std::string Format(const char* format, ...) __attribute__((format(printf, 1, 2)));
std::string Format(const char* format, ...) {
  char line[512];
  va_list arguments;
  va_start(arguments, format);
  std::vsnprintf(line, sizeof line, format, arguments);
  va_end(arguments);
  return line;
}

double Number(const Json& object, const char* name) {
  const auto found = object.find(name);
  return found != object.end() && found->is_number() ? found->get<double>() : 0;
}
unsigned long long Count(const Json& object, const char* name) {
  return static_cast<unsigned long long>(Number(object, name));
}
// An empty object where it is missing.
Json Part(const Json& object, const char* name) {
  const auto found = object.find(name);
  return found != object.end() && found->is_object() ? *found : Json::object();
}

struct LevelRow {
  unsigned long long level = 0;
  unsigned long long tables = 0;
  double bytes = 0;
  unsigned long long entries = 0;
  unsigned long long deletions = 0;
};

std::vector<LevelRow> Levels(const Json& stats) {
  std::vector<LevelRow> rows;
  const auto found = stats.find("levels");
  if (found == stats.end() || !found->is_array()) return rows;
  for (const Json& level : *found) {
    rows.push_back({Count(level, "level"), Count(level, "tables"), Number(level, "bytes"),
                    Count(level, "entries"), Count(level, "deletions")});
  }
  return rows;
}

std::string TableRow(const std::string& name, const LevelRow& row) {
  return Format("%4s %8llu %12.2f %13llu %11llu", name.c_str(), row.tables, row.bytes / kMiB,
                row.entries, row.deletions);
}

// How many bytes tables took per byte that was flushed.
double WriteAmplification(const Json& work) {
  const double flushed = Number(work, "flush_bytes_written");
  if (flushed == 0) return 0;
  return (flushed + Number(work, "compaction_bytes_written")) / flushed;
}

std::string CompactionTable(const Json& stats) {
  const Json work = Part(stats, "work");
  std::string text = "\n** Compaction Stats [default] **\n";
  text +=
      "Level    Files     Size(MB)       Entries   Deletions  Read(GB) Write(GB)  W-Amp  "
      "Comp(sec)  Comp(cnt)\n";
  text += std::string(100, '-') + "\n";
  LevelRow sum;
  for (const LevelRow& row : Levels(stats)) {
    text += TableRow("L" + std::to_string(row.level), row) + "\n";
    sum.tables += row.tables;
    sum.bytes += row.bytes;
    sum.entries += row.entries;
    sum.deletions += row.deletions;
  }
  const double written =
      Number(work, "flush_bytes_written") + Number(work, "compaction_bytes_written");
  const double seconds = (Number(work, "flush_nanos") + Number(work, "compaction_nanos")) / 1e9;
  text += TableRow("Sum", sum) + Format(" %9.3f %9.3f %6.2f %10.2f %10llu\n",
                                        Number(work, "compaction_bytes_read") / kGiB,
                                        written / kGiB, WriteAmplification(work), seconds,
                                        Count(work, "flushes") + Count(work, "compactions"));
  return text;
}

std::string StallLines(const Json& stats, double uptime) {
  double nanos = 0;
  std::string causes;
  const Json stalls = Part(stats, "stalls");
  for (const auto& [cause, figures] : stalls.items()) {
    nanos += Number(figures, "nanos");
    causes += (causes.empty() ? "" : ", ") + std::to_string(Count(figures, "count")) + " " + cause;
  }
  const auto millis = static_cast<unsigned long long>(nanos / 1e6);
  return Format("Stalls(count): %s\n", causes.empty() ? "0" : causes.c_str()) +
         Format("Cumulative stall: %02llu:%02llu:%llu.%03llu H:M:S, %.1f percent\n",
                millis / 3600000, millis / 60000 % 60, millis / 1000 % 60, millis % 1000,
                100 * nanos / 1e9 / uptime);
}

Result<Json> Parse(const std::string& json) {
  Json stats = Json::parse(json, nullptr, false);
  if (!stats.is_object()) return Status::Corruption("treering.stats.json is no JSON object");
  return stats;
}

}  // namespace

Result<std::string> StatsText(const std::string& json, const StatsContext& context) {
  Result<Json> parsed = Parse(json);
  if (!parsed.ok()) return parsed.status();
  const Json& stats = *parsed;
  const Json work = Part(stats, "work");
  const Json memory = Part(stats, "memory");
  const Json io = Part(stats, "io");
  const double uptime = std::max(context.uptime_seconds, 1e-6);
  const double written =
      Number(work, "flush_bytes_written") + Number(work, "compaction_bytes_written");
  std::string text = CompactionTable(stats);
  text += Format("\n** DB Stats **\nUptime(secs): %.1f total\n", context.uptime_seconds);
  text += Format("Flush(GB): cumulative %.3f\n", Number(work, "flush_bytes_written") / kGiB);
  text += Format("Cumulative writes: %llu writes, %llu keys, ingest: %.2f GB, %.2f MB/s\n",
                 static_cast<unsigned long long>(context.writes),
                 static_cast<unsigned long long>(context.keys),
                 static_cast<double>(context.bytes_written) / kGiB,
                 static_cast<double>(context.bytes_written) / kMiB / uptime);
  text += Format(
      "Cumulative compaction: %.2f GB write, %.2f MB/s write, %.2f GB read, %.2f MB/s read, %.1f "
      "seconds\n",
      written / kGiB, written / kMiB / uptime, Number(work, "compaction_bytes_read") / kGiB,
      Number(work, "compaction_bytes_read") / kMiB / uptime,
      (Number(work, "flush_nanos") + Number(work, "compaction_nanos")) / 1e9);
  text += StallLines(stats, uptime);
  text += Format("Memory: %.1f of %.1f MB, cache %llu hits, %llu misses\n",
                 Number(memory, "used_bytes") / kMiB, Number(memory, "budget_bytes") / kMiB,
                 Count(memory, "cache_hits"), Count(memory, "cache_misses"));
  text += Format(
      "I/O: %llu requests, %llu registered, %llu kernel enters, %.2f GB read, "
      "%.2f GB written, %llu syncs\n",
      Count(io, "requests"), Count(io, "registered_ops"), Count(io, "kernel_enters"),
      Number(io, "bytes_read") / kGiB, Number(io, "bytes_written") / kGiB, Count(io, "syncs"));
  return text;
}

Result<std::string> LevelStatsText(const std::string& json) {
  Result<Json> stats = Parse(json);
  if (!stats.ok()) return stats.status();
  std::string text = "\nLevel Files Size(MB)\n--------------------\n";
  for (const LevelRow& row : Levels(*stats)) {
    text += Format("%3llu %8llu %8.0f\n", row.level, row.tables, row.bytes / kMiB);
  }
  return text;
}

}  // namespace treering::bench
