#include "tools/kvctl/console.h"

#include <cstdio>

#include "tools/kvctl/exit_code.h"

namespace treering::kvctl {

Console::Console(const Terminal& terminal, std::string_view command, bool quiet)
    : terminal_(terminal),
      prefix_(command.empty() ? "kvctl: " : "kvctl " + std::string(command) + ": "),
      quiet_(quiet) {}

void Console::Print(std::string_view mark, std::string_view message) const {
  const std::string line = prefix_ + std::string(mark) + std::string(message) + "\n";
  std::fwrite(line.data(), 1, line.size(), stderr);
}

void Console::Say(std::string_view message) const {
  if (!quiet_) Print("", message);
}

void Console::Error(std::string_view message) const {
  Print(Paint(terminal_.colour_err, Colour::kRed, "error: "), message);
}

int Console::Fail(const Status& status) const {
  // Where the code says no more than the message does, the message alone.
  const bool is_plain = status.IsNotFound() || status.IsInvalidArgument() || status.IsIoError();
  Error(is_plain ? std::string(status.message()) : status.ToString());
  return kExitError;
}

int Console::Usage(std::string_view message) const {
  Error(message);
  return kExitUsage;
}

}  // namespace treering::kvctl
