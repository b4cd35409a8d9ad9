#include "engine/db/error_state.h"

#include <string>

namespace treering::db {

Status ErrorState::cause() const {
  base::MutexLock lock(&mutex_);
  return cause_;
}

Status ErrorState::ForWrite() const {
  const DbState now = state();
  if (now == DbState::kHealthy) [[likely]]
    return Status::Ok();
  const Status first = cause();
  switch (now) {
    case DbState::kDegraded:
      if (!first.IsNoSpace()) {
        return Status::IoError(
            "writes wait until the disk takes files again and resume by themselves; first cause: " +
            first.ToString());
      }
      return Status::NoSpace(
          "writes wait for room on the disk and resume by themselves; first cause: " +
          first.ToString());
    case DbState::kReadOnly:
      return Status::ReadOnly(
          "the database takes no writes until it is opened again; first cause: " +
          first.ToString());
    default:
      return Status::Failed("the database has failed; first cause: " + first.ToString());
  }
}

Status ErrorState::ForRead() const {
  if (state() != DbState::kFailed) [[likely]]
    return Status::Ok();
  return Status::Failed("the database has failed; first cause: " + cause().ToString());
}

void ErrorState::Enter(DbState state, const Status& cause) {
  base::MutexLock lock(&mutex_);
  if (state <= state_.load(std::memory_order_relaxed)) return;
  cause_ = cause;
  state_.store(state, std::memory_order_release);
}

void ErrorState::EnterFor(const Status& error) {
  switch (error.code()) {
    case Status::Code::kOk:
    case Status::Code::kOutOfMemory:  // passes by itself
      return;
    case Status::Code::kNoSpace:
      return Enter(DbState::kDegraded, error);
    case Status::Code::kFailed:
      return Enter(DbState::kFailed, error);
    default:
      return Enter(DbState::kReadOnly, error);
  }
}

void ErrorState::EnterForSticky(const Status& error) {
  if (error.ok()) return;
  Enter(error.IsFailed() ? DbState::kFailed : DbState::kReadOnly, error);
}

void ErrorState::Resume() {
  base::MutexLock lock(&mutex_);
  if (state_.load(std::memory_order_relaxed) != DbState::kDegraded) return;
  cause_ = Status::Ok();
  state_.store(DbState::kHealthy, std::memory_order_release);
}

}  // namespace treering::db
