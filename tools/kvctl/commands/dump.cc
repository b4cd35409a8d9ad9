#include <cstdio>

#include "api/db.h"
#include "tools/kvctl/byte_size.h"
#include "tools/kvctl/commands/commands.h"
#include "tools/kvctl/dump_format.h"
#include "tools/kvctl/interrupt.h"
#include "tools/kvctl/output_file.h"
#include "tools/kvctl/progress.h"
#include "tools/kvctl/session.h"
#include "tools/kvctl/stats_view.h"

namespace treering::kvctl {
namespace {

// Whether `path` may be replaced: -y, or the person says so.
bool MayReplace(const Context& context, const std::string& path) {
  if (context.options.yes) return true;
  if (!context.terminal.in_is_terminal || !context.terminal.err_is_terminal) {
    context.console.Error(path + " exists; -y replaces it");
    return false;
  }
  std::fprintf(stderr, "%s exists. Replace it? [y/N] ", path.c_str());
  const int answer = std::getchar();
  if (answer == 'y' || answer == 'Y') return true;
  context.console.Say("nothing was written");
  return false;
}

class Dump : public Command {
 public:
  std::string_view name() const override { return "dump"; }
  std::string_view summary() const override { return "write everything as text that others load"; }
  std::string_view examples() const override {
    return "  kvctl dump backup.txt\n"
           "  kvctl dump | zstd > backup.zst\n"
           "  kvctl dump | db5.3_load copy.db\n"
           "  kvctl dump | mdb_load -f - copy.lmdb         # keys up to 511 bytes\n"
           "  kvctl --db copy load backup.txt\n";
  }
  std::string_view notes() const override {
    return "  The text format of Berkeley DB and LMDB: sorted, in hex, as of one moment. A FILE\n"
           "  appears when it is complete. LMDB's map has 1 MiB unless the header says otherwise:\n"
           "  kvctl dump | sed '1a mapsize=1073741824' | mdb_load copy.lmdb\n";
  }
  void Declare(Arguments* arguments) override {
    arguments->Positional("FILE", "where to; stdout if not given, or -", &file_);
  }

  int Run(const Context& context) override {
    const bool is_stdout = !file_.has_value() || *file_ == "-";
    if (!is_stdout && OutputFile::Exists(*file_) && !MayReplace(context, *file_)) return kExitError;
    const auto session = Session::Open(context, SessionMode::kRead);
    if (!session.ok()) return context.console.Fail(session.status());
    if (is_stdout) return Write(context, (*session)->db(), context.out);

    auto file = OutputFile::Create(*file_);
    if (!file.ok()) return context.console.Fail(file.status());
    if (const int code = Write(context, (*session)->db(), (*file)->out()); code != kExitOk) {
      return code;
    }
    if (Status status = (*file)->Commit(); !status.ok()) return context.console.Fail(status);
    context.console.Say("dumped " + FormatCount(records_) + " records to " + *file_);
    return kExitOk;
  }

 private:
  int Write(const Context& context, DB* db, Output* out) {
    const Result<StatsView> stats = ReadStats(db);
    Progress progress(context.terminal, context.options.quiet || context.terminal.out_is_terminal,
                      "dump", ProgressUnit::kRecords, stats.ok() ? stats->entries_estimate() : 0);
    ReadOptions options;
    options.fill_cache = false;
    const std::unique_ptr<Iterator> iterator = db->NewIterator(options);
    bool is_wanted = WriteDumpHeader(out);
    for (iterator->SeekToFirst(); is_wanted && iterator->Valid() && !Interrupted();
         iterator->Next()) {
      is_wanted = WriteDumpRecord(iterator->key().view(), iterator->value().view(), out);
      progress.Update(++records_);
    }
    progress.Wipe();
    if (!iterator->status().ok()) return context.console.Fail(iterator->status());
    if (Interrupted()) {
      context.console.Say("interrupted after " + FormatCount(records_) +
                          " records; the dump is not complete");
      return kExitInterrupted;
    }
    if (is_wanted) (void)WriteDumpEnd(out);
    return kExitOk;
  }

  std::optional<std::string> file_;
  uint64_t records_ = 0;
};

}  // namespace

std::unique_ptr<Command> MakeDump() { return std::make_unique<Dump>(); }

}  // namespace treering::kvctl
