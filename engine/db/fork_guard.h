// ForkGuard: whether this is still the process that opened the database.
//
// Owner: DbParts.
// Threads: any.
// Invariants:
//   1. Asking costs one relaxed load: no system call, no lock.
//   2. A child that was made by fork, and its children, are told apart from the process that made
//      the guard. (vfork and a bare clone run no handlers; they are for exec.)
#ifndef TREERING_ENGINE_DB_FORK_GUARD_H_
#define TREERING_ENGINE_DB_FORK_GUARD_H_

#include <atomic>
#include <cstdint>

#include "api/status.h"

namespace treering::db {

class ForkGuard {
 public:
  ForkGuard();

  bool InChild() const { return made_ != forks_.load(std::memory_order_relaxed); }
  // Failed in a child.
  Status Check() const {
    if (!InChild()) [[likely]]
      return Status::Ok();
    return Refusal();
  }

 private:
  static Status Refusal();

  // How many forks lie between the first process and this one.
  static inline constinit std::atomic<uint32_t> forks_{0};
  const uint32_t made_;
};

}  // namespace treering::db

#endif  // TREERING_ENGINE_DB_FORK_GUARD_H_
