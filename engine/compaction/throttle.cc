#include "engine/compaction/throttle.h"

#include <algorithm>

namespace treering::compaction {
namespace {

constexpr uint64_t kDrainBytesPerSecondMin = 1u << 20;
constexpr uint64_t kNanosPerKibMax = 4'000'000;  // a quarter of a MiB a second: slow, never stopped

// 0 at `free`, 1 at `limit`.
double Pressure(double value, double free, double limit) {
  if (value <= free) return 0;
  return limit <= free ? 1 : std::min(1.0, (value - free) / (limit - free));
}

uint64_t SaturatingMultiply(uint64_t a, uint64_t b) {
  uint64_t product = 0;
  return __builtin_mul_overflow(a, b, &product) ? UINT64_MAX : product;
}

}  // namespace

ThrottleLimits ThrottleLimits::For(uint32_t level0_trigger, uint64_t level_base_bytes,
                                   uint32_t level_multiplier, uint32_t sealed_memtables_max) {
  ThrottleLimits limits;
  const uint32_t trigger = std::clamp<uint32_t>(level0_trigger, 1, 1u << 20);
  limits.level0_free = trigger * 2;
  limits.level0_limit = trigger * 8;
  limits.pending_bytes_free = SaturatingMultiply(level_base_bytes, 2 * uint64_t{level_multiplier});
  limits.pending_bytes_limit = SaturatingMultiply(limits.pending_bytes_free, 10);
  limits.memtables_free = 1;
  limits.memtables_limit = std::max<uint32_t>(sealed_memtables_max, 2);
  return limits;
}

std::string_view ThrottleCauseName(ThrottleCause cause) {
  switch (cause) {
    case ThrottleCause::kNone:
      return "none";
    case ThrottleCause::kLevel0:
      return "level0";
    case ThrottleCause::kPendingBytes:
      return "pending_bytes";
    case ThrottleCause::kMemtables:
      return "memtables";
  }
  return "unknown";
}

ThrottleDecision ComputeThrottle(const Debt& debt, const ThrottleLimits& limits,
                                 uint64_t drain_bytes_per_second) {
  const struct {
    ThrottleCause cause;
    double pressure;
  } debts[] = {
      {ThrottleCause::kMemtables,
       Pressure(debt.sealed_memtables, limits.memtables_free, limits.memtables_limit)},
      {ThrottleCause::kLevel0,
       Pressure(debt.level0_tables, limits.level0_free, limits.level0_limit)},
      {ThrottleCause::kPendingBytes, Pressure(static_cast<double>(debt.pending_compaction_bytes),
                                              static_cast<double>(limits.pending_bytes_free),
                                              static_cast<double>(limits.pending_bytes_limit))},
  };
  double pressure = 0;
  ThrottleDecision decision;
  for (const auto& one : debts) {
    if (one.pressure <= pressure) continue;
    pressure = one.pressure;
    decision.cause = one.cause;
  }
  if (pressure == 0) return decision;

  const uint64_t drain = std::max(drain_bytes_per_second, kDrainBytesPerSecondMin);
  const double nanos_at_drain = 1024.0 * 1e9 / static_cast<double>(drain);
  // Equal to the drain at half of the limit; beyond it writers fall behind it, so that debt
  // shrinks.
  const double nanos = pressure >= 1 ? static_cast<double>(kNanosPerKibMax)
                                     : nanos_at_drain * pressure / (1 - pressure);
  decision.nanos_per_kib =
      static_cast<uint64_t>(std::clamp(nanos, 1.0, static_cast<double>(kNanosPerKibMax)));
  return decision;
}

}  // namespace treering::compaction
