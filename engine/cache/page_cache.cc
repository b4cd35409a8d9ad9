#include "engine/cache/page_cache.h"

#include <array>
#include <bit>
#include <utility>

#include "engine/base/check.h"
#include "engine/base/limits.h"
#include "engine/base/prng.h"
#include "engine/base/thread.h"
#include "engine/cache/bucket_table.h"
#include "engine/cache/frame.h"
#include "engine/cache/frame_class.h"
#include "engine/cache/slab_store.h"
#include "engine/cache/thread_shard.h"
#include "engine/cache/user_pin_quota.h"

namespace treering::cache {
namespace {

using base::MemoryClass;

// Tries to get a frame before the caller is sent to a one-off buffer. Guards are short, so a few
// turns are enough unless their threads do not run.
constexpr int kAllocateAttempts = 64;
constexpr int kShrinkAttempts = 64;
// A class looks at one slab of another class, as a possible gain, for each slab's worth it evicts.
constexpr uint64_t kPagesPerRebalance = io::BufferArena::kSlabBytes / base::kPageBytes;

struct alignas(64) HitShard {
  std::atomic<uint64_t> hits{0};
  std::atomic<uint64_t> misses{0};
};

int ClassOf(uint32_t pages) {
  TREERING_CHECK(std::has_single_bit(pages) && pages <= base::kBlockPagesMax);
  return std::countr_zero(pages);
}

}  // namespace

struct PageCache::Impl {
  Impl(const Options& options, io::BufferArena* arena_in, base::Budget* budget_in,
       base::EpochDomain* epochs_in)
      : arena(arena_in),
        budget(budget_in),
        epochs(epochs_in),
        table(options.bytes_max / base::kPageBytes, base::EntropyU64()),
        store(options.bytes_max > table.bytes() ? options.bytes_max - table.bytes() : 0, arena_in,
              budget_in, epochs_in) {
    for (auto& frame_class : classes) {
      frame_class = std::make_unique<FrameClass>(&table, epochs);
    }
    budget->ForceCharge(MemoryClass::kCache, table.bytes());  // given back by the destructor
  }
  ~Impl() {
    for (auto& frame_class : classes) {
      for (auto& slab : frame_class->TakeAll()) store.Destroy(std::move(slab));
    }
    budget->Release(MemoryClass::kCache, table.bytes());
  }

  FrameClass* ClassOfFrame(const Frame* frame) { return classes[ClassOf(frame->pages)].get(); }

  Frame* Allocate(uint32_t pages);
  bool Restock(int index);
  size_t EvictFrom(int index);
  bool RetireSlab(int except, SlabStore::Purpose purpose);
  void Rebalance(int index);
  uint64_t Shrink(uint64_t bytes);

