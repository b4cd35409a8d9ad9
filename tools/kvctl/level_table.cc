#include "tools/kvctl/level_table.h"

#include <algorithm>
#include <array>
#include <cstdio>

#include "tools/kvctl/byte_size.h"
#include "tools/kvctl/terminal.h"

namespace treering::kvctl {
namespace {

std::string Row(const std::string& name, const std::string& tables, const std::string& size,
                const std::string& entries, const std::string& deletions) {
  char line[256];
  std::snprintf(line, sizeof line, "%-6s %8s %12s %15s %12s", name.c_str(), tables.c_str(),
                size.c_str(), entries.c_str(), deletions.c_str());
  return line;
}

// Deeper is cooler.
Colour ColourOf(uint64_t level) {
  static constexpr std::array<Colour, 3> kColours = {Colour::kYellow, Colour::kGreen,
                                                     Colour::kBlue};
  return kColours[std::min<uint64_t>(level, kColours.size() - 1)];
}

std::string Bar(const LevelStats& level, uint64_t bytes_max, const LevelTableStyle& style) {
  if (level.bytes == 0 || style.bar_columns == 0) return "";
  const double share = static_cast<double>(level.bytes) / static_cast<double>(bytes_max);
  const auto columns = static_cast<size_t>(share * static_cast<double>(style.bar_columns));
  std::string bar;
  for (size_t i = 0; i < std::max<size_t>(columns, 1); ++i) bar += style.utf8 ? "█" : "#";
  return "  " + Paint(style.colour, ColourOf(level.level), bar);
}

}  // namespace

std::string LevelTable(const StatsView& stats, const LevelTableStyle& style) {
  const std::string heading = Row("level", "tables", "size", "entries", "deletions");
  std::string text = Paint(style.colour, Colour::kBold, heading) + "\n";
  text += Row("memory", "-", FormatByteSize(stats.memtable_bytes), "-", "-") + "\n";
  LevelStats sum;
  uint64_t bytes_max = 1;
  for (const LevelStats& level : stats.levels) bytes_max = std::max(bytes_max, level.bytes);
  for (const LevelStats& level : stats.levels) {
    text +=
        Row("L" + std::to_string(level.level), FormatCount(level.tables),
            FormatByteSize(level.bytes), FormatCount(level.entries), FormatCount(level.deletions)) +
        Bar(level, bytes_max, style) + "\n";
    sum.tables += level.tables;
    sum.bytes += level.bytes;
    sum.entries += level.entries;
    sum.deletions += level.deletions;
  }
  text += Row("sum", FormatCount(sum.tables), FormatByteSize(sum.bytes), FormatCount(sum.entries),
              FormatCount(sum.deletions)) +
          "\n";
  return text;
}

}  // namespace treering::kvctl
