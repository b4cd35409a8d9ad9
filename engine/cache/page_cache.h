// PageCache: frames of 1, 2, 4, 8 or 16 pages in arena slabs; disk reads land in them, gets read
// them.
//
// Owner: the Runtime; outlives every table handle and pin.
// Threads: any.
// Invariants:
//   1. A hit takes no lock and makes no allocation: Lookup under an epoch guard, no counted
//      reference.
//   2. A frame's bytes never change between Publish and its reuse; it is reused only when no pin is
//      held and every epoch guard that could have seen it has ended.
//   3. Each slab holds frames of one run length; slabs change class by evicting a whole slab.
//   4. Frames in use, slabs held and the table of buckets are charged to the budget; the cache
//      gives memory back (whole slabs) when Shrink asks, and never holds more than the bytes it
//      may.
//   5. User pins are capped at half of the frames; beyond that TryPinForUser refuses and the caller
//      copies.
//   6. Same-key publishing: the first one in wins, the loser gets the winner's frame.
#ifndef TREERING_ENGINE_CACHE_PAGE_CACHE_H_
#define TREERING_ENGINE_CACHE_PAGE_CACHE_H_

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>

#include "api/slice.h"
#include "engine/base/budget.h"
#include "engine/base/epoch.h"
#include "engine/io/buffer_arena.h"

namespace treering::cache {

// `file` is unique per open of a table file in this Runtime (PageCache::NewFileId), never reused,
// so that no stale frame can answer for another file.
struct BlockId {
  uint64_t file = 0;
  uint64_t page = 0;  // offset / 4096
  bool operator==(const BlockId&) const = default;
};

enum class Priority : uint8_t {
  kLow,     // scans: enters behind the hand, does not push out the point-read set
  kNormal,  // point reads
  kHigh,    // index and filter pages
};

// A slot of the cache. Fields are the cache's own; readers use data() and pages().
class Frame;

// A counted hold on a frame. Move-only; releasing it never blocks.
class Pin {
 public:
  Pin() = default;
  Pin(Pin&& other) noexcept;
  Pin& operator=(Pin&& other) noexcept;
  ~Pin();

  explicit operator bool() const { return frame_ != nullptr; }
  const std::byte* data() const;
  size_t size() const;  // whole pages
  Frame* frame() const { return frame_; }

 private:
  friend class PageCache;
  class PageCache* cache_ = nullptr;
  Frame* frame_ = nullptr;
  bool for_user_ = false;
};

// A place that points straight at a published frame; the cache sets it to null when it evicts the
// frame. Read it (acquire) under an epoch guard only.
using SwizzleSlot = std::atomic<Frame*>;

struct CacheStats {
  uint64_t hits = 0;  // summed over threads when asked
  uint64_t misses = 0;
  uint64_t evictions = 0;
  uint64_t frames_bytes = 0;  // in slabs held
  uint64_t pinned_bytes = 0;
  uint64_t user_pinned_bytes = 0;
};

class PageCache {
 public:
  struct Options {
    uint64_t bytes_max = 0;  // frames, headers and buckets together
  };

  PageCache(Options options, io::BufferArena* arena, base::Budget* budget,
            base::EpochDomain* epochs);
  ~PageCache();

  uint64_t NewFileId();

  // The frame of `id`, or null. The caller holds a guard of epochs() for as long as it uses the
  // frame, or pins it before the guard ends.
  Frame* Lookup(const BlockId& id);
  // The same, not counted as a hit or a miss and no sign of use.
  Frame* Find(const BlockId& id);
  // Null only when the frame was evicted meanwhile.
  Pin TryPin(Frame* frame);
  // The same, counted against the cap on user pins; empty when the cap is reached.
  Pin TryPinForUser(Frame* frame);

  static const std::byte* Data(const Frame* frame);
  static uint32_t Pages(const Frame* frame);

  // An exclusive, unpublished frame of `pages` (1, 2, 4, 8 or 16) to read into; evicts when it
  // must. Null when everything is pinned or the budget has no room: the caller uses a one-off
  // buffer.
  Frame* Allocate(uint32_t pages);
  static std::byte* MutableData(Frame* frame);
  // Gives back an unpublished frame. One under quarantine (BufferArena) stays out of use for good.
  void Discard(Frame* frame);
  // Makes the frame findable and returns a pin on it, or on the winner's frame (ours is discarded).
  // `slot` (may be null) is pointed at the frame and cleared at eviction. A slot serves one block,
  // a frame has one slot (a second one stays null), and a slot must be forgotten with ForgetSlot
  // before it dies.
  Pin Publish(Frame* frame, const BlockId& id, Priority priority, SwizzleSlot* slot);
  // Points `slot` at a pinned frame that has none yet, as Publish does.
  void AttachSlot(const Pin& pin, SwizzleSlot* slot);
  void ForgetSlot(SwizzleSlot* slot);
  // Drops every frame of a file that was deleted, pinned ones once their pins are gone. Looks at
  // every frame: not on hot paths.
  void EvictFile(uint64_t file);
  // Note of a use through a swizzle slot, so that the clock keeps the frame. Cheap, no shared write
  // when the mark is already set.
  static void Touch(Frame* frame);

  // Gives at least `bytes` back to the budget if it can; returns how many.
  uint64_t Shrink(uint64_t bytes);
  CacheStats Stats() const;
  base::EpochDomain* epochs() const;

 private:
  friend class Pin;
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace treering::cache

#endif  // TREERING_ENGINE_CACHE_PAGE_CACHE_H_
