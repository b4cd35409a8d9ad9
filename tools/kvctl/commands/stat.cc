#include <cstdio>

#include "api/db.h"
#include "tools/kvctl/byte_size.h"
#include "tools/kvctl/commands/commands.h"
#include "tools/kvctl/level_table.h"
#include "tools/kvctl/session.h"
#include "tools/kvctl/stats_view.h"

namespace treering::kvctl {
namespace {

std::string Line(const char* name, const std::string& value) {
  char line[32];
  std::snprintf(line, sizeof line, "%-11s", name);
  return line + value + "\n";
}

std::string IoText(const StatsView& stats) {
  std::string text = stats.io_driver;
  if (!stats.io_ring_flags.empty()) text += " (" + stats.io_ring_flags + ")";
  text += stats.io_registered_buffers ? ", registered buffers" : ", no registered buffers";
  if (!stats.io_fallback_reason.empty()) text += "; " + stats.io_fallback_reason;
  return text;
}

std::string StallText(const StatsView& stats) {
  std::string text;
  for (const StallStats& stall : stats.stalls) {
    if (stall.count == 0) continue;
    char part[128];
    std::snprintf(part, sizeof part, "%s%s %llu times, %.3f s", text.empty() ? "" : "; ",
                  stall.cause.c_str(), static_cast<unsigned long long>(stall.count),
                  static_cast<double>(stall.nanos) / 1e9);
    text += part;
  }
  return text.empty() ? "none since the open" : text;
}

std::string LogText(const StatsView& stats) {
  std::string text = FormatByteSize(stats.log_bytes) + " replayed at this open";
  if (stats.bytes_cut > 0)
    text += "; a torn end of " + FormatByteSize(stats.bytes_cut) + " was cut";
  return text;
}

class Stat : public Command {
 public:
  std::string_view name() const override { return "stat"; }
  std::string_view summary() const override {
    return "state, levels, memory and I/O of a database";
  }
  std::string_view examples() const override {
    return "  kvctl stat\n"
           "  kvctl stat -o json | jq .levels\n";
  }
  std::string_view notes() const override {
    return "  Memory, I/O and stalls are those of this command's own view of the database, not of "
           "a\n"
           "  program that has it open.\n";
  }
  std::vector<OutputFormat> formats() const override {
    return {OutputFormat::kText, OutputFormat::kJson};
  }

  int Run(const Context& context) override {
    const auto session = Session::Open(context, SessionMode::kRead);
    if (!session.ok()) return context.console.Fail(session.status());
    DB* db = (*session)->db();
    if (context.options.output == OutputFormat::kJson) {
      std::string json;
      if (!db->GetProperty("treering.stats.json", &json)) {
        return context.console.Fail(Status::NotSupported("no property treering.stats.json"));
      }
      (void)context.out->Write(json + "\n");
      return kExitOk;
    }
    const Result<StatsView> stats = ReadStats(db);
    if (!stats.ok()) return context.console.Fail(stats.status());
    std::string text = Line("database", context.options.db);
    text += Line("state", stats->state + (stats->cause.empty() ? "" : ": " + stats->cause));
    text += Line("id", stats->database_id);
    text += Line("writes", FormatCount(stats->last_sequence) + " since it was made");
    text += Line("log", LogText(*stats));
    text += Line("memory", FormatByteSize(stats->memory_used_bytes) + " of " +
                               FormatByteSize(stats->memory_budget_bytes));
    text += Line("io", IoText(*stats));
    text += Line("stalls", StallText(*stats));
    if (!stats->compaction_error.empty()) text += Line("compaction", stats->compaction_error);
    text += "\n" + LevelTable(*stats, {0, context.terminal.colour_out, false});
    (void)context.out->Write(text);
    return kExitOk;
  }
};

}  // namespace

std::unique_ptr<Command> MakeStat() { return std::make_unique<Stat>(); }

}  // namespace treering::kvctl
