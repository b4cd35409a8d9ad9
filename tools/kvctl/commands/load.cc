#include <chrono>

#include "api/db.h"
#include "tools/kvctl/byte_size.h"
#include "tools/kvctl/commands/commands.h"
#include "tools/kvctl/dump_format.h"
#include "tools/kvctl/input_file.h"
#include "tools/kvctl/interrupt.h"
#include "tools/kvctl/ndjson.h"
#include "tools/kvctl/progress.h"
#include "tools/kvctl/session.h"

namespace treering::kvctl {
namespace {

// A batch ends here even when it has fewer records than asked for: the log likes small groups, and
// a batch may take a part of the memory budget only.
constexpr size_t kBatchBytes = 1u << 20;
constexpr uint64_t kBatchRecords = 1000;
constexpr uint64_t kBatchRecordsAck = 100;

// A source that knows `lines` by its first line.
Result<std::unique_ptr<RecordSource>> Recognise(LineReader* lines) {
  std::string_view first;
  const Result<bool> found = lines->Peek(&first);
  if (!found.ok()) return found.status();
  if (!*found) return Status::InvalidArgument("line 1: the input is empty");
  if (first.starts_with(kDumpFirstLine)) return {std::make_unique<DumpReader>(lines)};
  const size_t start = first.find_first_not_of(" \t\r");
  if (start == std::string_view::npos || first[start] == '{') {
    return {std::make_unique<NdjsonReader>(lines)};
  }
  return Status::InvalidArgument(
      "line 1: neither NDJSON ({\"key\":...,\"value\":...} a line) nor a dump (VERSION=3)");
}

class Load : public Command {
 public:
  std::string_view name() const override { return "load"; }
  std::string_view summary() const override { return "store many records from a file or stdin"; }
  std::string_view examples() const override {
    return "  kvctl load records.ndjson                    # {\"key\":\"a\",\"value\":\"b\"} a "
           "line\n"
           "  kvctl --db copy load backup.txt              # what kvctl dump wrote\n"
           "  db5.3_dump old.db | kvctl load -\n"
           "  mdb_dump old.lmdb | kvctl load -\n"
           "  kvctl load --ack --durability disk - < feed  # 'committed N' per durable batch\n";
  }
  std::string_view notes() const override {
    return "  Binary data in NDJSON: key_b64 and value_b64 (base64), or key_hex and value_hex.\n"
           "  Makes the database if there is none. Batches are atomic and end at --batch records "
           "or\n"
           "  1 MiB. After an error what was committed before it stays; loading again is "
           "harmless.\n";
  }
  void Declare(Arguments* arguments) override {
    arguments->Required("FILE", "NDJSON or a dump; - is stdin", &file_);
    arguments->Flag("--ack", "print 'committed N' (records so far) after each batch", &ack_);
    arguments->Number("--batch", "records a batch: 1000, or 100 with --ack, if not given", &batch_);
    arguments->DurabilityOf("--durability", "what a batch survives: process if not given",
                            &durability_);
  }

  int Run(const Context& context) override {
    if (batch_ == 0u) return context.console.Usage("--batch: at least 1");
    const auto started = std::chrono::steady_clock::now();
    const auto input = InputFile::Open(file_);
    if (!input.ok()) return context.console.Fail(input.status());
    LineReader lines((*input)->fd());
    const auto source = Recognise(&lines);
    if (!source.ok()) return Stopped(context, **input, source.status());
    const auto session = Session::Open(context, SessionMode::kCreate);
    if (!session.ok()) return context.console.Fail(session.status());

    Progress progress(context.terminal, context.options.quiet, "load",
                      (*input)->bytes() > 0 ? ProgressUnit::kBytes : ProgressUnit::kRecords,
                      (*input)->bytes());
    Status status;
    bool is_more = true;
    while (status.ok() && is_more && !context.out->failed()) {
      WriteBatch batch;
      const Status read = Fill(source->get(), &batch, &is_more);
      if (batch.count() > 0) status = Commit(context, (*session)->db(), batch);
      if (status.ok()) status = read;
      progress.Update((*input)->bytes() > 0 ? lines.bytes_done() : committed_);
    }
    // The next open has no log to read, and lsm shows what was loaded.
    if (status.ok() && !context.out->failed()) status = (*session)->db()->Flush();
    progress.Wipe();
    const Status closed = (*session)->Close();
    if (!status.ok()) return Stopped(context, **input, status);
    if (!closed.ok()) return context.console.Fail(closed);
    if (context.out->failed()) {
      context.console.Error("nobody takes the acknowledgements; " + Stays());
      return kExitError;
    }
    const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - started;
    char took[32];
    std::snprintf(took, sizeof took, "%.1f s", seconds.count());
    context.console.Say("loaded " + FormatCount(committed_) + " records, " +
                        FormatByteSize(lines.bytes_done()) + " of input, in " + took);
    return kExitOk;
  }

 private:
  // Reads up to a batch. An error or Ctrl-C leaves what was read before it in *batch.
  Status Fill(RecordSource* source, WriteBatch* batch, bool* is_more) const {
    const uint64_t records_max = batch_.value_or(ack_ ? kBatchRecordsAck : kBatchRecords);
    Record record;
    while (batch->count() < records_max && batch->ByteSize() < kBatchBytes) {
      if (Interrupted()) return Status::Aborted("interrupted");
      const Result<bool> next = source->Next(&record);
      if (!next.ok()) return next.status();
      *is_more = *next;
      if (!*next) break;
      batch->Put(record.key, record.value);
    }
    return Status::Ok();
  }

  Status Commit(const Context& context, DB* db, const WriteBatch& batch) {
    if (Status status = db->Write(batch, WriteOptions{durability_}); !status.ok()) return status;
    committed_ += batch.count();
    if (!ack_) return Status::Ok();
    (void)context.out->Write("committed " + std::to_string(committed_) + "\n");
    (void)context.out->Flush();  // its failure ends the loop, and main says why
    return Status::Ok();
  }

  std::string Stays() const { return FormatCount(committed_) + " records were committed and stay"; }

  // Says why it ended early, and what stays.
  int Stopped(const Context& context, const InputFile& input, const Status& status) const {
    if (status.IsAborted() && Interrupted()) {
      context.console.Say("interrupted; " + Stays());
      return kExitInterrupted;
    }
    const bool is_input = status.message().starts_with("line ");
    context.console.Error(
        (is_input ? input.name() + ": " + std::string(status.message()) : status.ToString()) +
        "; " + Stays());
    return kExitError;
  }

  std::string file_;
  bool ack_ = false;
  std::optional<uint64_t> batch_;
  Durability durability_ = Durability::kProcess;
  uint64_t committed_ = 0;
};

}  // namespace

std::unique_ptr<Command> MakeLoad() { return std::make_unique<Load>(); }

}  // namespace treering::kvctl
