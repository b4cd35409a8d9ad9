#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "api/db.h"
#include "tools/kvctl/commands/commands.h"
#include "tools/kvctl/interrupt.h"
#include "tools/kvctl/session.h"

namespace treering::kvctl {
namespace {

// More than the engine takes, so that the engine's own message answers what is too long.
constexpr size_t kInputBytesMax = 128u << 20;

Result<std::string> ReadStdin() {
  std::string bytes;
  char part[64 << 10];
  while (bytes.size() < kInputBytesMax) {
    const ssize_t got = ::read(STDIN_FILENO, part, sizeof part);
    if (Interrupted()) return Status::Aborted("interrupted");
    if (got < 0) return Status::IoError(std::string("read stdin: ") + std::strerror(errno));
    if (got == 0) break;
    bytes.append(part, static_cast<size_t>(got));
  }
  return bytes;
}

class Put : public Command {
 public:
  std::string_view name() const override { return "put"; }
  std::string_view summary() const override { return "store a value under a key"; }
  std::string_view examples() const override {
    return "  kvctl put user/1 Ada\n"
           "  kvctl put picture - < picture.png            # the value from stdin, byte for byte\n"
           "  kvctl put --durability disk order/7 paid     # survives power loss when it returns\n"
           "  kvctl put --value-format base64 k AP8=\n"
           "  kvctl put note -- --draft                    # -- before what begins with '-'\n";
  }
  std::string_view notes() const override {
    return "  Makes the database if there is none. A value '-' is read from stdin, whatever\n"
           "  --value-format says.\n";
  }
  void Declare(Arguments* arguments) override {
    arguments->Required("KEY", "the key", &key_);
    arguments->Required("VALUE", "the value; - reads it from stdin", &value_);
    arguments->DurabilityOf("--durability", "what it survives: process if not given", &durability_);
  }

  int Run(const Context& context) override {
    const Result<std::string> key = DecodeArgument(key_, context.options.key_form);
    if (!key.ok()) return context.console.Usage("KEY: " + std::string(key.status().message()));
    const bool is_stdin = value_ == "-";
    const Result<std::string> value =
        is_stdin ? ReadStdin() : DecodeArgument(value_, context.options.value_form);
    if (!value.ok() && value.status().IsAborted()) {
      context.console.Say("interrupted; nothing was written");
      return kExitInterrupted;
    }
    if (!value.ok() && is_stdin) return context.console.Fail(value.status());
    if (!value.ok()) {
      return context.console.Usage("VALUE: " + std::string(value.status().message()));
    }
    const auto session = Session::Open(context, SessionMode::kCreate);
    if (!session.ok()) return context.console.Fail(session.status());
    Status status = (*session)->db()->Put(*key, *value, WriteOptions{durability_});
    if (status.ok()) status = (*session)->Close();
    return status.ok() ? kExitOk : context.console.Fail(status);
  }

 private:
  std::string key_;
  std::string value_;
  Durability durability_ = Durability::kProcess;
};

}  // namespace

std::unique_ptr<Command> MakePut() { return std::make_unique<Put>(); }

}  // namespace treering::kvctl
