// SlabStore: the cache's slabs that are in no class: taken from the arena, waiting for an epoch,
// given back.
//
// Owner: the PageCache.
// Threads: any. No lock is held while the arena or the budget is asked.
// Invariants:
//   1. Every slab, here or in a class, is charged Slab::kCharge; the sum stays below bytes_max.
//   2. A retired slab is used again or given back only after its stamp has passed.
#ifndef TREERING_ENGINE_CACHE_SLAB_STORE_H_
#define TREERING_ENGINE_CACHE_SLAB_STORE_H_

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "engine/base/budget.h"
#include "engine/base/epoch.h"
#include "engine/base/thread.h"
#include "engine/cache/frame.h"
#include "engine/io/buffer_arena.h"

namespace treering::cache {

class SlabStore {
 public:
  SlabStore(uint64_t bytes_max, io::BufferArena* arena, base::Budget* budget,
            base::EpochDomain* epochs);
  ~SlabStore();  // every slab is back

  // A slab of frames of `pages`: a retired one that is ready, or a new one. Null when bytes_max is
  // reached or the budget or the arena has no more.
  std::unique_ptr<Slab> Get(uint32_t pages);
  enum class Purpose : uint8_t {
    kReuse,  // for the next class that asks
    kLeave,  // for the budget: no class may have it
  };
  // Takes a slab that left its class.
  void Retire(std::unique_ptr<Slab> slab, Purpose purpose);
  // Gives retired slabs that are ready back until `bytes` are reached. Returns how many bytes.
  uint64_t GiveBack(uint64_t bytes);
  // At the end of the cache, when nobody reads any more: whatever its stamp.
  void Destroy(std::unique_ptr<Slab> slab);

  uint64_t leaving_bytes() const;  // retired with kLeave and not given back yet
  uint64_t held_bytes() const { return held_.load(std::memory_order_relaxed); }  // charged

 private:
  struct Retired {
    std::unique_ptr<Slab> slab;
    Purpose purpose;
  };

  std::unique_ptr<Slab> TakeReady(bool also_leaving);
  std::byte* TakeMemory();
  void FreeMemory(std::byte* memory);
  std::unique_ptr<Slab> MakeSlab(std::byte* memory, uint32_t pages);

  const uint64_t bytes_max_;
  io::BufferArena* const arena_;
  base::Budget* const budget_;
  base::EpochDomain* const epochs_;
  std::atomic<uint64_t> held_{0};
  mutable base::Mutex mutex_;
  std::vector<Retired> retired_;  // with room for all there are
};

}  // namespace treering::cache

#endif  // TREERING_ENGINE_CACHE_SLAB_STORE_H_
