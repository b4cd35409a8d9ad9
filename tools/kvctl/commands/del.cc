#include "api/db.h"
#include "tools/kvctl/commands/commands.h"
#include "tools/kvctl/session.h"

namespace treering::kvctl {
namespace {

class Del : public Command {
 public:
  std::string_view name() const override { return "del"; }
  std::string_view summary() const override { return "delete keys"; }
  std::string_view examples() const override {
    return "  kvctl del user/1 user/2\n"
           "  kvctl del --must-exist user/1\n";
  }
  std::string_view notes() const override {
    return "  All keys go in one step. Deleting a key that is not there is no error, unless\n"
           "  --must-exist: then nothing is deleted and the exit code is 1.\n";
  }
  void Declare(Arguments* arguments) override {
    arguments->List("KEY", "the keys", &keys_);
    arguments->Flag("--must-exist", "exit 1, and delete nothing, when one is not there",
                    &must_exist_);
    arguments->DurabilityOf("--durability", "what it survives: process if not given", &durability_);
  }

  int Run(const Context& context) override {
    std::vector<std::string> keys;
    for (const std::string& text : keys_) {
      Result<std::string> key = DecodeArgument(text, context.options.key_form);
      if (!key.ok()) {
        return context.console.Usage("KEY '" + text + "': " + std::string(key.status().message()));
      }
      keys.push_back(*std::move(key));
    }
    const auto session = Session::Open(context, SessionMode::kCreate);
    if (!session.ok()) return context.console.Fail(session.status());
    DB* db = (*session)->db();
    if (must_exist_) {
      const Result<uint64_t> missing = CountMissing(context, db, keys);
      if (!missing.ok()) return context.console.Fail(missing.status());
      if (*missing > 0) return kExitDifference;
    }
    WriteBatch batch;
    for (const std::string& key : keys) batch.Delete(key);
    Status status = db->Write(batch, WriteOptions{durability_});
    if (status.ok()) status = (*session)->Close();
    return status.ok() ? kExitOk : context.console.Fail(status);
  }

 private:
  static Result<uint64_t> CountMissing(const Context& context, DB* db,
                                       const std::vector<std::string>& keys) {
    uint64_t missing = 0;
    for (const std::string& key : keys) {
      PinnedValue value;
      const Status status = db->Get(key, &value);
      if (!status.ok() && !status.IsNotFound()) return status;
      if (status.ok()) continue;
      std::string shown;
      AppendEscaped(key, &shown);
      context.console.Say("no key '" + shown + "'; nothing was deleted");
      ++missing;
    }
    return missing;
  }

  std::vector<std::string> keys_;
  bool must_exist_ = false;
  Durability durability_ = Durability::kProcess;
};

}  // namespace

std::unique_ptr<Command> MakeDel() { return std::make_unique<Del>(); }

}  // namespace treering::kvctl
