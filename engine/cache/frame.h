// Frame: the header of one cache slot, and Slab: 2 MiB of slots of one run length.
//
// Headers lie apart from the pages they describe, so that pages stay aligned and a sweep of the
// clock touches 64 bytes a frame.
//
// Owner: the FrameClass that holds the slab.
// Threads: `state` and `use` by any; `next` is read by any thread under an epoch guard; other
//   fields as said below.
// Invariants:
//   1. state is one kind plus a count of pins; pins are added in kPublished only.
//   2. id and data do not change from kPublished until the epoch guards of that time have ended.
//   3. kFree and kLimbo have no pins; kFilling belongs to the one thread that allocated it.
#ifndef TREERING_ENGINE_CACHE_FRAME_H_
#define TREERING_ENGINE_CACHE_FRAME_H_

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <new>

#include "engine/base/limits.h"
#include "engine/base/thread.h"
#include "engine/cache/page_cache.h"

namespace treering::cache {

inline constexpr int kFrameClassCount = 5;  // 1, 2, 4, 8, 16 pages
static_assert(1u << (kFrameClassCount - 1) == base::kBlockPagesMax);

class alignas(64) Frame {
 public:
  enum Kind : uint32_t {
    kFree = 0,            // in its class's free list
    kFilling = 1u << 24,  // allocated, being read into
    kPublished = 2u << 24,
    kDoomed = 3u << 24,  // unlinked while pinned: free once the last pin is gone
    kLimbo = 4u << 24,   // unlinked: free once the epoch has passed
  };
  static constexpr uint32_t kPinMask = (1u << 24) - 1;
  static constexpr uint8_t kUseMax = 3;

  uint32_t State() const { return state.load(std::memory_order_acquire); }
  static Kind KindOf(uint32_t value) { return static_cast<Kind>(value & ~kPinMask); }
  static uint32_t PinsOf(uint32_t value) { return value & kPinMask; }

  bool TryPin() {
    uint32_t value = state.load(std::memory_order_relaxed);
    while (KindOf(value) == kPublished) {
      if (state.compare_exchange_weak(value, value + 1, std::memory_order_acquire)) return true;
      base::SchedPoint();
    }
    return false;
  }
  void Unpin() { state.fetch_sub(1, std::memory_order_release); }
  // From `kind` without pins to `next_kind`; false when it is in another state.
  bool Move(Kind kind, Kind next_kind) {
    uint32_t expected = kind;
    return state.compare_exchange_strong(expected, next_kind, std::memory_order_acq_rel);
  }

  void Touch() {
    const uint8_t now = use.load(std::memory_order_relaxed);
    if (now < kUseMax) use.store(static_cast<uint8_t>(now + 1), std::memory_order_relaxed);
  }
  // One use less; whether there was one.
  bool Age() {
    const uint8_t now = use.load(std::memory_order_relaxed);
    if (now > 0) use.store(static_cast<uint8_t>(now - 1), std::memory_order_relaxed);
    return now > 0;
  }
  size_t bytes() const { return size_t{pages} * base::kPageBytes; }

  std::atomic<uint32_t> state{kFree};
  std::atomic<uint8_t> use{0};
  uint8_t pages = 0;
  bool on_probation = false;          // under the class's mutex
  std::byte* data = nullptr;          // fixed for the header's life
  BlockId id;                         // written in kFilling
  std::atomic<Frame*> next{nullptr};  // in the bucket's chain; written under the bucket's mutex
  SwizzleSlot* slot = nullptr;        // under the bucket's mutex
};
static_assert(sizeof(Frame) == 64);

struct Slab {
  explicit Slab(std::byte* memory_in) : memory(memory_in) {}

  static uint32_t FramesOf(uint32_t run_pages) {
    return static_cast<uint32_t>(io::BufferArena::kSlabBytes / base::kPageBytes / run_pages);
  }
  // Bytes of budget that a slab costs whatever its run length: a class change charges nothing.
  static constexpr uint64_t kListBytes = 48;  // a frame's places in the lists of its class
  static constexpr uint64_t kCharge =
      io::BufferArena::kSlabBytes +
      io::BufferArena::kSlabBytes / base::kPageBytes * (sizeof(Frame) + kListBytes);

  // Makes new headers. No thread can see the old ones any more. False without memory.
  bool Format(uint32_t run_pages) {
    frames.reset(new (std::nothrow) Frame[FramesOf(run_pages)]);
    if (frames == nullptr) return false;
    pages = run_pages;
    frame_count = FramesOf(run_pages);
    for (uint32_t i = 0; i < frame_count; ++i) {
      frames[i].pages = static_cast<uint8_t>(run_pages);
      frames[i].data = memory + size_t{i} * run_pages * base::kPageBytes;
    }
    return true;
  }
  bool Holds(const Frame* frame) const {
    return frame->data >= memory && frame->data < memory + io::BufferArena::kSlabBytes;
  }

  std::byte* const memory;
  uint32_t pages = 0;
  uint32_t frame_count = 0;
  std::unique_ptr<Frame[]> frames;
  uint64_t stamp = 0;  // of its last unlinking, once it was taken out of its class
};

}  // namespace treering::cache

#endif  // TREERING_ENGINE_CACHE_FRAME_H_
