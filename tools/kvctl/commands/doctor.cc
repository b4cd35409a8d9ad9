#include <cstdio>

#include "api/db.h"
#include "tools/kvctl/commands/commands.h"
#include "tools/kvctl/doctor_checks.h"
#include "tools/kvctl/io_trial.h"
#include "tools/kvctl/session.h"

namespace treering::kvctl {
namespace {

std::string_view Word(Verdict verdict) {
  switch (verdict) {
    case Verdict::kOk:
      return "ok";
    case Verdict::kWarn:
      return "warn";
    case Verdict::kProblem:
      return "problem";
  }
  return "";
}

Colour ColourOf(Verdict verdict) {
  if (verdict == Verdict::kOk) return Colour::kGreen;
  return verdict == Verdict::kWarn ? Colour::kYellow : Colour::kRed;
}

class Doctor : public Command {
 public:
  std::string_view name() const override { return "doctor"; }
  std::string_view summary() const override {
    return "is the fast I/O path on, and if not, why and what to do";
  }
  std::string_view examples() const override {
    return "  kvctl doctor                    # of the current directory\n"
           "  kvctl --db /var/lib/mydata doctor\n";
  }
  std::string_view notes() const override {
    return "  Looks at kernel, io_uring, registered buffers, limits and the file system. The "
           "database is\n"
           "  not opened; a record is stored in a temporary folder, and 4 KiB in a file without a "
           "name\n"
           "  beside the database. Exit 1 when something is a problem; a warning costs speed only, "
           "or\n"
           "  says what to know.\n";
  }
  std::vector<OutputFormat> formats() const override {
    return {OutputFormat::kText, OutputFormat::kJson};
  }
  bool needs_database() const override { return false; }

  int Run(const Context& context) override {
    std::vector<Finding> findings = {CheckKernel()};
    const auto add = [&findings](std::vector<Finding> more) {
      findings.insert(findings.end(), more.begin(), more.end());
    };
    const auto runtime = MakeRuntime(context);
    if (runtime.ok()) {
      const IoTrial trial = TryIo(*runtime);
      add(CheckRuntime((*runtime)->Facts(), trial, ""));
    } else {
      add(CheckRuntime({}, {}, runtime.status().ToString()));
    }
    add({CheckLockedMemory(context.options.memory_budget), CheckOpenFiles()});
    add(CheckFileSystem(context.options.db.empty() ? "." : context.options.db));
    (void)context.out->Write(context.options.output == OutputFormat::kJson
                                 ? Json(findings)
                                 : Text(findings, context.terminal.colour_out));
    for (const Finding& finding : findings) {
      if (finding.verdict == Verdict::kProblem) return kExitDifference;
    }
    return kExitOk;
  }

 private:
  static std::string Text(const std::vector<Finding>& findings, bool colour) {
    std::string text;
    for (const Finding& finding : findings) {
      char word[16];
      char name[32];
      std::snprintf(word, sizeof word, "%-8s", std::string(Word(finding.verdict)).c_str());
      std::snprintf(name, sizeof name, "%-20s", finding.name.c_str());
      text += Paint(colour, ColourOf(finding.verdict), word) + name + finding.what + "\n";
      if (!finding.remedy.empty()) text += std::string(28, ' ') + "-> " + finding.remedy + "\n";
    }
    return text;
  }

  static std::string Json(const std::vector<Finding>& findings) {
    std::string text = "[";
    for (const Finding& finding : findings) {
      text += text.size() > 1 ? ",\n{\"verdict\":\"" : "\n{\"verdict\":\"";
      text += Word(finding.verdict);
      text += "\",\"name\":";
      AppendJsonString(finding.name, &text);
      for (const auto& [field, value] :
           {std::pair("what", &finding.what), std::pair("remedy", &finding.remedy)}) {
        std::string shown;
        AppendEscaped(*value, &shown);
        text += ",\"" + std::string(field) + "\":";
        AppendJsonString(shown, &text);
      }
      text += "}";
    }
    return text + "\n]\n";
  }
};

}  // namespace

std::unique_ptr<Command> MakeDoctor() { return std::make_unique<Doctor>(); }

}  // namespace treering::kvctl
