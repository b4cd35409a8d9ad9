#include "engine/base/prng.h"

#include <sys/random.h>

#include <cerrno>

#include "engine/base/check.h"
#include "engine/base/sim_scheduler.h"

namespace treering::base {

uint64_t EntropyU64() {
  if (SimScheduler* const scheduler = SimScheduler::Current()) return scheduler->Random();
  uint64_t value = 0;
  ssize_t got = 0;
  do {
    got = getrandom(&value, sizeof value, 0);
  } while (got < 0 && errno == EINTR);
  // Eight bytes come whole on every kernel that has io_uring; a guess instead would be a weak id.
  TREERING_CHECK(got == static_cast<ssize_t>(sizeof value));
  return value;
}

}  // namespace treering::base
