#include "engine/base/clock.h"

#include <chrono>

#include "engine/base/sim_scheduler.h"

namespace treering::base {
namespace {

class MachineClock final : public Clock {
 public:
  uint64_t NowNanos() override {
    if (const SimScheduler* sim = SimScheduler::Current()) return sim->NowNanos();
    return static_cast<uint64_t>(std::chrono::steady_clock::now().time_since_epoch().count());
  }
  uint64_t WallMicros() override {
    // Simulated worlds begin in 2026.
    if (const SimScheduler* sim = SimScheduler::Current()) {
      return 1'767'225'600'000'000ull + sim->NowNanos() / 1000;
    }
    const auto since_1970 = std::chrono::system_clock::now().time_since_epoch();
    return static_cast<uint64_t>(
        std::chrono::duration_cast<std::chrono::microseconds>(since_1970).count());
  }
};

}  // namespace

Clock* SystemClock() {
  static MachineClock* const clock = new MachineClock();
  return clock;
}

}  // namespace treering::base
