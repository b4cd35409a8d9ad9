#include "api/db.h"
#include "tools/kvctl/commands/commands.h"

namespace treering::kvctl {
namespace {

class VersionCommand : public Command {
 public:
  std::string_view name() const override { return "version"; }
  std::string_view summary() const override {
    return "the version of kvctl and of its file format";
  }
  std::string_view examples() const override {
    return "  kvctl version\n"
           "  kvctl version --json\n";
  }
  std::vector<OutputFormat> formats() const override {
    return {OutputFormat::kText, OutputFormat::kJson};
  }
  bool needs_database() const override { return false; }
  void Declare(Arguments* arguments) override { arguments->Flag("--json", "as -o json", &json_); }

  int Run(const Context& context) override {
    const std::string version(Version());
    const std::string format = std::to_string(FormatVersion());
    if (json_ || context.options.output == OutputFormat::kJson) {
      (void)context.out->Write("{\"version\":\"" + version + "\",\"format\":" + format + "}\n");
    } else {
      (void)context.out->Write("treering " + version + ", file format " + format + "\n");
    }
    return kExitOk;
  }

 private:
  bool json_ = false;
};

}  // namespace

std::unique_ptr<Command> MakeVersion() { return std::make_unique<VersionCommand>(); }

}  // namespace treering::kvctl
