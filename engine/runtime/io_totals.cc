#include "engine/runtime/io_totals.h"

namespace treering::runtime {

void IoTotals::Add(const io::QueueStats& now, io::QueueStats* last) {
  for (size_t i = 0; i < kFields.size(); ++i) {
    const uint64_t difference = now.*kFields[i] - last->*kFields[i];
    if (difference != 0) sums_[i].fetch_add(difference, std::memory_order_relaxed);
  }
  if (now.broken_cause != nullptr) {
    const char* none = nullptr;
    broken_cause_.compare_exchange_strong(none, now.broken_cause);
  }
  *last = now;
}

io::QueueStats IoTotals::Read() const {
  io::QueueStats stats;
  for (size_t i = 0; i < kFields.size(); ++i) {
    stats.*kFields[i] = sums_[i].load(std::memory_order_relaxed);
  }
  stats.broken_cause = broken_cause_.load();
  return stats;
}

}  // namespace treering::runtime
