#include "engine/manifest/current_format.h"

#include <array>
#include <cstring>

#include "engine/base/check.h"
#include "engine/base/coding.h"

namespace treering::manifest {
namespace {

constexpr size_t kVersionAt = 8;
constexpr size_t kIndexAt = 12;
constexpr size_t kCopyAt = 16;
constexpr size_t kGenerationAt = 24;
constexpr size_t kManifestNumberAt = 32;
constexpr size_t kManifestIdAt = 40;
constexpr size_t kDatabaseIdAt = 56;
constexpr size_t kParentSumAt = 72;
constexpr size_t kPromiseAt = 80;

bool AllZero(std::span<const std::byte> bytes) {
  return bytes.empty() || (bytes[0] == std::byte{0} &&
                           std::memcmp(bytes.data(), bytes.data() + 1, bytes.size() - 1) == 0);
}

std::string ExpectedFound(const char* what, uint64_t expected, uint64_t found) {
  return std::string(what) + ": expected " + std::to_string(expected) + ", found " +
         std::to_string(found);
}

void StoreId(std::byte* at, const base::Id128& id) {
  base::Store64(at, id.lo);
  base::Store64(at + 8, id.hi);
}

base::Id128 LoadId(const std::byte* at) { return {base::Load64(at), base::Load64(at + 8)}; }

std::string Where(uint32_t index) {
  return "CURRENT, offset " + std::to_string(index * kSlotBytes) + ": ";
}

struct DecodedSlot {
  SlotState state;
  CurrentSlot slot;
  std::string reason;
};

Result<SlotChoice> ChooseOfTwo(const std::array<DecodedSlot, kSlotCount>& slots) {
  const uint32_t index = slots[0].slot.copy > slots[1].slot.copy ? 0 : 1;
  const CurrentSlot& newer = slots[index].slot;
  const CurrentSlot& older = slots[1 - index].slot;
  if (newer.copy - older.copy != 1) {
    return Status::Corruption(
        Where(index) + ExpectedFound("copy number of the newer slot", older.copy + 1, newer.copy));
  }
  if (newer.database_id != older.database_id) {
    return Status::Corruption(Where(index) + "database id: expected " + older.database_id.ToHex() +
                              ", found " + newer.database_id.ToHex());
  }
  if (newer.parent_sum != older.sum) {
    return Status::Corruption(Where(index) +
                              ExpectedFound("sum of the slot before", older.sum, newer.parent_sum));
  }
  return SlotChoice{newer, index, true};
}

}  // namespace

void EncodeSlot(CurrentSlot* slot, uint32_t index, std::span<std::byte> out) {
  TREERING_CHECK(out.size() == kSlotBytes && index < kSlotCount);
  std::memset(out.data(), 0, out.size());
  std::byte* const p = out.data();
  base::Store64(p, kSlotMagic);
  base::Store32(p + kVersionAt, kSlotVersion);
  base::Store32(p + kIndexAt, index);
  base::Store64(p + kCopyAt, slot->copy);
  base::Store64(p + kGenerationAt, slot->generation);
  base::Store64(p + kManifestNumberAt, slot->manifest_number);
  StoreId(p + kManifestIdAt, slot->manifest_id);
  StoreId(p + kDatabaseIdAt, slot->database_id);
  base::Store64(p + kParentSumAt, slot->parent_sum);
  base::Store64(p + kPromiseAt, slot->promise);
  slot->sum = base::Xxh3(p, kSlotSumAt, index);
  base::Store64(p + kSlotSumAt, slot->sum);
}

SlotState DecodeSlot(std::span<const std::byte> bytes, uint32_t index, CurrentSlot* slot,
                     std::string* reason) {
  TREERING_CHECK(bytes.size() == kSlotBytes);
  if (AllZero(bytes)) return SlotState::kNeverWritten;
  const std::byte* const p = bytes.data();
  if (base::Load64(p) != kSlotMagic) {
    *reason = ExpectedFound("magic", kSlotMagic, base::Load64(p));
    return SlotState::kDamaged;
  }
  slot->sum = base::Load64(p + kSlotSumAt);
  const uint64_t sum = base::Xxh3(p, kSlotSumAt, index);
  if (slot->sum != sum) {
    *reason = ExpectedFound("sum", sum, slot->sum);
    return SlotState::kDamaged;
  }
  if (base::Load32(p + kVersionAt) != kSlotVersion) {
    *reason = ExpectedFound("version", kSlotVersion, base::Load32(p + kVersionAt));
    return SlotState::kNewer;
  }
  if (base::Load32(p + kIndexAt) != index) {
    *reason = ExpectedFound("index of the slot", index, base::Load32(p + kIndexAt));
    return SlotState::kDamaged;
  }
  if (!AllZero(bytes.subspan(kSlotUsedBytes))) {
    *reason = "bytes behind the slot: expected zero, found others";
    return SlotState::kDamaged;
  }
  slot->copy = base::Load64(p + kCopyAt);
  slot->generation = base::Load64(p + kGenerationAt);
  slot->manifest_number = base::Load64(p + kManifestNumberAt);
  slot->manifest_id = LoadId(p + kManifestIdAt);
  slot->database_id = LoadId(p + kDatabaseIdAt);
  slot->parent_sum = base::Load64(p + kParentSumAt);
  slot->promise = base::Load64(p + kPromiseAt);
  const bool in_range = slot->copy >= 1 && slot->copy < UINT64_MAX && slot->manifest_number >= 1 &&
                        slot->manifest_number <= base::kFileNumberMax;
  if (!in_range) {
    *reason = "copy or manifest number out of range";
    return SlotState::kDamaged;
  }
  return SlotState::kValid;
}

Result<SlotChoice> ChooseSlot(std::span<const std::byte> file) {
  if (file.size() != kCurrentBytes) {
    return Status::Corruption("CURRENT: " +
                              ExpectedFound("length in bytes", kCurrentBytes, file.size()));
  }
  std::array<DecodedSlot, kSlotCount> slots;
  for (uint32_t i = 0; i < kSlotCount; ++i) {
    slots[i].state =
        DecodeSlot(file.subspan(i * kSlotBytes, kSlotBytes), i, &slots[i].slot, &slots[i].reason);
    if (slots[i].state == SlotState::kNewer) {
      return Status::NotSupported(Where(i) + slots[i].reason);
    }
  }
  const bool valid[] = {slots[0].state == SlotState::kValid, slots[1].state == SlotState::kValid};
  if (valid[0] && valid[1]) return ChooseOfTwo(slots);
  if (!valid[0] && !valid[1]) {
    const uint32_t shown = slots[0].state == SlotState::kDamaged ? 0 : 1;
    const bool damaged = slots[shown].state == SlotState::kDamaged;
    return Status::Corruption(Where(shown) + "no slot is valid; " +
                              (damaged ? slots[shown].reason : "expected a slot, found zeros"));
  }
  const uint32_t index = valid[0] ? 0 : 1;
  return SlotChoice{slots[index].slot, index, false};
}

}  // namespace treering::manifest
