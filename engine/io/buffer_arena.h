// BufferArena: the pinned memory that frames, memtables and I/O buffers take their slabs from.
//
// Owner: the Disk.
// Threads: any.
// Invariants:
//   1. Slabs are kSlabBytes long and aligned. A slab lies inside one chunk.
//   2. Chunks grow from 2 MiB doubling to 256 MiB, are at most kChunkCountMax, and are neither
//      unmapped nor unregistered while the arena lives; freed slabs are used again.
//   3. A chunk is populated and announced to the listener (which registers it) before its first
//      slab is handed out. Pages never touched are never populated beyond the grown chunk.
//   4. Memory is MADV_DONTFORK and MADV_DONTDUMP on real systems.
#ifndef TREERING_ENGINE_IO_BUFFER_ARENA_H_
#define TREERING_ENGINE_IO_BUFFER_ARENA_H_

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <vector>

#include "engine/base/thread.h"

namespace treering::io {

class BufferArena {
 public:
  static constexpr size_t kSlabBytes = 2u << 20;
  static constexpr int kChunkCountMax = 512;

  struct Chunk {
    std::byte* base = nullptr;
    size_t bytes = 0;
  };
  struct Options {
    uint64_t bytes_max = 0;  // slabs beyond it are refused (null)
    bool huge_pages = true;
    // Called once per chunk, before its first slab is handed out; may be empty.
    std::function<void(int index, const Chunk& chunk)> announce;
  };

  explicit BufferArena(Options options);
  ~BufferArena();
  BufferArena(const BufferArena&) = delete;
  BufferArena& operator=(const BufferArena&) = delete;

  // Null when bytes_max is reached or the system has no memory. Content is undefined.
  std::byte* AllocateSlab();
  void FreeSlab(std::byte* slab);

  int chunk_count() const { return chunk_count_.load(std::memory_order_acquire); }
  const Chunk& chunk(int index) const { return chunks_[index]; }
  // The chunk that holds [data, data + bytes) whole; -1 when none does. No lock.
  int ChunkIndexOf(const void* data, size_t bytes) const;

  uint64_t mapped_bytes() const;     // of all chunks
  uint64_t allocated_bytes() const;  // of slabs handed out

 private:
  bool GrowLocked();

  const Options options_;
  mutable base::Mutex mutex_;
  std::vector<std::byte*> free_;
  std::array<Chunk, kChunkCountMax> chunks_;
  std::atomic<int> chunk_count_{0};
  std::atomic<uint64_t> mapped_bytes_{0};
  std::atomic<uint64_t> allocated_bytes_{0};
  uint64_t next_offset_ = 0;  // of the newest chunk, not handed out yet
};

}  // namespace treering::io

#endif  // TREERING_ENGINE_IO_BUFFER_ARENA_H_
