#include "engine/db/fork_guard.h"

#include <pthread.h>

namespace treering::db {

ForkGuard::ForkGuard()
    : made_([] {
        // Before the first guard no database was open, so no fork before it matters.
        static const int registered = pthread_atfork(
            nullptr, nullptr, [] { forks_.fetch_add(1, std::memory_order_relaxed); });
        (void)registered;  // without memory for the handler a child is only told by its leases
        return forks_.load(std::memory_order_relaxed);
      }()) {}

Status ForkGuard::Refusal() {
  return Status::Failed(
      "this database was opened by the process that forked this one, which holds its memory and "
      "its "
      "locks; open a database after the fork");
}

}  // namespace treering::db
