#include "api/db.h"
#include "tools/kvctl/commands/commands.h"
#include "tools/kvctl/session.h"

namespace treering::kvctl {
namespace {

class Get : public Command {
 public:
  std::string_view name() const override { return "get"; }
  std::string_view summary() const override { return "print the value of a key"; }
  std::string_view examples() const override {
    return "  kvctl get user/1\n"
           "  kvctl get user/1 -o json\n"
           "  kvctl get picture -o raw > picture.png       # the bytes alone, no newline\n"
           "  kvctl get --key-format hex 00ff -o hex\n";
  }
  std::string_view notes() const override {
    return "  Without -o: the value as it is and a newline. A key that does not exist: exit 1.\n";
  }
  std::vector<OutputFormat> formats() const override {
    return {OutputFormat::kText, OutputFormat::kJson, OutputFormat::kNdjson,
            OutputFormat::kCsv,  OutputFormat::kHex,  OutputFormat::kRaw};
  }
  void Declare(Arguments* arguments) override { arguments->Required("KEY", "the key", &key_); }

  int Run(const Context& context) override {
    const Result<std::string> key = DecodeArgument(key_, context.options.key_form);
    if (!key.ok()) return context.console.Usage("KEY: " + std::string(key.status().message()));
    const auto session = Session::Open(context, SessionMode::kRead);
    if (!session.ok()) return context.console.Fail(session.status());
    PinnedValue value;
    const Status status = (*session)->db()->Get(*key, &value);
    if (status.IsNotFound()) {
      std::string shown;
      AppendEscaped(*key, &shown);
      context.console.Say("no key '" + shown + "'");
      return kExitDifference;
    }
    if (!status.ok()) return context.console.Fail(status);
    Print(context, *key, value.slice().view());
    return kExitOk;
  }

 private:
  static void Print(const Context& context, std::string_view key, std::string_view value) {
    const RecordShape shape = {context.options.output, context.options.key_form,
                               context.options.value_form, false};
    std::string text;
    if (shape.format == OutputFormat::kJson || shape.format == OutputFormat::kNdjson) {
      AppendJsonObject(shape, key, value, &text);
    } else if (shape.format == OutputFormat::kCsv) {
      RecordWriter writer(shape, context.out);
      (void)(writer.Begin() && writer.Write(key, value) && writer.End());
      return;
    } else if (shape.format == OutputFormat::kHex || shape.value_form == TextForm::kHex) {
      AppendHex(value, &text);
    } else if (shape.value_form == TextForm::kBase64) {
      AppendBase64(value, &text);
    } else {
      text = value;
    }
    if (shape.format != OutputFormat::kRaw) text += '\n';
    (void)context.out->Write(text);
  }

  std::string key_;
};

}  // namespace

std::unique_ptr<Command> MakeGet() { return std::make_unique<Get>(); }

}  // namespace treering::kvctl
