// The commands of kvctl, one maker each; each is in the file of its name.
//
// Owner: AllCommands gives them to main.
// Threads: one.
// Invariants:
//   1. AllCommands has each once, in the order help shows them; main adds help, which needs the
//      list.
#ifndef TREERING_TOOLS_KVCTL_COMMANDS_COMMANDS_H_
#define TREERING_TOOLS_KVCTL_COMMANDS_COMMANDS_H_

#include <memory>

#include "tools/kvctl/command.h"
#include "tools/kvctl/command_line.h"

namespace treering::kvctl {

std::unique_ptr<Command> MakeGet();
std::unique_ptr<Command> MakePut();
std::unique_ptr<Command> MakeDel();
std::unique_ptr<Command> MakeScan();
std::unique_ptr<Command> MakeCount();
std::unique_ptr<Command> MakeLoad();
std::unique_ptr<Command> MakeDump();
std::unique_ptr<Command> MakeStat();
std::unique_ptr<Command> MakeLsm();
std::unique_ptr<Command> MakeCompact();
std::unique_ptr<Command> MakeVerify();
std::unique_ptr<Command> MakeDoctor();
std::unique_ptr<Command> MakeVersion();
std::unique_ptr<Command> MakeHelp(const CommandList* all);

CommandList AllCommands();

}  // namespace treering::kvctl

#endif  // TREERING_TOOLS_KVCTL_COMMANDS_COMMANDS_H_
