#include "tools/kvctl/help.h"

#include "tools/kvctl/commands/commands.h"

namespace treering::kvctl {
namespace {

class HelpCommand : public Command {
 public:
  explicit HelpCommand(const CommandList* all) : all_(all) {}
  std::string_view name() const override { return "help"; }
  std::string_view summary() const override { return "this, or the help of a command"; }
  std::string_view examples() const override { return "  kvctl help load\n"; }
  bool needs_database() const override { return false; }
  void Declare(Arguments* arguments) override {
    arguments->Positional("COMMAND", "the command", &word_);
  }

  int Run(const Context& context) override {
    const bool colour = context.terminal.colour_out;
    if (!word_.has_value()) {
      (void)context.out->Write(MainHelp(*all_, colour));
      return kExitOk;
    }
    for (const auto& command : *all_) {
      if (command->name() != *word_) continue;
      (void)context.out->Write(CommandHelp(command.get(), colour));
      return kExitOk;
    }
    return context.console.Usage(UnknownCommand(*word_, *all_));
  }

 private:
  const CommandList* const all_;
  std::optional<std::string> word_;
};

}  // namespace

std::unique_ptr<Command> MakeHelp(const CommandList* all) {
  return std::make_unique<HelpCommand>(all);
}

}  // namespace treering::kvctl
