// kvctl: wires the command line to its command and the command to the terminal.

#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

#include "tools/kvctl/command_line.h"
#include "tools/kvctl/commands/commands.h"
#include "tools/kvctl/help.h"
#include "tools/kvctl/interrupt.h"

namespace treering::kvctl {
namespace {

int UsageError(const CommandLine& line, const Terminal& terminal, bool is_bare,
               const CommandList& commands) {
  if (is_bare) {
    std::fputs(MainHelp(commands, terminal.colour_err).c_str(), stderr);
    return kExitUsage;
  }
  const std::string name(line.command == nullptr ? "" : line.command->name());
  const Console console(terminal, name, false);
  const int code = console.Usage(line.message);
  const std::string usage =
      line.command == nullptr ? "kvctl COMMAND [options]" : UsageLine(line.command);
  std::fprintf(stderr, "usage: %s\n'kvctl help%s%s' says more.\n", usage.c_str(),
               name.empty() ? "" : " ", name.c_str());
  return code;
}

// A wrong choice of output or a missing database is a matter of usage; empty when all is well.
std::string Misfit(const Command& command, const GlobalOptions& globals) {
  const std::vector<OutputFormat> formats = command.formats();
  if (std::find(formats.begin(), formats.end(), globals.output) == formats.end()) {
    std::string known;
    for (const OutputFormat format : formats) known += " " + std::string(FormatName(format));
    return "-o: " + std::string(FormatName(globals.output)) +
           " is not a format of this command; it has" + known;
  }
  if (command.needs_database() && globals.db.empty()) {
    return "which database? Give --db DIR, or set KVCTL_DB";
  }
  return "";
}

// The exit code, when stdout could take everything; otherwise what became of it.
int Finish(Output* out, const Console& console, int code) {
  (void)out->Flush();
  if (!out->failed()) return code;
  if (out->reader_is_gone()) {
    std::signal(SIGPIPE, SIG_DFL);  // ends as every program does whose reader went away
    std::raise(SIGPIPE);
  }
  return console.Fail(out->status());
}

int Run(const std::vector<std::string>& words) {
  std::signal(SIGPIPE, SIG_IGN);
  CatchInterrupts();
  CommandList commands = AllCommands();
  commands.push_back(MakeHelp(&commands));
  GlobalOptions globals;
  CommandLine line = ParseCommandLine(words, commands, &globals);
  if (const char* db = std::getenv("KVCTL_DB"); globals.db.empty() && db != nullptr)
    globals.db = db;
  const Terminal terminal = Terminal::Detect(globals.no_color);
  Output out(STDOUT_FILENO, "stdout");

  if (line.action == CommandLine::Action::kRun) {
    line.message = Misfit(*line.command, globals);
    if (!line.message.empty()) line.action = CommandLine::Action::kUsageError;
  }
  const std::string name(line.command == nullptr ? "" : line.command->name());
  const Console console(terminal, name, globals.quiet);
  switch (line.action) {
    case CommandLine::Action::kUsageError:
      return UsageError(line, terminal, words.empty(), commands);
    case CommandLine::Action::kHelp:
      (void)out.Write(line.command == nullptr ? MainHelp(commands, terminal.colour_out)
                                              : CommandHelp(line.command, terminal.colour_out));
      return Finish(&out, console, kExitOk);
    case CommandLine::Action::kVersion: {
      const Context context = {globals, terminal, console, &out};
      return Finish(&out, console, MakeVersion()->Run(context));
    }
    case CommandLine::Action::kRun:
      break;
  }
  const Context context = {globals, terminal, console, &out};
  return Finish(&out, console, line.command->Run(context));
}

}  // namespace
}  // namespace treering::kvctl

int main(int argc, char** argv) {
  return treering::kvctl::Run(std::vector<std::string>(argv + 1, argv + argc));
}
