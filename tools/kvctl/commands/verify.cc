#include <cstdlib>

#include "api/db.h"
#include "tools/kvctl/byte_size.h"
#include "tools/kvctl/commands/commands.h"
#include "tools/kvctl/interrupt.h"
#include "tools/kvctl/progress.h"
#include "tools/kvctl/session.h"

namespace treering::kvctl {
namespace {

class Verify : public Command {
 public:
  std::string_view name() const override { return "verify"; }
  std::string_view summary() const override { return "read everything and check every checksum"; }
  std::string_view examples() const override {
    return "  kvctl verify\n"
           "  kvctl verify -o json\n";
  }
  std::string_view notes() const override {
    return "  Opening checks log, manifest and each table's index, then every block of every table "
           "is\n"
           "  read. Exit 1 when something is damaged; each line names file, offset, what was "
           "expected\n"
           "  and found. Damage that keeps the database from opening ends it there: the one place "
           "is\n"
           "  named, and in JSON \"complete\" is false. Nothing is changed.\n";
  }
  std::vector<OutputFormat> formats() const override {
    return {OutputFormat::kText, OutputFormat::kJson};
  }

  int Run(const Context& context) override {
    const auto session = Session::Open(context, SessionMode::kRead);
    if (!session.ok() && session.status().IsCorruption()) {
      VerifyReport report;
      report.problems.push_back(session.status());
      Print(context, report, false);
      context.console.Error(
          "the database does not open with this damage, so no table's blocks were read: there may "
          "be more. 'dump' and 'scan' need the same open and fail alike. Restore what is named "
          "from a copy, then verify again");
      return kExitDifference;
    }
    if (!session.ok()) return context.console.Fail(session.status());
    Progress progress(context.terminal, context.options.quiet, "verify", ProgressUnit::kBytes, 0);
    const Result<VerifyReport> report =
        (*session)->db()->Verify([&](uint64_t bytes_done, uint64_t bytes_total) {
          progress.Update(bytes_done, bytes_total);
          if (!Interrupted()) return;
          progress.Wipe();
          context.console.Say("interrupted after " + FormatByteSize(bytes_done) + " of " +
                              FormatByteSize(bytes_total));
          std::_Exit(kExitInterrupted);  // nothing was written, so nothing is left to tidy
        });
    progress.Wipe();
    if (!report.ok()) return context.console.Fail(report.status());
    Print(context, *report, true);
    if (report->problems.empty()) return kExitOk;
    const bool is_one = report->problems.size() == 1;
    context.console.Error(
        FormatCount(report->problems.size()) + (is_one ? " damaged place" : " damaged places") +
        ". The rest can be read: 'kvctl scan' and 'dump' stop at the first place on "
        "their way; scan --from behind it, or --reverse, reads on. Or restore a copy");
    return kExitDifference;
  }

 private:
  static void Print(const Context& context, const VerifyReport& report, bool is_complete) {
    std::string text;
    if (context.options.output == OutputFormat::kJson) {
      text = "{\"complete\":" + std::string(is_complete ? "true" : "false") +
             ",\"files\":" + std::to_string(report.files) +
             ",\"bytes\":" + std::to_string(report.bytes) + ",\"problems\":[";
      for (const Status& problem : report.problems) {
        if (text.back() != '[') text += ',';
        std::string shown;
        AppendEscaped(problem.message(), &shown);
        AppendJsonString(shown, &text);
      }
      text += "]}\n";
    } else if (report.problems.empty()) {
      text = "ok: " + std::to_string(report.files) + " files, " + std::to_string(report.bytes) +
             " bytes\n";
    } else {
      for (const Status& problem : report.problems) {
        text += Paint(context.terminal.colour_out, Colour::kRed, "damaged: ");
        text += problem.message();
        text += '\n';
      }
    }
    (void)context.out->Write(text);
  }
};

}  // namespace

std::unique_ptr<Command> MakeVerify() { return std::make_unique<Verify>(); }

}  // namespace treering::kvctl
