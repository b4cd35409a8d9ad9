// Session: the database of one command, opened the way the command needs it.
//
// Owner: the command.
// Threads: one; db() takes calls from any.
// Invariants:
//   1. kRead changes no byte and no time in the directory, and works beside a live writer.
//   2. Only kCreate makes a database that is not there.
//   3. A writing command calls Close and reports what it says: that is where everything logged
//      becomes durable.
#ifndef TREERING_TOOLS_KVCTL_SESSION_H_
#define TREERING_TOOLS_KVCTL_SESSION_H_

#include <memory>

#include "api/db.h"
#include "api/result.h"
#include "tools/kvctl/command.h"

namespace treering::kvctl {

enum class SessionMode { kRead, kWrite, kCreate };

class Session {
 public:
  static Result<std::unique_ptr<Session>> Open(const Context& context, SessionMode mode);

  DB* db() const { return db_.get(); }
  Runtime* runtime() const { return runtime_.get(); }
  Status Close() { return db_->Close(); }

 private:
  Session(std::shared_ptr<Runtime> runtime, std::unique_ptr<DB> db)
      : runtime_(std::move(runtime)), db_(std::move(db)) {}

  std::shared_ptr<Runtime> runtime_;  // ends after the database
  std::unique_ptr<DB> db_;
};

// The Runtime that the global options ask for.
Result<std::shared_ptr<Runtime>> MakeRuntime(const Context& context);

}  // namespace treering::kvctl

#endif  // TREERING_TOOLS_KVCTL_SESSION_H_
