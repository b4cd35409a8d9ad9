// BufferPool: page-aligned I/O buffers, powers of two from 4 KiB to 2 MiB carved from arena slabs,
// and larger ones by the page.
//
// Owner: the Runtime; outlives every buffer.
// Threads: any.
// Invariants:
//   1. Buffers come from the arena while it has slabs, larger ones than 2 MiB as runs of slabs that
//      may be moved together; what no longer fits is a plain aligned allocation, charged alike.
//      Buffer::registered() says whether I/O there can be registered.
//   2. Every byte handed out is charged to the budget under the class asked for.
//   3. Plain memory is used only as far as the arena's total_bytes_max has room for it: what is
//      mapped there and not in use counts. Beyond that the cache is asked to give slabs back, then
//      the pool refuses as the budget does; what must be had is not refused.
//   4. Buffers under quarantine (BufferArena) are given back by their owners but never used again.
#ifndef TREERING_ENGINE_IO_BUFFER_POOL_H_
#define TREERING_ENGINE_IO_BUFFER_POOL_H_

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>

#include "engine/base/block_source.h"
#include "engine/base/budget.h"
#include "engine/base/thread.h"
#include "engine/io/buffer_arena.h"

namespace treering::io {

class BufferPool;

// An owned buffer; empty when the pool had none to give. Content is undefined.
class Buffer {
 public:
  Buffer() = default;
  Buffer(Buffer&& other) noexcept;
  Buffer& operator=(Buffer&& other) noexcept;
  ~Buffer();

  explicit operator bool() const { return data_ != nullptr; }
  std::byte* data() const { return data_; }
  size_t size() const { return size_; }  // at least what was asked for
  std::span<std::byte> span() const { return {data_, size_}; }
  bool registered() const { return registered_; }

 private:
  friend class BufferPool;
  void Swap(Buffer* other);

  BufferPool* pool_ = nullptr;
  std::byte* data_ = nullptr;
  size_t size_ = 0;
  base::MemoryClass memory_class_ = base::MemoryClass::kIoBuffer;
  bool registered_ = false;
};

class BufferPool final {
 public:
  BufferPool(BufferArena* arena, base::Budget* budget);
  ~BufferPool();

  // Makes about `bytes` of slabs free, and returns how many. Before the first allocation that may
  // need it; an empty one ends it.
  void SetReclaim(std::function<uint64_t(uint64_t bytes)> reclaim);

  // Empty when the budget refuses, or the system has no memory.
  Buffer Allocate(size_t bytes, base::MemoryClass memory_class = base::MemoryClass::kIoBuffer,
                  base::Need need = base::Need::kUsual);

  // For tests: what every buffer holds from now on when it is handed out, so that bytes which are
  // written without having been set can be told. Before any other thread allocates.
  void FillFresh(std::byte with);

  // The pool as a BlockSource for one class of memory (memtables), which leaves the reserve to
  // others (Need::kSpare): what grows can wait. Lives as long as the pool.
  base::BlockSource* AsBlockSource(base::MemoryClass memory_class);

 private:
  friend class Buffer;
  struct Impl;
  const std::unique_ptr<Impl> impl_;
};

}  // namespace treering::io

#endif  // TREERING_ENGINE_IO_BUFFER_POOL_H_
