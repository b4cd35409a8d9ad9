#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <thread>

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

class Compact : public Command {
 public:
  std::string_view name() const override { return "compact"; }
  std::string_view summary() const override {
    return "rewrite tables: drop what is deleted or old";
  }
  std::string_view examples() const override {
    return "  kvctl compact\n"
           "  kvctl compact --from user/ --to user0\n";
  }
  std::string_view notes() const override {
    return "  Databases compact by themselves as they are written; this does it now and wholly. "
           "Ctrl-C\n"
           "  stops it at once and harms nothing: a compaction counts when it is complete.\n";
  }
  void Declare(Arguments* arguments) override { range_.Declare(arguments); }

  int Run(const Context& context) override {
    if (Status status = range_.Decode(context.options.key_form); !status.ok()) {
      return context.console.Usage(status.message());
    }
    const auto session = Session::Open(context, SessionMode::kWrite);
    if (!session.ok()) return context.console.Fail(session.status());
    DB* db = (*session)->db();
    const Result<StatsView> before = ReadStats(db);
    if (!before.ok()) return context.console.Fail(before.status());
    const auto started = std::chrono::steady_clock::now();
    Status status = RunAndWatch(context, db, before->total_bytes());
    const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - started;
    const Result<StatsView> after = ReadStats(db);
    if (status.ok()) status = (*session)->Close();
    if (!status.ok()) return context.console.Fail(status);
    if (!after.ok()) return context.console.Fail(after.status());
    char took[32];
    std::snprintf(took, sizeof took, "%.1f s", seconds.count());
    context.console.Say("compacted " + FormatByteSize(before->total_bytes()) + " in " +
                        FormatCount(before->total_tables()) + " tables to " +
                        FormatByteSize(after->total_bytes()) + " in " +
                        FormatCount(after->total_tables()) + ", in " + took);
    return kExitOk;
  }

 private:
  // The compaction in a thread of its own, so that this one can show how far it is.
  Status RunAndWatch(const Context& context, DB* db, uint64_t bytes) {
    Progress progress(context.terminal, context.options.quiet, "compact", ProgressUnit::kBytes,
                      bytes);
    std::atomic<bool> is_done = false;
    Status status;
    std::thread work([&] {
      status = db->Flush();
      if (status.ok()) status = db->CompactRange(range_.begin(), range_.end());
      is_done.store(true, std::memory_order_release);
    });
    while (!is_done.load(std::memory_order_acquire)) {
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
      const Result<StatsView> now = ReadStats(db);
      if (now.ok()) progress.Update(now->compaction_bytes_read);
      if (Interrupted()) {
        progress.Wipe();
        context.console.Say("interrupted; the database is as whole as before");
        std::_Exit(kExitInterrupted);  // a compaction cannot be called back, but may be left
      }
    }
    work.join();
    return status;
  }

  KeyRange range_;
};

}  // namespace

std::unique_ptr<Command> MakeCompact() { return std::make_unique<Compact>(); }

}  // namespace treering::kvctl
