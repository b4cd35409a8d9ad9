#include "engine/io/slot_table.h"

#include "engine/base/check.h"

namespace treering::io {

SlotTable::SlotTable(uint32_t slots) : slots_(slots) {
  for (uint32_t i = 0; i < slots; ++i) slots_[i].next_free = i + 1;
}

uint64_t SlotTable::Take(Request* request) {
  TREERING_CHECK(request != nullptr && free_ < slots_.size());
  const uint32_t index = free_;
  Slot& slot = slots_[index];
  free_ = slot.next_free;
  slot.request = request;
  ++taken_;
  return static_cast<uint64_t>(slot.generation) << 32 | index;
}

Request* SlotTable::Release(uint64_t tag) {
  const auto index = static_cast<uint32_t>(tag);
  if (index >= slots_.size()) return nullptr;
  Slot& slot = slots_[index];
  if (slot.request == nullptr || slot.generation != tag >> 32) return nullptr;
  Request* const request = slot.request;
  slot.request = nullptr;
  slot.generation = (slot.generation + 1) & kGenerationMask;
  slot.next_free = free_;
  free_ = index;
  --taken_;
  return request;
}

}  // namespace treering::io
