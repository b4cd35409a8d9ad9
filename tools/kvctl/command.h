// Command: one word of kvctl, such as "get": its arguments, its help, its work.
//
// Owner: commands/commands.cc makes them all; main runs one.
// Threads: one.
// Invariants:
//   1. Data goes to Context::out, everything else to Context::console.
//   2. Run returns one of exit_code.h and throws nothing.
#ifndef TREERING_TOOLS_KVCTL_COMMAND_H_
#define TREERING_TOOLS_KVCTL_COMMAND_H_

#include <string>
#include <string_view>
#include <vector>

#include "tools/kvctl/arguments.h"
#include "tools/kvctl/console.h"
#include "tools/kvctl/exit_code.h"
#include "tools/kvctl/global_options.h"
#include "tools/kvctl/output.h"
#include "tools/kvctl/terminal.h"

namespace treering::kvctl {

struct Context {
  const GlobalOptions& options;
  const Terminal& terminal;
  const Console& console;
  Output* out;
};

class Command {
 public:
  virtual ~Command() = default;
  virtual std::string_view name() const = 0;
  // What it does, in a line of the list of commands.
  virtual std::string_view summary() const = 0;
  // Lines that can be copied, the most wanted first; and what is worth knowing beyond them.
  virtual std::string_view examples() const = 0;
  virtual std::string_view notes() const { return ""; }
  // The output formats it has; another one is a usage error.
  virtual std::vector<OutputFormat> formats() const { return {OutputFormat::kText}; }
  virtual bool needs_database() const { return true; }
  virtual void Declare(Arguments* arguments) { (void)arguments; }
  virtual int Run(const Context& context) = 0;
};

}  // namespace treering::kvctl

#endif  // TREERING_TOOLS_KVCTL_COMMAND_H_
