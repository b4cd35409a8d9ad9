#include "tools/kvctl/commands/commands.h"

namespace treering::kvctl {

CommandList AllCommands() {
  CommandList commands;
  for (const auto make : {MakeGet, MakePut, MakeDel, MakeScan, MakeCount, MakeLoad, MakeDump,
                          MakeStat, MakeLsm, MakeCompact, MakeVerify, MakeDoctor, MakeVersion}) {
    commands.push_back(make());
  }
  return commands;
}

}  // namespace treering::kvctl
