// Console: messages for the person, on stderr.
//
// Owner: main.
// Threads: any; a message is one write.
// Invariants:
//   1. Every message begins with "kvctl COMMAND: " so that it is known who speaks in a pipeline.
//   2. Quiet silences Say, never Error.
#ifndef TREERING_TOOLS_KVCTL_CONSOLE_H_
#define TREERING_TOOLS_KVCTL_CONSOLE_H_

#include <string>
#include <string_view>

#include "api/status.h"
#include "tools/kvctl/terminal.h"

namespace treering::kvctl {

class Console {
 public:
  // An empty command leaves "kvctl: ".
  Console(const Terminal& terminal, std::string_view command, bool quiet);

  // What was done.
  void Say(std::string_view message) const;
  void Error(std::string_view message) const;
  // The message of a failed operation, with its code where that says more; returns kExitError for
  // the caller to return.
  int Fail(const Status& status) const;
  // A wrong argument; returns kExitUsage.
  int Usage(std::string_view message) const;

 private:
  void Print(std::string_view mark, std::string_view message) const;

  const Terminal terminal_;
  const std::string prefix_;
  const bool quiet_;
};

}  // namespace treering::kvctl

#endif  // TREERING_TOOLS_KVCTL_CONSOLE_H_
