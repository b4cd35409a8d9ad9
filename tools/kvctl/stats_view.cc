#include "tools/kvctl/stats_view.h"

#include <algorithm>
#include <nlohmann/json.hpp>

namespace treering::kvctl {
namespace {

using nlohmann::json;

const json& Member(const json& object, const char* name) {
  static const json kNone;
  const auto found = object.find(name);
  return found == object.end() ? kNone : *found;
}

uint64_t Number(const json& object, const char* name) {
  const json& member = Member(object, name);
  return member.is_number_unsigned() ? member.get<uint64_t>() : 0;
}

std::string Text(const json& object, const char* name) {
  const json& member = Member(object, name);
  return member.is_string() ? member.get<std::string>() : std::string();
}

bool Flag(const json& object, const char* name) {
  const json& member = Member(object, name);
  return member.is_boolean() && member.get<bool>();
}

}  // namespace

uint64_t StatsView::total_tables() const {
  uint64_t tables = 0;
  for (const LevelStats& level : levels) tables += level.tables;
  return tables;
}

uint64_t StatsView::total_bytes() const {
  uint64_t bytes = 0;
  for (const LevelStats& level : levels) bytes += level.bytes;
  return bytes;
}

uint64_t StatsView::entries_estimate() const {
  uint64_t puts = 0;
  uint64_t deletions = 0;
  for (const LevelStats& level : levels) {
    puts += level.entries - std::min(level.entries, level.deletions);
    deletions += level.deletions;
  }
  return puts - std::min(puts, deletions);
}

Result<StatsView> ParseStats(const std::string& json_text) {
  const json root = json::parse(json_text, nullptr, false);
  if (!root.is_object()) return Status::Failed("treering.stats.json is not a JSON object");
  StatsView view;
  view.state = Text(root, "state");
  view.cause = Text(root, "cause");
  view.database_id = Text(root, "database_id");
  view.last_sequence = Number(root, "last_sequence");
  for (const json& level : Member(root, "levels")) {
    view.levels.push_back(LevelStats{Number(level, "level"), Number(level, "tables"),
                                     Number(level, "bytes"), Number(level, "entries"),
                                     Number(level, "deletions")});
  }
  const json& memory = Member(root, "memory");
  view.memory_budget_bytes = Number(memory, "budget_bytes");
  view.memory_used_bytes = Number(memory, "used_bytes");
  view.memtable_bytes = Number(memory, "memtable_bytes");
  const json& io = Member(root, "io");
  view.io_driver = Text(io, "driver");
  view.io_ring_flags = Text(io, "ring_flags");
  view.io_registered_buffers = Flag(io, "registered_buffers");
  view.io_fallback_reason = Text(io, "fallback_reason");
  const json& work = Member(root, "work");
  view.compaction_error = Text(work, "compaction_error");
  view.compaction_bytes_read = Number(work, "compaction_bytes_read");
  for (const auto& [cause, stall] : Member(root, "stalls").items()) {
    view.stalls.push_back(StallStats{cause, Number(stall, "count"), Number(stall, "nanos")});
  }
  const json& recovery = Member(root, "recovery");
  view.log_bytes = Number(recovery, "payload_bytes");
  view.bytes_cut = Number(recovery, "bytes_cut");
  return view;
}

Result<StatsView> ReadStats(DB* db) {
  std::string text;
  if (!db->GetProperty("treering.stats.json", &text)) {
    return Status::NotSupported("this engine has no property treering.stats.json");
  }
  return ParseStats(text);
}

}  // namespace treering::kvctl
