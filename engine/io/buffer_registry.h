// BufferRegistry: tells the kernel about the arena's chunks once, and lends that to every ring.
//
// A plain master ring, never used for I/O, holds a sparse table of buffers, one entry a chunk. Each
// owner clones the table into its own ring (Linux 6.12) and clones again when it meets a chunk that
// its ring does not know. Where the kernel cannot clone, chunks are registered with each ring.
//
// Owner: the uring disk; outlives the rings that it was lent to.
// Threads: any; Lend is called by the ring's owner.
// Invariants:
//   1. A chunk's number in the arena is its index in every ring's table.
//   2. Chunks are never unregistered while the registry lives.
//   3. What could not be registered, or lent to a ring, is left out, and the disk's Fallbacks say
//      why.
// Source: man 3 io_uring_clone_buffers, io_uring_register_buffers_sparse.
#ifndef TREERING_ENGINE_IO_BUFFER_REGISTRY_H_
#define TREERING_ENGINE_IO_BUFFER_REGISTRY_H_

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>

#include "engine/base/thread.h"
#include "engine/io/buffer_arena.h"
#include "engine/io/fallbacks.h"
#include "engine/io/ring.h"

namespace treering::io {

class BufferRegistry {
 public:
  struct Options {
    bool clone = true;                     // false: as if the kernel could not; for tests
    std::atomic<int>* refusals = nullptr;  // as RingOptions, of rings and of chunks
  };
  BufferRegistry(Options options, Fallbacks* fallbacks);

  // For the arena's announcements.
  void Add(int index, const BufferArena::Chunk& chunk);

  // Whether I/O in this chunk can name it.
  bool Holds(int index) const {
    return held_[static_cast<size_t>(index)].load(std::memory_order_acquire);
  }
  // Chunks announced so far, registered or not.
  int announced() const { return announced_.load(std::memory_order_acquire); }

  // Brings `ring`, which knows the first `known` chunks, up to date. Returns how many it knows
  // then: `known` when that did not work.
  int Lend(Ring* ring, int known);

  // Something is registered with the kernel: everything that was announced, and no ring went
  // without.
  bool on() const;
  uint64_t bytes() const { return bytes_.load(std::memory_order_acquire); }
  bool clones() const { return clones_.load(std::memory_order_acquire); }

 private:
  bool RegisterWith(Ring* ring, int index);
  bool TryRegisterWith(Ring* ring, int index, int* error);
  void Note(const char* what, int error);
  int LendByClone(Ring* ring, int known, int target);
  int LendByRegistering(Ring* ring, int known, int target);

  Fallbacks* const fallbacks_;
  std::atomic<int>* const refusals_;
  mutable base::Mutex mutex_;
  std::unique_ptr<Ring> master_;  // null: no table
  std::array<BufferArena::Chunk, BufferArena::kChunkCountMax> chunks_;
  std::array<std::atomic<bool>, BufferArena::kChunkCountMax> held_{};
  std::atomic<int> announced_{0};
  std::atomic<uint64_t> bytes_{0};
  std::atomic<bool> clones_;
};

}  // namespace treering::io

#endif  // TREERING_ENGINE_IO_BUFFER_REGISTRY_H_
