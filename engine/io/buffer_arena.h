// BufferArena: the pinned memory that frames, memtables and I/O buffers take their slabs from.
//
// Owner: the Disk.
// Threads: any.
// Invariants:
//   1. Slabs are kSlabBytes long and aligned. A slab lies inside one chunk.
//   2. Chunks grow from 2 MiB, doubling to 32 MiB, are at most kChunkCountMax, and are neither
//      unmapped nor unregistered while the arena lives; freed slabs are used again.
//   3. A chunk is populated and announced to the listener (which registers it) before its first
//      slab is handed out. Address space beyond the grown chunks is reserved, never touched.
//   4. Memory is MADV_DONTFORK and MADV_DONTDUMP.
//   5. What is mapped and what is taken elsewhere stay together within total_bytes_max, unless
//      forced.
//   6. First touch of memory is slow (seconds per GiB on some machines): AllocateSlab may grow by
//      one chunk on the calling thread, which is why chunks end at 32 MiB (more only when bytes_max
//      would need more than kChunkCountMax of them). GrowTo on a background thread keeps it off hot
//      paths; meanwhile freed slabs are still handed out.
#ifndef TREERING_ENGINE_IO_BUFFER_ARENA_H_
#define TREERING_ENGINE_IO_BUFFER_ARENA_H_

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <utility>
#include <vector>

#include "engine/base/thread.h"

namespace treering::io {

class BufferArena {
 public:
  static constexpr size_t kSlabBytes = 2u << 20;
  static constexpr int kChunkCountMax = 512;
  static constexpr uint64_t kChunkBytesMin = 2ull << 20;
  static constexpr uint64_t kChunkBytesUsual = 32ull << 20;  // where doubling ends
  static constexpr uint64_t kChunkBytesMax = 1ull << 30;     // the kernel registers no larger piece

  struct Chunk {
    std::byte* base = nullptr;
    size_t bytes = 0;
  };
  struct Options {
    uint64_t bytes_max = 0;  // rounded down to slabs; slabs beyond it are refused (null)
    // Of what is mapped here, in use or not, and of what TakeElsewhere counts.
    uint64_t total_bytes_max = UINT64_MAX;
    bool huge_pages = true;
    // Called once per chunk, before its first slab is handed out; may be empty. One call at a time.
    std::function<void(int index, const Chunk& chunk)> announce;
  };

  explicit BufferArena(Options options);
  ~BufferArena();  // CHECKs that every slab was given back
  BufferArena(const BufferArena&) = delete;
  BufferArena& operator=(const BufferArena&) = delete;

  // Null when bytes_max is reached or the system has no memory. Content is undefined.
  std::byte* AllocateSlab();
  // A slab with memory under quarantine is never handed out again.
  void FreeSlab(std::byte* slab);
  // `slabs` slabs side by side. Where no such run is free, any free ones are moved together (the
  // pages keep their place in memory, their addresses change): then I/O there is not registered.
  // Null as AllocateSlab.
  std::byte* AllocateRun(size_t slabs);
  // False when it is no run's address.
  bool FreeRun(std::byte* run);
  // Memory that its user takes from the heap, for want of slabs. False: there is no room for it,
  // unless it is forced.
  bool TakeElsewhere(uint64_t bytes, bool force);
  void GiveElsewhere(uint64_t bytes);
  // Grows until at least `bytes` (at most bytes_max) are mapped. False when the system has no
  // memory.
  bool GrowTo(uint64_t bytes);

  // Memory (the arena's or any other) that a device may still write to although nobody waits for
  // it any more: whoever frees memory that I/O used leaves alone what is under quarantine.
  void Quarantine(const void* data, size_t bytes);
  // Whether any of it is. Cheap while nothing is.
  bool Quarantined(const void* data, size_t bytes) const;

  int chunk_count() const { return chunk_count_.load(std::memory_order_acquire); }
  // index below chunk_count().
  const Chunk& chunk(int index) const { return chunks_[static_cast<size_t>(index)]; }
  // The chunk that holds [data, data + bytes) whole; -1 when none does. No lock.
  int ChunkIndexOf(const void* data, size_t bytes) const;

  uint64_t bytes_max() const { return bytes_max_; }
  uint64_t mapped_bytes() const { return mapped_bytes_.load(std::memory_order_acquire); }
  // Of slabs handed out.
  uint64_t allocated_bytes() const { return allocated_bytes_.load(std::memory_order_acquire); }

 private:
  std::byte* TakeSlab();
  std::vector<std::byte*> TakeSlabs(size_t count);
  static std::byte* MoveTogether(const std::vector<std::byte*>& slabs);
  bool Grow();  // by one chunk; grow_mutex_ held
  uint64_t NextChunkBytes() const;
  bool Populate(std::byte* base, uint64_t bytes);

  const Options options_;
  const uint64_t bytes_max_;
  const uint64_t chunk_bytes_max_;
  std::byte* reserved_ = nullptr;  // as the system gave it
  uint64_t reserved_bytes_ = 0;
  std::byte* base_ = nullptr;  // of chunk 0, aligned; null when nothing could be reserved

  base::Mutex grow_mutex_;  // taken before mutex_
  base::Mutex mutex_;       // free_ and next_offset_
  std::vector<std::byte*> free_;
  std::map<std::byte*, std::vector<std::byte*>> runs_;  // by where they are used
  uint64_t next_offset_ = 0;                            // of the first slab never handed out
  std::array<Chunk, kChunkCountMax> chunks_;
  std::vector<std::atomic<uint16_t>> chunk_of_slab_;  // valid below mapped_bytes_
  std::atomic<int> chunk_count_{0};
  std::atomic<uint64_t> mapped_bytes_{0};
  uint64_t elsewhere_bytes_ = 0;  // under grow_mutex_
  std::atomic<uint64_t> allocated_bytes_{0};
  std::atomic<bool> any_quarantined_{false};
  mutable base::Mutex quarantine_mutex_;                      // taken last
  std::vector<std::pair<uintptr_t, uintptr_t>> quarantined_;  // [begin, end)
};

}  // namespace treering::io

#endif  // TREERING_ENGINE_IO_BUFFER_ARENA_H_
