// BucketTable: finds published frames by block; chains read without locks, written under 64
// mutexes.
//
// Owner: the PageCache.
// Threads: Find under an epoch guard; the others from any thread, without or with a class's mutex
//   held (never the other way round).
// Invariants:
//   1. An unlinked frame keeps its `next`, so that a reader standing on it goes on.
//   2. A slot serves one block, and so one bucket. It is set and cleared under that bucket's mutex,
//      and points at a frame exactly while that frame's `slot` points back.
//   3. The seed is drawn per table: nobody outside can choose keys that share a chain.
#ifndef TREERING_ENGINE_CACHE_BUCKET_TABLE_H_
#define TREERING_ENGINE_CACHE_BUCKET_TABLE_H_

#include <array>
#include <atomic>
#include <cstdint>
#include <memory>

#include "engine/base/checksum.h"
#include "engine/base/thread.h"
#include "engine/cache/frame.h"

namespace treering::cache {

class BucketTable {
 public:
  // About one frame a bucket when `frames_max` one-page frames are in.
  BucketTable(uint64_t frames_max, uint64_t seed);

  Frame* Find(const BlockId& id) const;
  // Takes a frame in kFilling with its id set. When a frame of that id is in already: pins that one
  // and returns it. Else publishes `frame` with one pin and returns it.
  Frame* Insert(Frame* frame, SwizzleSlot* slot);
  // Takes a frame that was published, and that this thread alone moved on, out of its chain and
  // its slot.
  void Unlink(Frame* frame);
  // Nothing when the frame has a slot or is not published any more. The caller holds a pin.
  void AttachSlot(Frame* frame, SwizzleSlot* slot);
  // The caller holds an epoch guard.
  void ForgetSlot(SwizzleSlot* slot);

  uint64_t bytes() const { return (mask_ + 1) * sizeof(std::atomic<Frame*>); }

 private:
  static void AttachLocked(Frame* frame, SwizzleSlot* slot);

  static constexpr int kShardCount = 64;
  struct alignas(64) Shard {
    base::Mutex mutex;
  };

  uint64_t BucketOf(const BlockId& id) const {
    return base::Mix64((id.file * 0x9e3779b97f4a7c15ull + id.page) ^ seed_) & mask_;
  }
  base::Mutex* MutexOf(uint64_t bucket) { return &shards_[bucket % kShardCount].mutex; }

  const uint64_t seed_;
  const uint64_t mask_;
  const std::unique_ptr<std::atomic<Frame*>[]> heads_;
  std::array<Shard, kShardCount> shards_;
};

}  // namespace treering::cache

#endif  // TREERING_ENGINE_CACHE_BUCKET_TABLE_H_
