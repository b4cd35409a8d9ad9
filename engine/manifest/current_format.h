// CurrentFormat: the slots of CURRENT, from bytes and to bytes.
//
// Owner: nobody; values.
// Threads: any.
// Invariants:
//   1. Part of the disk format: a change is a new version. docs/format/current.md says the same.
//   2. Everything a slot says lies in its first sector.
#ifndef TREERING_ENGINE_MANIFEST_CURRENT_FORMAT_H_
#define TREERING_ENGINE_MANIFEST_CURRENT_FORMAT_H_

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

#include "api/result.h"
#include "engine/base/checksum.h"
#include "engine/base/limits.h"

namespace treering::manifest {

inline constexpr size_t kSlotBytes = base::kPageBytes;
inline constexpr uint32_t kSlotCount = 2;
inline constexpr size_t kCurrentBytes = kSlotCount * kSlotBytes;
inline constexpr uint64_t kSlotMagic = 0x544e525255435254;  // "TRCURRNT"
inline constexpr uint32_t kSlotVersion = 0;
inline constexpr size_t kSlotSumAt = 88;
inline constexpr size_t kSlotUsedBytes = 96;

struct CurrentSlot {
  uint64_t copy = 0;
  uint64_t generation = 0;
  uint64_t manifest_number = 0;
  base::Id128 manifest_id;
  base::Id128 database_id;
  uint64_t parent_sum = 0;
  uint64_t promise = 0;
  uint64_t sum = 0;  // set by EncodeSlot and DecodeSlot

  bool operator==(const CurrentSlot&) const = default;
};

// `out` is kSlotBytes long.
void EncodeSlot(CurrentSlot* slot, uint32_t index, std::span<std::byte> out);

enum class SlotState : uint8_t {
  kValid,
  kNeverWritten,  // all zero
  kDamaged,
  kNewer,  // whole, but of a format that this build does not know
};
// `bytes` is kSlotBytes long. *reason says expected and found when the slot is damaged or newer.
SlotState DecodeSlot(std::span<const std::byte> bytes, uint32_t index, CurrentSlot* slot,
                     std::string* reason);

struct SlotChoice {
  CurrentSlot slot;
  uint32_t index = 0;
  bool other_is_valid = false;
};
// Which slot of a whole CURRENT counts. Corruption and NotSupported name the file and the offset.
Result<SlotChoice> ChooseSlot(std::span<const std::byte> file);

}  // namespace treering::manifest

#endif  // TREERING_ENGINE_MANIFEST_CURRENT_FORMAT_H_
