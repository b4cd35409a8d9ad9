// RecordNode: one record as it lies in a memtable: a skip list node with its key and value behind
// it.
//
// Owner: the memtable's arena.
// Threads: everything but the tower is immutable once the node is linked; the tower is atomic.
// Invariants:
//   1. In memory: head, lengths, height; the tower; then user key, tag (8 bytes) and value without
//      gaps, so that the encoded internal key is one run of bytes.
//   2. head is key::KeyHead in bytewise order, else 0.
#ifndef TREERING_ENGINE_MEMTABLE_RECORD_NODE_H_
#define TREERING_ENGINE_MEMTABLE_RECORD_NODE_H_

#include <atomic>
#include <cstddef>
#include <cstdint>

#include "api/slice.h"
#include "engine/base/coding.h"
#include "engine/key/internal_key.h"

namespace treering::memtable {

class RecordNode {
 public:
  // 4^12 records keep one node or so on the highest level.
  static constexpr int kHeightMax = 12;

  // What a node takes; a multiple of 8.
  static constexpr size_t Bytes(int height, size_t key_bytes, size_t value_bytes) {
    return (sizeof(RecordNode) + static_cast<size_t>(height) * sizeof(Link) + key_bytes +
            key::kTagBytes + value_bytes + 7) &
           ~size_t{7};
  }

  RecordNode(uint64_t head, int height, size_t key_bytes, size_t value_bytes)
      : head_(head),
        value_bytes_(static_cast<uint32_t>(value_bytes)),
        key_bytes_(static_cast<uint16_t>(key_bytes)),
        height_(static_cast<uint8_t>(height)) {}

  uint64_t head() const { return head_; }
  int height() const { return height_; }
  Slice user_key() const { return Slice(data(), key_bytes_); }
  uint64_t tag() const { return base::Load64(data() + key_bytes_); }
  Slice internal_key() const { return Slice(data(), key_bytes_ + key::kTagBytes); }
  Slice value() const { return Slice(data() + key_bytes_ + key::kTagBytes, value_bytes_); }

  using Link = std::atomic<RecordNode*>;
  Link* tower() { return reinterpret_cast<Link*>(this + 1); }
  const Link* tower() const { return reinterpret_cast<const Link*>(this + 1); }
  RecordNode* Next(int level) const { return tower()[level].load(std::memory_order_acquire); }
  // Where the user key starts.
  char* data() { return reinterpret_cast<char*>(tower() + height_); }
  const char* data() const { return reinterpret_cast<const char*>(tower() + height_); }

 private:
  const uint64_t head_;
  const uint32_t value_bytes_;
  const uint16_t key_bytes_;
  const uint8_t height_;
};
static_assert(sizeof(RecordNode) == 16 && sizeof(RecordNode::Link) == 8);

}  // namespace treering::memtable

#endif  // TREERING_ENGINE_MEMTABLE_RECORD_NODE_H_
