// BlockRef: the bytes of a block that was read: a pinned frame of the cache, or an owned buffer.
//
// Owner: whoever read the block; move-only. It holds memory: keep it no longer than needed.
// Threads: one at a time.
// Invariants:
//   1. data() is good for size() bytes, and unchanged, as long as the BlockRef lives.
#ifndef TREERING_ENGINE_CACHE_BLOCK_REF_H_
#define TREERING_ENGINE_CACHE_BLOCK_REF_H_

#include <cstddef>
#include <span>
#include <utility>

#include "engine/cache/page_cache.h"
#include "engine/io/buffer_pool.h"

namespace treering::cache {

class BlockRef {
 public:
  BlockRef() = default;
  BlockRef(Pin pin, size_t size) : pin_(std::move(pin)), size_(size) {}
  BlockRef(io::Buffer buffer, size_t size) : buffer_(std::move(buffer)), size_(size) {}
  BlockRef(BlockRef&&) = default;
  BlockRef& operator=(BlockRef&&) = default;

  explicit operator bool() const { return pin_ || buffer_; }
  const std::byte* data() const { return pin_ ? pin_.data() : buffer_.data(); }
  size_t size() const { return size_; }  // the pages that were asked for
  std::span<const std::byte> span() const { return {data(), size_}; }
  // The frame when the bytes are in the cache, else null.
  Frame* frame() const { return pin_.frame(); }

 private:
  Pin pin_;
  io::Buffer buffer_;
  size_t size_ = 0;
};

}  // namespace treering::cache

#endif  // TREERING_ENGINE_CACHE_BLOCK_REF_H_
