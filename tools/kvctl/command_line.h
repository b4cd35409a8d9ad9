// CommandLine: from the words of the command line to a command with its arguments set.
//
// Owner: main.
// Threads: one.
// Invariants:
//   1. Keys and values reach the command byte for byte, whatever they look like; behind "--" also
//      those that begin with "-".
//   2. Global options stand before or behind the command; the last one of a kind counts.
//   3. Every message names the wrong word and, where one is near, the right one.
#ifndef TREERING_TOOLS_KVCTL_COMMAND_LINE_H_
#define TREERING_TOOLS_KVCTL_COMMAND_LINE_H_

#include <memory>
#include <string>
#include <vector>

#include "tools/kvctl/command.h"
#include "tools/kvctl/global_options.h"

namespace treering::kvctl {

using CommandList = std::vector<std::unique_ptr<Command>>;

struct CommandLine {
  enum class Action { kRun, kHelp, kVersion, kUsageError };

  Action action = Action::kRun;
  Command* command = nullptr;  // also of kHelp and kUsageError, where one was named
  std::string message;         // of kUsageError
};

// Sets what the commands and `globals` declare. `words` are without the program's name.
CommandLine ParseCommandLine(const std::vector<std::string>& words, const CommandList& commands,
                             GlobalOptions* globals);

// "unknown command 'gett'; did you mean 'get'?"
std::string UnknownCommand(const std::string& word, const CommandList& commands);

}  // namespace treering::kvctl

#endif  // TREERING_TOOLS_KVCTL_COMMAND_LINE_H_
