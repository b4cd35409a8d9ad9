#include "engine/cache/frame_class.h"

#include <algorithm>
#include <new>

#include "engine/base/check.h"

namespace treering::cache {
namespace {

// The share of a class that frames on probation may hold before they go first.
constexpr size_t kProbationShare = 16;
// Frames that one eviction takes: enough to pay for a sweep, few enough to lose nothing by it.
constexpr size_t kBatchMax = 64;
constexpr size_t kBatchShare = 64;
// After so many steps of the hand without enough victims it takes frames with a higher use count.
constexpr size_t kHandWindow = 4096;
// Slabs among which RemoveSlab chooses.
constexpr size_t kSlabCandidates = 8;

}  // namespace

size_t FrameClass::frame_count_locked() const {
  return slabs_.empty() ? 0 : slabs_.size() * slabs_[0]->frame_count;
}

size_t FrameClass::slab_count() const {
  base::MutexLock lock(&mutex_);
  return slabs_.size();
}

uint64_t FrameClass::evictions() const {
  base::MutexLock lock(&mutex_);
  return evictions_;
}

uint64_t FrameClass::PinnedBytes() const {
  base::MutexLock lock(&mutex_);
  uint64_t bytes = 0;
  for (const auto& slab : slabs_) {
    for (uint32_t i = 0; i < slab->frame_count; ++i) {
      if (Frame::PinsOf(slab->frames[i].State()) > 0) bytes += slab->frames[i].bytes();
    }
  }
  return bytes;
}

// Limbo is in the order of its stamps.
void FrameClass::CollectLocked() {
  uint64_t passed = 0;
  while (limbo_begin_ < limbo_.size()) {
    const Waiting waiting = limbo_[limbo_begin_];
    if (waiting.stamp > passed) {
      if (!epochs_->Passed(waiting.stamp)) return;
      passed = waiting.stamp;
    }
    TREERING_CHECK(waiting.frame->Move(Frame::kLimbo, Frame::kFree));
    free_.push_back(waiting.frame);
    ++limbo_begin_;
  }
}

Frame* FrameClass::Take(size_t* stock) {
  base::MutexLock lock(&mutex_);
  if (free_.empty()) CollectLocked();
  *stock = free_.size() + limbo_.size() - limbo_begin_;
  if (free_.empty()) return nullptr;
  Frame* const frame = free_.back();
  free_.pop_back();
  --*stock;
  TREERING_CHECK(frame->Move(Frame::kFree, Frame::kFilling));
  return frame;
}

void FrameClass::GiveBack(Frame* frame) {
  base::MutexLock lock(&mutex_);
  TREERING_CHECK(frame->Move(Frame::kFilling, Frame::kFree));
  free_.push_back(frame);
}

void FrameClass::Abandon() {
  base::MutexLock lock(&mutex_);
  ++abandoned_;
}

void FrameClass::PutOnProbation(Frame* frame) {
  base::MutexLock lock(&mutex_);
  frame->on_probation = true;
  ++probation_count_;
  QueueForProbationLocked(frame);
}

// Without memory for its place the frame joins the clock.
void FrameClass::QueueForProbationLocked(Frame* frame) {
  try {
    probation_.push_back(frame);
  } catch (const std::bad_alloc&) {
    frame->on_probation = false;
    --probation_count_;
  }
}

// With room for it in every list, so that no other call needs memory.
bool FrameClass::AddSlab(std::unique_ptr<Slab>* slab) {
  base::MutexLock lock(&mutex_);
  try {
    const size_t count = frame_count_locked() + (*slab)->frame_count;
    slabs_.reserve(slabs_.size() + 1);
    free_.reserve(count);
    unlinked_.reserve(count);
    limbo_.reserve(2 * count);
  } catch (const std::bad_alloc&) {
    return false;
  }
  // Handed out from the back: lowest address first.
  for (uint32_t i = (*slab)->frame_count; i > 0; --i) free_.push_back(&(*slab)->frames[i - 1]);
  slabs_.push_back(std::move(*slab));
  return true;
}

void FrameClass::ToLimboLocked(Frame* frame) {
  frame->use.store(0, std::memory_order_relaxed);
  if (frame->on_probation) {
    frame->on_probation = false;
    --probation_count_;
  }
  unlinked_.push_back(frame);
}

// A stamp moves the epoch on for everybody: one a batch, not one a frame.
void FrameClass::StampLocked() {
  if (unlinked_.empty()) return;
  const uint64_t stamp = epochs_->Stamp();
  // Frames that left are dropped when there would be no room: at most half are still there.
  if (limbo_.size() + unlinked_.size() > limbo_.capacity()) {
    limbo_.erase(limbo_.begin(), limbo_.begin() + static_cast<ptrdiff_t>(limbo_begin_));
    limbo_begin_ = 0;
  }
  for (Frame* const frame : unlinked_) limbo_.push_back({frame, stamp});
  unlinked_.clear();
}

bool FrameClass::EvictFrameLocked(Frame* frame) {
  if (!frame->Move(Frame::kPublished, Frame::kLimbo)) return false;
  table_->Unlink(frame);
  ToLimboLocked(frame);
  ++evictions_;
  return true;
}

size_t FrameClass::EvictBatch() {
  base::MutexLock lock(&mutex_);
  const size_t count = std::clamp<size_t>(frame_count_locked() / kBatchShare, 1, kBatchMax);
  size_t evicted = EvictFromProbationLocked(count, frame_count_locked() / kProbationShare);
  if (evicted < count) evicted += EvictByClockLocked(count - evicted);
  if (evicted == 0 && probation_count_ > 0) {
    evicted = EvictFromProbationLocked(count, 0);
    if (evicted == 0) evicted = EvictByClockLocked(count);  // they may all have joined the clock
  }
  StampLocked();
  return evicted;
}

size_t FrameClass::EvictFromProbationLocked(size_t count, size_t keep) {
  size_t evicted = 0;
  for (size_t turns = probation_.size(); turns > 0 && evicted < count; --turns) {
    if (probation_count_ <= keep) break;
    Frame* const frame = probation_.front();
    probation_.pop_front();
    if (!frame->on_probation) continue;
    if (frame->use.load(std::memory_order_relaxed) > 0) {
      frame->on_probation = false;
      --probation_count_;
    } else if (EvictFrameLocked(frame)) {
      ++evicted;
    } else {
      QueueForProbationLocked(frame);  // pinned
    }
  }
  return evicted;
}

Frame* FrameClass::StepHandLocked() {
  if (hand_slab_ >= slabs_.size()) hand_slab_ = 0;
  Slab* const slab = slabs_[hand_slab_].get();
  Frame* const frame = &slab->frames[hand_frame_];
  if (++hand_frame_ == slab->frame_count) {
    hand_frame_ = 0;
    ++hand_slab_;
  }
  return frame;
}

bool FrameClass::TryVictimLocked(Frame* frame, uint8_t use_max) {
  const uint32_t state = frame->State();
  if (state == Frame::kDoomed && frame->Move(Frame::kDoomed, Frame::kLimbo)) {
    ToLimboLocked(frame);
    return true;
  }
  if (state != Frame::kPublished || frame->on_probation) return false;
  if (frame->use.load(std::memory_order_relaxed) > use_max) {
    frame->Age();
    return false;
  }
  return EvictFrameLocked(frame);
}

size_t FrameClass::EvictByClockLocked(size_t count) {
  const size_t steps_max =
      std::min((Frame::kUseMax + 1) * frame_count_locked(), (Frame::kUseMax + 1) * kHandWindow);
  size_t evicted = 0;
  for (size_t step = 0; step < steps_max && evicted < count; ++step) {
    const auto use_max = static_cast<uint8_t>(step / kHandWindow);
    if (TryVictimLocked(StepHandLocked(), use_max)) ++evicted;
  }
  return evicted;
}

// Whether all of the slab's frames are now free or in limbo.
bool FrameClass::EmptySlabLocked(Slab* slab) {
  for (uint32_t i = 0; i < slab->frame_count; ++i) {
    const uint32_t state = slab->frames[i].State();
    if (Frame::PinsOf(state) > 0 || state == Frame::kFilling) return false;
  }
  for (uint32_t i = 0; i < slab->frame_count; ++i) {
    Frame* const frame = &slab->frames[i];
    const uint32_t state = frame->State();
    if (state == Frame::kFree || state == Frame::kLimbo) continue;
    if (state == Frame::kDoomed && frame->Move(Frame::kDoomed, Frame::kLimbo)) {
      ToLimboLocked(frame);
    } else if (!EvictFrameLocked(frame)) {
      return false;  // pinned meanwhile
    }
  }
  return true;
}

// Null when one of its frames is pinned or being filled.
std::unique_ptr<Slab> FrameClass::DetachLocked(size_t index) {
  const bool emptied = EmptySlabLocked(slabs_[index].get());
  StampLocked();
  if (!emptied) return nullptr;
  std::unique_ptr<Slab> slab = std::move(slabs_[index]);
  slabs_.erase(slabs_.begin() + static_cast<ptrdiff_t>(index));
  if (hand_slab_ == index) hand_frame_ = 0;
  if (hand_slab_ > index) --hand_slab_;
  const auto inside = [&slab](const Frame* frame) { return slab->Holds(frame); };
  std::erase_if(free_, inside);
  std::erase_if(probation_, inside);
  limbo_.erase(limbo_.begin(), limbo_.begin() + static_cast<ptrdiff_t>(limbo_begin_));
  limbo_begin_ = 0;
  std::erase_if(limbo_, [&inside](const Waiting& waiting) { return inside(waiting.frame); });
  slab->stamp = epochs_->Stamp();
  return slab;
}

std::unique_ptr<Slab> FrameClass::RemoveSlab() {
  base::MutexLock lock(&mutex_);
  size_t best = slabs_.size();
  uint32_t best_use = 0;
  for (size_t i = 0, seen = 0; i < slabs_.size() && seen < kSlabCandidates; ++i) {
    const size_t index = (rover_ + i) % slabs_.size();
    uint32_t use_sum = 0;
    bool pinned = false;
    for (uint32_t f = 0; f < slabs_[index]->frame_count && !pinned; ++f) {
      const Frame& frame = slabs_[index]->frames[f];
      const uint32_t state = frame.State();
      pinned = Frame::PinsOf(state) > 0 || state == Frame::kFilling;
      if (Frame::KindOf(state) == Frame::kPublished) {
        use_sum += 1 + frame.use.load(std::memory_order_relaxed);
      }
    }
    if (pinned) continue;
    ++seen;
    if (best == slabs_.size() || use_sum < best_use) {
      best = index;
      best_use = use_sum;
    }
  }
  return best == slabs_.size() ? nullptr : DetachLocked(best);
}

std::unique_ptr<Slab> FrameClass::RemoveIfCold() {
  base::MutexLock lock(&mutex_);
  if (slabs_.empty()) return nullptr;
  const size_t index = rover_++ % slabs_.size();
  Slab* const slab = slabs_[index].get();
  uint32_t cold = 0;
  for (uint32_t i = 0; i < slab->frame_count; ++i) {
    if (!slab->frames[i].Age()) ++cold;
  }
  return cold < slab->frame_count / 4 * 3 ? nullptr : DetachLocked(index);
}

void FrameClass::EvictFile(uint64_t file) {
  base::MutexLock lock(&mutex_);
  for (const auto& slab : slabs_) {
    for (uint32_t i = 0; i < slab->frame_count; ++i) {
      Frame* const frame = &slab->frames[i];
      uint32_t state = frame->State();
      // The id of a frame that is being filled is its reader's alone.
      while (Frame::KindOf(state) == Frame::kPublished && frame->id.file == file) {
        if (EvictFrameLocked(frame)) break;
        const uint32_t doomed = Frame::kDoomed + Frame::PinsOf(state);
        if (frame->state.compare_exchange_strong(state, doomed, std::memory_order_acq_rel)) {
          table_->Unlink(frame);
          ++evictions_;
          break;
        }
        base::SchedPoint();
      }
    }
  }
  StampLocked();
}

std::vector<std::unique_ptr<Slab>> FrameClass::TakeAll() {
  base::MutexLock lock(&mutex_);
  size_t filling = 0;
  for (const auto& slab : slabs_) {
    for (uint32_t i = 0; i < slab->frame_count; ++i) {
      const uint32_t state = slab->frames[i].State();
      TREERING_CHECK(Frame::PinsOf(state) == 0);
      if (state == Frame::kFilling) ++filling;
    }
  }
  TREERING_CHECK(filling == abandoned_);
  free_.clear();
  limbo_.clear();
  probation_.clear();
  return std::move(slabs_);
}

}  // namespace treering::cache
