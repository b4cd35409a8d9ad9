// ErrorState: what state a database is in, and the first cause of it.
//
// Owner: DbCore.
// Threads: any.
// Invariants:
//   1. States only get worse, except Degraded, which Resume turns back to Healthy.
//   2. The first cause of a state is kept; later ones are dropped.
//   3. ReadOnly and Failed end only with a new open.
#ifndef TREERING_ENGINE_DB_ERROR_STATE_H_
#define TREERING_ENGINE_DB_ERROR_STATE_H_

#include <atomic>

#include "api/db_types.h"
#include "api/status.h"
#include "engine/base/thread.h"

namespace treering::db {

class ErrorState {
 public:
  DbState state() const { return state_.load(std::memory_order_acquire); }
  // OK while Healthy; else the first cause of the present state.
  Status cause() const;
  // What a write gets now: OK; while Degraded NoSpace, or IoError when the disk is not full but
  // fails; ReadOnly or Failed. Each with the first cause.
  Status ForWrite() const;
  // What a read gets now: OK unless Failed.
  Status ForRead() const;

  // Moves to `state` unless the present one is as bad or worse.
  void Enter(DbState state, const Status& cause);
  // Where an error leads after which the database's files are as they were: NoSpace degrades,
  // Failed fails, OutOfMemory changes nothing, the rest makes read-only.
  void EnterFor(const Status& error);
  // Where the sticky error of a durability file leads, whatever its code: Failed fails, the rest
  // makes read-only.
  void EnterForSticky(const Status& error);
  // There is room again.
  void Resume();

 private:
  std::atomic<DbState> state_{DbState::kHealthy};
  mutable base::Mutex mutex_;
  Status cause_;
};

}  // namespace treering::db

#endif  // TREERING_ENGINE_DB_ERROR_STATE_H_
