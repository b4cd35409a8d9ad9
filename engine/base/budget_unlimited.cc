#include "engine/base/budget_unlimited.h"

#include "engine/base/check.h"

namespace treering::base {

bool UnlimitedBudget::Charge(MemoryClass memory_class, uint64_t bytes, Need) {
  charged_[static_cast<int>(memory_class)].fetch_add(bytes);
  return true;
}

void UnlimitedBudget::Release(MemoryClass memory_class, uint64_t bytes) {
  const uint64_t before = charged_[static_cast<int>(memory_class)].fetch_sub(bytes);
  TREERING_CHECK(before >= bytes);
}

uint64_t UnlimitedBudget::Charged(MemoryClass memory_class) const {
  return charged_[static_cast<int>(memory_class)].load();
}

uint64_t UnlimitedBudget::ChargedTotal() const {
  uint64_t total = 0;
  for (const auto& charged : charged_) total += charged.load();
  return total;
}

}  // namespace treering::base
