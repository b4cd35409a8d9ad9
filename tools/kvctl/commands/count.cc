#include "api/db.h"
#include "tools/kvctl/byte_size.h"
#include "tools/kvctl/commands/commands.h"
#include "tools/kvctl/interrupt.h"
#include "tools/kvctl/key_range.h"
#include "tools/kvctl/progress.h"
#include "tools/kvctl/session.h"
#include "tools/kvctl/stats_view.h"

namespace treering::kvctl {
namespace {

class Count : public Command {
 public:
  std::string_view name() const override { return "count"; }
  std::string_view summary() const override { return "count the keys, of a range or all"; }
  std::string_view examples() const override {
    return "  kvctl count\n"
           "  kvctl count --from user/ --to user0\n";
  }
  std::string_view notes() const override {
    return "  Reads every record: exact, and as long as a scan. 'kvctl lsm' is quick and rough.\n";
  }
  std::vector<OutputFormat> formats() const override {
    return {OutputFormat::kText, OutputFormat::kJson};
  }
  void Declare(Arguments* arguments) override { range_.Declare(arguments); }

  int Run(const Context& context) override {
    if (Status status = range_.Decode(context.options.key_form); !status.ok()) {
      return context.console.Usage(status.message());
    }
    const auto session = Session::Open(context, SessionMode::kRead);
    if (!session.ok()) return context.console.Fail(session.status());
    DB* db = (*session)->db();
    uint64_t total = 0;
    if (range_.is_everything()) {
      const Result<StatsView> stats = ReadStats(db);
      if (stats.ok()) total = stats->entries_estimate();
    }
    Progress progress(context.terminal, context.options.quiet, "count", ProgressUnit::kRecords,
                      total);
    const std::unique_ptr<Iterator> iterator = db->NewIterator(range_.ForScan());
    uint64_t count = 0;
    for (iterator->SeekToFirst(); iterator->Valid() && !Interrupted(); iterator->Next()) {
      progress.Update(++count);
    }
    progress.Wipe();
    if (!iterator->status().ok()) return context.console.Fail(iterator->status());
    if (Interrupted()) {
      context.console.Say("interrupted; " + FormatCount(count) + " keys were counted so far");
      return kExitInterrupted;
    }
    const std::string number = std::to_string(count);
    const bool is_json = context.options.output == OutputFormat::kJson;
    (void)context.out->Write(is_json ? "{\"count\":" + number + "}\n" : number + "\n");
    return kExitOk;
  }

 private:
  KeyRange range_;
};

}  // namespace

std::unique_ptr<Command> MakeCount() { return std::make_unique<Count>(); }

}  // namespace treering::kvctl
