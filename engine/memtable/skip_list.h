// SkipList: nodes in the order of their internal keys, inserted by many threads without a lock.
//
// Owner: a MemTable, whose arena owns the nodes.
// Threads: any.
// Invariants:
//   1. Each level is sorted and holds a part of the level below. Nodes are linked from the bottom
//      up and never unlinked.
//   2. A node's height depends on the list's seed and the node's sequence alone: who knows the
//      sequences knows the memory.
//   3. The place of the last insertion is tried first, so that ascending keys need no search.
//      Source: W. Pugh, "Skip lists" (1990); M. Herlihy, N. Shavit, "The Art of Multiprocessor
//      Programming", 14.4, without removal.
#ifndef TREERING_ENGINE_MEMTABLE_SKIP_LIST_H_
#define TREERING_ENGINE_MEMTABLE_SKIP_LIST_H_

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>

#include "api/slice.h"
#include "engine/base/checksum.h"
#include "engine/key/internal_key.h"
#include "engine/memtable/record_node.h"

namespace treering::memtable {

// What is looked for.
struct Target {
  Target(const key::KeyOrder& order, const Slice& user_key_in, uint64_t tag_in)
      : user_key(user_key_in),
        tag(tag_in),
        head(order.bytewise() ? key::KeyHead(user_key_in) : 0) {}
  Slice user_key;
  uint64_t tag;
  uint64_t head;
};

class SkipList {
 public:
  static constexpr int kHeightMax = RecordNode::kHeightMax;

  SkipList(key::KeyOrder order, uint64_t seed);
  SkipList(const SkipList&) = delete;
  SkipList& operator=(const SkipList&) = delete;

  const key::KeyOrder& order() const { return order_; }

  // From 1 to kHeightMax, each next one a quarter as likely.
  int HeightOf(key::Sequence sequence) const {
    const uint64_t bits = base::Mix64(seed_ + sequence * 0x9e3779b97f4a7c15ull);
    return 1 + (__builtin_ctzll(bits | 1ull << (2 * (kHeightMax - 1))) >> 1);
  }

  // Links a node whose key, value and lengths are set. No node of the same internal key is in.
  void Insert(RecordNode* node);

  // The first node at or behind the target; null at the end.
  const RecordNode* FindAtOrAfter(const Target& target) const;
  // The last node before the target; null when there is none.
  const RecordNode* FindBefore(const Target& target) const;
  const RecordNode* First() const { return head()->Next(0); }
  const RecordNode* Last() const;

 private:
  // Between which two nodes the place is, on each level below `levels`.
  struct Splice {
    int levels = 0;
    std::array<RecordNode*, kHeightMax> before;
    std::array<RecordNode*, kHeightMax> after;
  };

  RecordNode* head() const {
    return reinterpret_cast<RecordNode*>(const_cast<std::byte*>(head_storage_.data()));
  }
  template <bool kBytewise>
  bool IsBefore(const RecordNode* node, const Target& target) const;
  template <bool kBytewise>
  const RecordNode* Descend(const Target& target, const RecordNode** at_or_after) const;
  template <bool kBytewise>
  bool Brackets(const Splice& splice, const Target& target, int level) const;
  template <bool kBytewise>
  void Search(const Target& target, int from_level, Splice* splice) const;
  template <bool kBytewise>
  void Locate(const Target& target, int height, Splice* splice) const;
  template <bool kBytewise>
  void Link(RecordNode* node, const Target& target, Splice* splice);
  template <bool kBytewise>
  void InsertIn(RecordNode* node);
  void RaiseTo(int height);

  const key::KeyOrder order_;
  const uint64_t seed_;
  std::atomic<int> height_{1};
  alignas(64) std::array<std::byte, RecordNode::Bytes(kHeightMax, 0, 0)> head_storage_;

  // The last insertion's splice; whoever finds it taken searches from the top.
  alignas(64) std::atomic<bool> hint_taken_{false};
  Splice hint_;
};

}  // namespace treering::memtable

#endif  // TREERING_ENGINE_MEMTABLE_SKIP_LIST_H_
