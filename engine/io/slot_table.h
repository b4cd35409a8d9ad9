// SlotTable: requests on a ring by number and generation, never by pointer: a completion that
// nobody waits for is noticed, not followed.
//
// Owner: a driver.
// Threads: as its driver.
// Invariants:
//   1. A tag names its request from Take to Release, once; afterwards it names nothing.
//   2. Tags stay below kTagEnd; what is above is the driver's own.
#ifndef TREERING_ENGINE_IO_SLOT_TABLE_H_
#define TREERING_ENGINE_IO_SLOT_TABLE_H_

#include <cstdint>
#include <vector>

#include "engine/io/request.h"

namespace treering::io {

class SlotTable {
 public:
  static constexpr uint64_t kTagEnd = uint64_t{1} << 63;

  explicit SlotTable(uint32_t slots);

  // At most `slots` at a time.
  uint64_t Take(Request* request);
  // The tag's request, or null when it names none.
  Request* Release(uint64_t tag);
  // Releases every tag and calls use(request) for each.
  template <typename Use>
  void ReleaseAll(Use use) {
    for (uint64_t index = 0; index < slots_.size(); ++index) {
      const Slot& slot = slots_[index];
      if (slot.request == nullptr) continue;
      use(Release(static_cast<uint64_t>(slot.generation) << 32 | index));
    }
  }
  uint32_t taken() const { return taken_; }

 private:
  static constexpr uint32_t kGenerationMask = 0x7fffffff;
  struct Slot {
    Request* request = nullptr;
    uint32_t generation = 0;
    uint32_t next_free = 0;
  };
  std::vector<Slot> slots_;
  uint32_t free_ = 0;
  uint32_t taken_ = 0;
};

}  // namespace treering::io

#endif  // TREERING_ENGINE_IO_SLOT_TABLE_H_
