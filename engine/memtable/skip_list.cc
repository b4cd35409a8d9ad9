#include "engine/memtable/skip_list.h"

#include <new>

#include "engine/base/check.h"
#include "engine/base/thread.h"

namespace treering::memtable {
namespace {

// How far up the hint is tried: within some 4^4 records of the last insertion it saves the search;
// beyond that the climb costs more than it saves.
constexpr int kHintLevels = 4;

}  // namespace

SkipList::SkipList(key::KeyOrder order, uint64_t seed) : order_(order), seed_(seed) {
  auto* const node = new (head_storage_.data()) RecordNode(0, kHeightMax, 0, 0);
  for (int level = 0; level < kHeightMax; ++level) {
    new (&node->tower()[level]) RecordNode::Link(nullptr);
  }
}

template <bool kBytewise>
bool SkipList::IsBefore(const RecordNode* node, const Target& target) const {
  int r = 0;
  if constexpr (kBytewise) {
    if (node->head() != target.head) [[likely]]
      return node->head() < target.head;
    r = key::CompareBeyondHead(node->user_key(), target.user_key);
  } else {
    r = order_.comparator()->Compare(node->user_key(), target.user_key);
  }
  return r != 0 ? r < 0 : node->tag() > target.tag;
}

// Returns the last node before the target (the head when there is none) and the node behind that.
template <bool kBytewise>
const RecordNode* SkipList::Descend(const Target& target, const RecordNode** at_or_after) const {
  const RecordNode* node = head();
  const RecordNode* behind = nullptr;  // known not to be before the target
  int level = height_.load(std::memory_order_acquire) - 1;
  while (true) {
    const RecordNode* const next = node->Next(level);
    // The next step goes to `next` or one level down: both are fetched while heads are compared.
    if (level > 0) __builtin_prefetch(node->Next(level - 1));
    if (next != nullptr && next != behind && IsBefore<kBytewise>(next, target)) {
      node = next;
      continue;
    }
    if (level == 0) {
      *at_or_after = next;
      return node;
    }
    behind = next;
    --level;
  }
}

const RecordNode* SkipList::FindAtOrAfter(const Target& target) const {
  const RecordNode* found = nullptr;
  if (order_.bytewise()) {
    Descend<true>(target, &found);
  } else {
    Descend<false>(target, &found);
  }
  return found;
}

const RecordNode* SkipList::FindBefore(const Target& target) const {
  const RecordNode* behind = nullptr;
  const RecordNode* const node =
      order_.bytewise() ? Descend<true>(target, &behind) : Descend<false>(target, &behind);
  return node == head() ? nullptr : node;
}

const RecordNode* SkipList::Last() const {
  const RecordNode* node = head();
  for (int level = height_.load(std::memory_order_acquire) - 1; level >= 0; --level) {
    while (const RecordNode* const next = node->Next(level)) node = next;
  }
  return node == head() ? nullptr : node;
}

template <bool kBytewise>
bool SkipList::Brackets(const Splice& splice, const Target& target, int level) const {
  const auto i = static_cast<size_t>(level);
  if (level >= splice.levels) return false;
  if (splice.before[i] != head() && !IsBefore<kBytewise>(splice.before[i], target)) return false;
  return splice.after[i] == nullptr || !IsBefore<kBytewise>(splice.after[i], target);
}

// Fills the levels below `from_level`, starting where the splice says on that level, or at the top.
template <bool kBytewise>
void SkipList::Search(const Target& target, int from_level, Splice* splice) const {
  RecordNode* node = head();
  RecordNode* behind = nullptr;
  if (from_level < splice->levels) {
    node = splice->before[static_cast<size_t>(from_level)];
    behind = splice->after[static_cast<size_t>(from_level)];
  }
  for (int level = from_level - 1; level >= 0; --level) {
    RecordNode* next = node->Next(level);
    if (level > 0) __builtin_prefetch(node->Next(level - 1));
    while (next != nullptr && next != behind && IsBefore<kBytewise>(next, target)) {
      node = next;
      next = node->Next(level);
      if (level > 0) __builtin_prefetch(node->Next(level - 1));
    }
    splice->before[static_cast<size_t>(level)] = node;
    splice->after[static_cast<size_t>(level)] = next;
    behind = next;
  }
}

// Makes the splice fit the target on all levels that a node of `height` needs.
template <bool kBytewise>
void SkipList::Locate(const Target& target, int height, Splice* splice) const {
  const int levels = height_.load(std::memory_order_acquire);
  int level = 0;
  while (level < kHintLevels && !Brackets<kBytewise>(*splice, target, level)) ++level;
  // Higher levels were found at another time, so each that is used is looked at.
  bool usable = level < kHintLevels;
  for (int l = level + 1; usable && l < height; ++l) {
    usable = Brackets<kBytewise>(*splice, target, l);
  }
  if (usable) {
    Search<kBytewise>(target, level, splice);
    return;
  }
  splice->levels = 0;
  Search<kBytewise>(target, levels, splice);
  splice->levels = levels;
}

template <bool kBytewise>
void SkipList::Link(RecordNode* node, const Target& target, Splice* splice) {
  for (int level = 0; level < node->height(); ++level) {
    RecordNode*& before = splice->before[static_cast<size_t>(level)];
    RecordNode*& after = splice->after[static_cast<size_t>(level)];
    while (true) {
      node->tower()[level].store(after, std::memory_order_relaxed);
      base::SchedPoint();
      RecordNode* expected = after;
      if (before->tower()[level].compare_exchange_strong(expected, node, std::memory_order_release,
                                                         std::memory_order_relaxed)) {
        break;
      }
      // Somebody linked a node behind `before`: walk on from there.
      after = before->Next(level);
      while (after != nullptr && IsBefore<kBytewise>(after, target)) {
        before = after;
        after = before->Next(level);
      }
    }
    before = node;  // where the next, ascending one goes
  }
}

void SkipList::RaiseTo(int height) {
  int now = height_.load(std::memory_order_relaxed);
  while (height > now && !height_.compare_exchange_weak(now, height, std::memory_order_acq_rel,
                                                        std::memory_order_relaxed)) {
    base::SchedPoint();
  }
}

template <bool kBytewise>
void SkipList::InsertIn(RecordNode* node) {
  const Target target(order_, node->user_key(), node->tag());
  if (!hint_taken_.load(std::memory_order_relaxed) &&
      !hint_taken_.exchange(true, std::memory_order_acquire)) {
    Locate<kBytewise>(target, node->height(), &hint_);
    Link<kBytewise>(node, target, &hint_);
    hint_taken_.store(false, std::memory_order_release);
    return;
  }
  Splice splice;
  Locate<kBytewise>(target, node->height(), &splice);
  Link<kBytewise>(node, target, &splice);
}

void SkipList::Insert(RecordNode* node) {
  for (int level = 0; level < node->height(); ++level) {
    new (&node->tower()[level]) RecordNode::Link(nullptr);
  }
  RaiseTo(node->height());
  if (order_.bytewise()) {
    InsertIn<true>(node);
  } else {
    InsertIn<false>(node);
  }
}

}  // namespace treering::memtable
