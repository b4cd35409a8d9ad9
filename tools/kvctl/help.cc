#include "tools/kvctl/help.h"

#include <algorithm>

namespace treering::kvctl {
namespace {

constexpr std::string_view kMainExamples =
    "  export KVCTL_DB=/var/lib/mydata      # or --db DIR with each command\n"
    "  kvctl put user/1 Ada                 # makes the database if there is none\n"
    "  kvctl get user/1\n"
    "  kvctl scan --from user/ --to user0   # a range; user0 itself is not part of it\n"
    "  kvctl load records.ndjson            # {\"key\":...,\"value\":...} a line, or a db_dump\n"
    "  kvctl dump backup.txt                # for kvctl load, db5.3_load and mdb_load\n"
    "  kvctl doctor                         # is the fast I/O path on, and if not, why\n";

constexpr std::string_view kExitCodes =
    "  0 done or found   1 not found, or damage found   2 wrong usage   3 error   130 "
    "interrupted\n";

std::string Title(std::string_view text, bool colour) {
  return Paint(colour, Colour::kBold, std::string(text) + ":") + "\n";
}

std::string Left(const Argument& argument) {
  std::string left = argument.names;
  const size_t comma = left.find(',');
  if (comma != std::string::npos) left.insert(comma + 1, " ");
  if (!argument.value_name.empty()) left += " " + argument.value_name;
  return left;
}

// "  left     right", `right` from one column on.
std::string Table(const std::vector<std::pair<std::string, std::string>>& rows) {
  constexpr size_t kLeftMax = 26;
  size_t width = 0;
  for (const auto& [left, right] : rows) {
    if (left.size() <= kLeftMax) width = std::max(width, left.size());
  }
  std::string text;
  for (const auto& [left, right] : rows) {
    text += "  " + left;
    text += left.size() <= width ? std::string(width - left.size() + 2, ' ')
                                 : "\n" + std::string(width + 4, ' ');
    text += right + "\n";
  }
  return text;
}

std::string GlobalsTable(bool colour) {
  GlobalOptions globals;
  Arguments arguments;
  globals.Declare(&arguments);
  std::vector<std::pair<std::string, std::string>> rows;
  for (const Argument& argument : arguments.all()) rows.emplace_back(Left(argument), argument.help);
  return Title("Options of every command, before or behind its name", colour) + Table(rows);
}

}  // namespace

std::string UsageLine(Command* command) {
  Arguments arguments;
  command->Declare(&arguments);
  std::string line = "kvctl " + std::string(command->name());
  bool has_options = false;
  for (const Argument& argument : arguments.all()) {
    if (argument.kind == Argument::Kind::kOption || argument.kind == Argument::Kind::kFlag) {
      has_options = true;
      continue;
    }
    std::string name = argument.names;
    if (argument.kind == Argument::Kind::kList) name += "...";
    line += argument.required ? " " + name : " [" + name + "]";
  }
  return has_options ? line + " [options]" : line;
}

std::string MainHelp(const CommandList& commands, bool colour) {
  std::string text = "kvctl looks into, fills and checks treering databases.\n\n";
  text += Title("Examples", colour);
  text += kMainExamples;
  text += "\n" + Title("Commands", colour);
  std::vector<std::pair<std::string, std::string>> rows;
  for (const auto& command : commands) {
    rows.emplace_back(std::string(command->name()), std::string(command->summary()));
  }
  text += Table(rows);
  text += "\n" + GlobalsTable(colour);
  text += "\n" + Title("Exit codes", colour);
  text += kExitCodes;
  text += "\n'kvctl help COMMAND' says more of each.\n";
  return text;
}

std::string CommandHelp(Command* command, bool colour) {
  std::string text = "kvctl " + std::string(command->name()) + ": " +
                     std::string(command->summary()) + "\n\n" + Title("Examples", colour);
  text += command->examples();
  text += "\n" + Title("Usage", colour) + "  " + UsageLine(command) + "\n";
  Arguments arguments;
  command->Declare(&arguments);
  std::vector<std::pair<std::string, std::string>> rows;
  for (const Argument& argument : arguments.all()) rows.emplace_back(Left(argument), argument.help);
  text += Table(rows);
  if (command->formats().size() > 1) {
    text += "  -o takes";
    for (const OutputFormat format : command->formats()) {
      text += " ";
      text += FormatName(format);
    }
    text += "\n";
  }
  if (!command->notes().empty()) {
    text += "\n" + Title("Worth knowing", colour);
    text += command->notes();
  }
  return text + "\n" + GlobalsTable(colour);
}

}  // namespace treering::kvctl
