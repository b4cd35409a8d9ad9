#include "tools/kvctl/session.h"

#include <utility>

namespace treering::kvctl {

Result<std::shared_ptr<Runtime>> MakeRuntime(const Context& context) {
  RuntimeOptions options;
  options.memory_budget = context.options.memory_budget;
  options.io_backend = context.options.io;
  if (context.options.verbose) {
    const Console console = context.console;  // the Runtime may outlive the context
    options.logger = [console](std::string_view line) { console.Say(line); };
  }
  return Runtime::Create(options);
}

Result<std::unique_ptr<Session>> Session::Open(const Context& context, SessionMode mode) {
  Result<std::shared_ptr<Runtime>> runtime = MakeRuntime(context);
  if (!runtime.ok()) return runtime.status();
  Options options;
  options.runtime = *runtime;
  options.read_only = mode == SessionMode::kRead;
  options.create_if_missing = mode == SessionMode::kCreate;
  Result<std::unique_ptr<DB>> db = DB::Open(options, context.options.db);
  if (!db.ok() && db.status().IsNotFound()) {
    return Status::NotFound("no database at " + context.options.db +
                            "; check the path ('kvctl put' and 'kvctl load' make a new one)");
  }
  if (!db.ok()) return db.status();
  return std::unique_ptr<Session>(new Session(*std::move(runtime), *std::move(db)));
}

}  // namespace treering::kvctl
