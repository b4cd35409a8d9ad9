// Help: the texts of kvctl --help and kvctl help COMMAND, examples first.
//
// Owner: values.
// Threads: any.
// Invariants:
//   1. What is said of arguments comes from their declaration, so that it cannot be out of date.
#ifndef TREERING_TOOLS_KVCTL_HELP_H_
#define TREERING_TOOLS_KVCTL_HELP_H_

#include <string>

#include "tools/kvctl/command.h"
#include "tools/kvctl/command_line.h"

namespace treering::kvctl {

std::string MainHelp(const CommandList& commands, bool colour);
std::string CommandHelp(Command* command, bool colour);
// "kvctl put KEY VALUE [options]"
std::string UsageLine(Command* command);

}  // namespace treering::kvctl

#endif  // TREERING_TOOLS_KVCTL_HELP_H_