  io::BufferArena* const arena;
  base::Budget* const budget;
  base::EpochDomain* const epochs;
  BucketTable table;
  SlabStore store;
  std::array<std::unique_ptr<FrameClass>, kFrameClassCount> classes;
  std::array<std::atomic<uint64_t>, kFrameClassCount> evicted_pages{};  // since the last Rebalance
  std::atomic<uint64_t> rebalance_turn{0};
  std::array<HitShard, kThreadShardCount> hits;
  UserPinQuota user_pins;
  std::atomic<uint64_t> next_file{1};
};

Frame* PageCache::Impl::Allocate(uint32_t pages) {
  const int index = ClassOf(pages);
  FrameClass* const own = classes[index].get();
  for (int attempt = 0; attempt < kAllocateAttempts; ++attempt) {
    size_t stock = 0;
    Frame* const frame = own->Take(&stock);
    // Also after the last one was taken: what is evicted ahead is ready when the next is wanted.
    const bool more = stock > 0 || Restock(index);
    if (frame != nullptr) return frame;
    if (!more && !RetireSlab(index, SlabStore::Purpose::kReuse)) return nullptr;
    base::SpinPause();
  }
  return nullptr;
}

bool PageCache::Impl::Restock(int index) {
  std::unique_ptr<Slab> slab = store.Get(1u << index);
  if (slab == nullptr) return EvictFrom(index) > 0;
  if (!classes[index]->AddSlab(&slab)) {
    store.Destroy(std::move(slab));
    return EvictFrom(index) > 0;
  }
  return true;
}

size_t PageCache::Impl::EvictFrom(int index) {
  const size_t evicted = classes[index]->EvictBatch();
  const uint64_t pages = evicted << index;
  if (evicted_pages[index].fetch_add(pages, std::memory_order_relaxed) + pages >=
      kPagesPerRebalance) {
    evicted_pages[index].store(0, std::memory_order_relaxed);
    Rebalance(index);
  }
  return evicted;
}

// Looks at one slab of the other classes in turn, each slab as often as any.
void PageCache::Impl::Rebalance(int index) {
  std::array<size_t, kFrameClassCount> counts{};
  size_t total = 0;
  for (int i = 0; i < kFrameClassCount; ++i) {
    counts[i] = i == index ? 0 : classes[i]->slab_count();
    total += counts[i];
  }
  if (total == 0) return;
  size_t turn = rebalance_turn.fetch_add(1, std::memory_order_relaxed) % total;
  int other = 0;
  while (turn >= counts[other]) turn -= counts[other++];
  std::unique_ptr<Slab> slab = classes[other]->RemoveIfCold();
  if (slab != nullptr) store.Retire(std::move(slab), SlabStore::Purpose::kReuse);
}

// From the class with the most slabs that can spare one.
bool PageCache::Impl::RetireSlab(int except, SlabStore::Purpose purpose) {
  std::array<bool, kFrameClassCount> tried{};
  if (except >= 0) tried[except] = true;
  for (int round = 0; round < kFrameClassCount; ++round) {
    int best = -1;
    size_t best_count = 0;
    for (int i = 0; i < kFrameClassCount; ++i) {
      const size_t count = tried[i] ? 0 : classes[i]->slab_count();
      if (count > best_count) {
        best = i;
        best_count = count;
      }
    }
    if (best < 0) return false;
    tried[best] = true;
    if (std::unique_ptr<Slab> slab = classes[best]->RemoveSlab(); slab != nullptr) {
      store.Retire(std::move(slab), purpose);
      return true;
    }
  }
  return false;
}

uint64_t PageCache::Impl::Shrink(uint64_t bytes) {
  uint64_t given = store.GiveBack(bytes);
  while (given + store.leaving_bytes() < bytes && RetireSlab(-1, SlabStore::Purpose::kLeave)) {
  }
  for (int attempt = 0; attempt < kShrinkAttempts && given < bytes; ++attempt) {
    given += store.GiveBack(bytes - given);
    if (store.leaving_bytes() == 0) break;
    if (given < bytes) base::SpinPause();
  }
  return given;
}

Pin::Pin(Pin&& other) noexcept
    : cache_(std::exchange(other.cache_, nullptr)),
      frame_(std::exchange(other.frame_, nullptr)),
      for_user_(std::exchange(other.for_user_, false)) {}

Pin& Pin::operator=(Pin&& other) noexcept {
  Pin taken(std::move(other));
  std::swap(cache_, taken.cache_);
  std::swap(frame_, taken.frame_);
  std::swap(for_user_, taken.for_user_);
  return *this;
}

Pin::~Pin() {
  if (frame_ == nullptr) return;
  if (for_user_) cache_->impl_->user_pins.Give(frame_->bytes());
  frame_->Unpin();
}

const std::byte* Pin::data() const { return frame_->data; }
size_t Pin::size() const { return frame_->bytes(); }

PageCache::PageCache(Options options, io::BufferArena* arena, base::Budget* budget,
                     base::EpochDomain* epochs)
    : impl_(std::make_unique<Impl>(options, arena, budget, epochs)) {}

PageCache::~PageCache() = default;

uint64_t PageCache::NewFileId() { return impl_->next_file.fetch_add(1, std::memory_order_relaxed); }

Frame* PageCache::Find(const BlockId& id) { return impl_->table.Find(id); }

Frame* PageCache::Lookup(const BlockId& id) {
  Frame* const frame = impl_->table.Find(id);
  HitShard& shard = impl_->hits[ThreadShard()];
  if (frame == nullptr) {
    shard.misses.fetch_add(1, std::memory_order_relaxed);
  } else {
    shard.hits.fetch_add(1, std::memory_order_relaxed);
    frame->Touch();
  }
  return frame;
}

Pin PageCache::TryPin(Frame* frame) {
  Pin pin;
  if (!frame->TryPin()) return pin;
  pin.cache_ = this;
  pin.frame_ = frame;
  return pin;
}

Pin PageCache::TryPinForUser(Frame* frame) {
  Pin pin = TryPin(frame);
  if (!pin) return pin;
  if (!impl_->user_pins.Take(frame->bytes(), impl_->store.held_bytes() / 2)) return Pin();
  pin.for_user_ = true;
  return pin;
}

const std::byte* PageCache::Data(const Frame* frame) { return frame->data; }
uint32_t PageCache::Pages(const Frame* frame) { return frame->pages; }
std::byte* PageCache::MutableData(Frame* frame) { return frame->data; }
void PageCache::Touch(Frame* frame) { frame->Touch(); }

Frame* PageCache::Allocate(uint32_t pages) { return impl_->Allocate(pages); }

void PageCache::Discard(Frame* frame) {
  FrameClass* const frame_class = impl_->ClassOfFrame(frame);
  if (impl_->arena->Quarantined(frame->data, frame->bytes())) return frame_class->Abandon();
  frame_class->GiveBack(frame);
}

Pin PageCache::Publish(Frame* frame, const BlockId& id, Priority priority, SwizzleSlot* slot) {
  constexpr uint8_t kFirstUse[] = {0, 1, Frame::kUseMax};
  frame->id = id;
  frame->use.store(kFirstUse[static_cast<int>(priority)], std::memory_order_relaxed);
  Pin pin;
  pin.cache_ = this;
  pin.frame_ = impl_->table.Insert(frame, slot);
  if (pin.frame_ != frame) {
    Discard(frame);
  } else if (priority == Priority::kLow) {
    impl_->ClassOfFrame(frame)->PutOnProbation(frame);
  }
  return pin;
}

void PageCache::AttachSlot(const Pin& pin, SwizzleSlot* slot) {
  impl_->table.AttachSlot(pin.frame_, slot);
}

void PageCache::ForgetSlot(SwizzleSlot* slot) {
  base::EpochDomain::Guard guard(impl_->epochs);
  impl_->table.ForgetSlot(slot);
}

void PageCache::EvictFile(uint64_t file) {
  for (auto& frame_class : impl_->classes) frame_class->EvictFile(file);
}

uint64_t PageCache::Shrink(uint64_t bytes) { return impl_->Shrink(bytes); }

CacheStats PageCache::Stats() const {
  CacheStats stats;
  for (const HitShard& shard : impl_->hits) {
    stats.hits += shard.hits.load(std::memory_order_relaxed);
    stats.misses += shard.misses.load(std::memory_order_relaxed);
  }
  for (const auto& frame_class : impl_->classes) {
    stats.evictions += frame_class->evictions();
    stats.pinned_bytes += frame_class->PinnedBytes();
  }
  stats.frames_bytes = impl_->store.held_bytes() / Slab::kCharge * io::BufferArena::kSlabBytes;
  stats.user_pinned_bytes = impl_->user_pins.taken_bytes();
  return stats;
}

base::EpochDomain* PageCache::epochs() const { return impl_->epochs; }

}  // namespace treering::cache
