#include "engine/db/write_delay.h"

#include <algorithm>

#include "engine/base/thread.h"
#include "engine/compaction/throttle.h"

namespace treering::db {
namespace {

constexpr uint64_t kSleepNanosMax = 20'000'000;
constexpr uint64_t kSleepNanosMin = 200'000;

StallCause CauseOf(compaction::ThrottleCause cause) {
  switch (cause) {
    case compaction::ThrottleCause::kLevel0:
      return StallCause::kLevel0;
    case compaction::ThrottleCause::kPendingBytes:
      return StallCause::kPendingBytes;
    default:
      return StallCause::kMemtables;
  }
}

}  // namespace

void WriteDelay::Decide(const manifest::Version& version, size_t sealed_memtables) {
  const Options& user = options_->user;
  compaction::Debt debt;
  debt.sealed_memtables = static_cast<uint32_t>(sealed_memtables);
  if (!user.disable_auto_compactions) {
    debt.level0_tables = static_cast<uint32_t>(version.tables(0).size());
    debt.pending_compaction_bytes =
        compaction::PendingCompactionBytes(version, options_->ForPicker());
  }
  const auto limits =
      compaction::ThrottleLimits::For(user.level0_trigger, user.level_base_bytes,
                                      user.level_multiplier, options_->sealed_memtables_max);
  const auto decision = compaction::ComputeThrottle(debt, limits, drain_bytes_per_second_);
  nanos_per_kib_ = decision.nanos_per_kib;
  cause_ = CauseOf(decision.cause);
}

void WriteDelay::Throttle(uint64_t bytes) {
  const uint64_t nanos_per_kib = nanos_per_kib_.load(std::memory_order_relaxed);
  if (nanos_per_kib == 0) [[likely]]
    return;
  // Sleeps are coarse: small writes add up to one that is worth it.
  owed_nanos_ += bytes * nanos_per_kib / 1024;
  while (owed_nanos_ >= kSleepNanosMin) {
    const uint64_t nanos = std::min(kSleepNanosMax, owed_nanos_);
    owed_nanos_ -= nanos;
    base::SleepNanos(nanos);
    stalls_->Add(cause_, nanos);
    // What made it slow may be over.
    if (nanos_per_kib_.load(std::memory_order_relaxed) == 0 ||
        stop_->load(std::memory_order_relaxed)) {
      owed_nanos_ = 0;
    }
  }
}

void WriteDelay::NoteDrained(uint64_t bytes, uint64_t nanos) {
  if (nanos > 0) drain_bytes_per_second_ = bytes * 1'000'000'000 / nanos;
}

}  // namespace treering::db
