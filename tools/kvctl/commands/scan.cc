#include "api/db.h"
#include "tools/kvctl/commands/commands.h"
#include "tools/kvctl/interrupt.h"
#include "tools/kvctl/key_range.h"
#include "tools/kvctl/session.h"

namespace treering::kvctl {
namespace {

class Scan : public Command {
 public:
  std::string_view name() const override { return "scan"; }
  std::string_view summary() const override { return "print keys and values of a range, in order"; }
  std::string_view examples() const override {
    return "  kvctl scan --from user/ --to user0\n"
           "  kvctl scan --limit 10 --reverse              # the last ten\n"
           "  kvctl scan --keys-only\n"
           "  kvctl scan -o ndjson | jq -r .key\n";
  }
  std::string_view notes() const override {
    return "  text escapes what is not printable (\\n, \\t, \\\\, \\xHH); hex and raw do not lose "
           "a byte\n"
           "  either, but raw cannot be taken apart again when values hold tabs or newlines: use\n"
           "  ndjson or dump for other programs. csv has a header and CRLF line ends (RFC 4180).\n";
  }
  std::vector<OutputFormat> formats() const override {
    return {OutputFormat::kText, OutputFormat::kJson, OutputFormat::kNdjson,
            OutputFormat::kCsv,  OutputFormat::kHex,  OutputFormat::kRaw};
  }
  void Declare(Arguments* arguments) override {
    range_.Declare(arguments);
    arguments->Number("--limit", "at most N records", &limit_);
    arguments->Flag("--reverse", "from the last to the first", &reverse_);
    arguments->Flag("--keys-only", "without the values", &keys_only_);
  }

  int Run(const Context& context) override {
    if (Status status = range_.Decode(context.options.key_form); !status.ok()) {
      return context.console.Usage(status.message());
    }
    const auto session = Session::Open(context, SessionMode::kRead);
    if (!session.ok()) return context.console.Fail(session.status());
    const std::unique_ptr<Iterator> iterator = (*session)->db()->NewIterator(range_.ForScan());
    const RecordShape shape = {context.options.output, context.options.key_form,
                               context.options.value_form, keys_only_};
    RecordWriter writer(shape, context.out);
    bool is_wanted = writer.Begin();
    uint64_t printed = 0;
    if (reverse_) {
      iterator->SeekToLast();
    } else {
      iterator->SeekToFirst();
    }
    while (is_wanted && !Interrupted() && printed < limit_.value_or(UINT64_MAX) &&
           iterator->Valid()) {
      is_wanted = writer.Write(iterator->key().view(),
                               keys_only_ ? std::string_view() : iterator->value().view());
      ++printed;
      if (reverse_) {
        iterator->Prev();
      } else {
        iterator->Next();
      }
    }
    if (!iterator->status().ok()) return context.console.Fail(iterator->status());
    if (Interrupted()) {
      context.console.Say("interrupted after " + std::to_string(printed) + " records");
      return kExitInterrupted;
    }
    if (is_wanted) (void)writer.End();
    return kExitOk;
  }

 private:
  KeyRange range_;
  std::optional<uint64_t> limit_;
  bool reverse_ = false;
  bool keys_only_ = false;
};

}  // namespace

std::unique_ptr<Command> MakeScan() { return std::make_unique<Scan>(); }

}  // namespace treering::kvctl
