// FrameClass: the slabs of one run length, their free frames, and who has to go next.
//
// Policy: a clock with a use count of 0..3 over all frames, except that frames which came with low
// priority (scans) stand on probation in a queue of their own. While that queue holds more than a
// sixteenth of the class, victims come from it, oldest first; who was used while on probation joins
// the clock instead. So a scan displaces little besides itself.
// Source: F. Corbato, "A paging experiment with the Multics system" (1968), the clock; J. Yang et
//   al., "FIFO queues are all you need for cache eviction" (2023), the small queue.
//
// Owner: the PageCache.
// Threads: any; one mutex inside. Takes bucket mutexes while holding it.
// Invariants:
//   1. An evicted frame waits in limbo, stamped after it was unlinked, until its epoch has passed.
//   2. A slab leaves only with every frame free or in limbo; its frames are then in no list.
//   3. One call of EvictBatch looks at a bounded number of frames.
#ifndef TREERING_ENGINE_CACHE_FRAME_CLASS_H_
#define TREERING_ENGINE_CACHE_FRAME_CLASS_H_

#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <vector>

#include "engine/base/epoch.h"
#include "engine/base/thread.h"
#include "engine/cache/bucket_table.h"
#include "engine/cache/frame.h"

namespace treering::cache {

class FrameClass {
 public:
  FrameClass(BucketTable* table, base::EpochDomain* epochs) : table_(table), epochs_(epochs) {}

  // A frame in kFilling, or null when none is free yet. *stock: frames that are free, or will be
  // once their epoch has passed, after this.
  Frame* Take(size_t* stock);
  // Takes a frame in kFilling back.
  void GiveBack(Frame* frame);
  // A frame in kFilling stays so: neither it nor its slab is used for anything else again.
  void Abandon();
  void PutOnProbation(Frame* frame);

  // Takes *slab; false, and it stays, when there is no memory to keep account of its frames.
  bool AddSlab(std::unique_ptr<Slab>* slab);
  // Unlinks a batch of unpinned frames, sized to the class. Returns how many.
  size_t EvictBatch();
  // Takes out one of the colder slabs that hold no pin, evicting its frames; null when there is
  // none. The caller waits for slab->stamp to pass.
  std::unique_ptr<Slab> RemoveSlab();
  // Ages the slab at the rover's place and moves the rover on. When three quarters of its frames
  // were not used since the rover came by last, takes it out as RemoveSlab does.
  std::unique_ptr<Slab> RemoveIfCold();
  // Unlinks every frame of `file`, pinned ones included.
  void EvictFile(uint64_t file);

  size_t slab_count() const;
  uint64_t evictions() const;
  uint64_t PinnedBytes() const;
  // For the end of the cache: no frame is pinned, none but the abandoned is being filled (CHECKed).
  std::vector<std::unique_ptr<Slab>> TakeAll();

 private:
  struct Waiting {
    Frame* frame;
    uint64_t stamp;
  };

  void QueueForProbationLocked(Frame* frame);
  void CollectLocked();
  void StampLocked();
  bool EvictFrameLocked(Frame* frame);
  void ToLimboLocked(Frame* frame);
  size_t EvictFromProbationLocked(size_t count, size_t keep);
  size_t EvictByClockLocked(size_t count);
  bool TryVictimLocked(Frame* frame, uint8_t use_max);
  Frame* StepHandLocked();
  bool EmptySlabLocked(Slab* slab);
  std::unique_ptr<Slab> DetachLocked(size_t index);
  size_t frame_count_locked() const;

  BucketTable* const table_;
  base::EpochDomain* const epochs_;
  mutable base::Mutex mutex_;
  std::vector<std::unique_ptr<Slab>> slabs_;
  std::vector<Frame*> free_;
  std::vector<Frame*> unlinked_;  // to be stamped before the mutex goes: one stamp for all
  std::vector<Waiting> limbo_;    // from limbo_begin_ on
  size_t limbo_begin_ = 0;
  // Entries of frames that left probation by another way are skipped when they come up.
  std::deque<Frame*> probation_;
  size_t probation_count_ = 0;  // frames with on_probation set
  size_t hand_slab_ = 0;
  uint32_t hand_frame_ = 0;
  size_t rover_ = 0;  // the slab that RemoveIfCold looks at next
  uint64_t evictions_ = 0;
  size_t abandoned_ = 0;
};

}  // namespace treering::cache

#endif  // TREERING_ENGINE_CACHE_FRAME_CLASS_H_
