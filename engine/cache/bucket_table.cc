#include "engine/cache/bucket_table.h"

#include <algorithm>
#include <bit>
#include <utility>

#include "engine/base/check.h"

namespace treering::cache {

BucketTable::BucketTable(uint64_t frames_max, uint64_t seed)
    : seed_(seed),
      mask_(std::bit_ceil(std::max<uint64_t>(frames_max, kShardCount)) - 1),
      heads_(std::make_unique<std::atomic<Frame*>[]>(mask_ + 1)) {}

Frame* BucketTable::Find(const BlockId& id) const {
  Frame* frame = heads_[BucketOf(id)].load(std::memory_order_acquire);
  while (frame != nullptr && !(frame->id == id)) {
    frame = frame->next.load(std::memory_order_acquire);
  }
  return frame;
}

Frame* BucketTable::Insert(Frame* frame, SwizzleSlot* slot) {
  const uint64_t bucket = BucketOf(frame->id);
  std::atomic<Frame*>& head = heads_[bucket];
  base::MutexLock lock(MutexOf(bucket));
  Frame* winner = head.load(std::memory_order_relaxed);
  // One that cannot be pinned is on its way out: it waits for this mutex to be unlinked.
  while (winner != nullptr && !(winner->id == frame->id && winner->TryPin())) {
    winner = winner->next.load(std::memory_order_relaxed);
  }
  if (winner == nullptr) {
    winner = frame;
    frame->slot = nullptr;
    frame->next.store(head.load(std::memory_order_relaxed), std::memory_order_relaxed);
    frame->state.store(Frame::kPublished + 1, std::memory_order_release);
    head.store(frame, std::memory_order_release);
  }
  if (slot != nullptr) AttachLocked(winner, slot);
  return winner;
}

void BucketTable::AttachLocked(Frame* frame, SwizzleSlot* slot) {
  if (frame->slot != nullptr) return;
  // An older frame of this block that is on its way out must not touch the slot any more.
  Frame* const older = slot->load(std::memory_order_relaxed);
  if (older != nullptr) older->slot = nullptr;
  frame->slot = slot;
  slot->store(frame, std::memory_order_release);
}

void BucketTable::AttachSlot(Frame* frame, SwizzleSlot* slot) {
  base::MutexLock lock(MutexOf(BucketOf(frame->id)));
  // Doomed frames are unlinked under this mutex, after their state changed.
  if (Frame::KindOf(frame->State()) == Frame::kPublished) AttachLocked(frame, slot);
}

void BucketTable::Unlink(Frame* frame) {
  const uint64_t bucket = BucketOf(frame->id);
  base::MutexLock lock(MutexOf(bucket));
  std::atomic<Frame*>* link = &heads_[bucket];
  while (link->load(std::memory_order_relaxed) != frame) {
    TREERING_CHECK(link->load(std::memory_order_relaxed) != nullptr);
    link = &link->load(std::memory_order_relaxed)->next;
  }
  link->store(frame->next.load(std::memory_order_relaxed), std::memory_order_release);
  if (SwizzleSlot* const slot = std::exchange(frame->slot, nullptr); slot != nullptr) {
    slot->store(nullptr, std::memory_order_release);
  }
}

void BucketTable::ForgetSlot(SwizzleSlot* slot) {
  Frame* const frame = slot->load(std::memory_order_acquire);
  if (frame == nullptr) return;
  base::MutexLock lock(MutexOf(BucketOf(frame->id)));
  // Looked at again: the frame may have been evicted, and read again, meanwhile.
  Frame* const holder = slot->load(std::memory_order_relaxed);
  if (holder == nullptr) return;
  holder->slot = nullptr;
  slot->store(nullptr, std::memory_order_release);
}

}  // namespace treering::cache
