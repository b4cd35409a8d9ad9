#include <gtest/gtest.h>

#include <array>
#include <atomic>
#include <cstring>
#include <memory>
#include <string>
#include <vector>

#include "engine/base/budget_unlimited.h"
#include "engine/base/epoch.h"
#include "engine/base/prng.h"
#include "engine/base/thread.h"
#include "engine/cache/page_cache.h"
#include "engine/io/buffer_arena.h"

namespace treering::cache {
namespace {

constexpr uint64_t kMiB = 1u << 20;
constexpr int kThreads = 4;
constexpr int kSteps = 8000;
constexpr uint64_t kFiles = 4;
constexpr uint64_t kPagesPerFile = 700;  // four files: more than twice the cache
constexpr int kSlots = 32;

// Threads look up, read in, pin, evict and shrink at once; each checks every byte pattern it meets.
class Storm {
 public:
  void Run() {
    for (auto& file : files_) file = cache_.NewFileId();
    std::vector<base::Thread> threads(kThreads + 1);
    for (int i = 0; i < kThreads; ++i) {
      ASSERT_TRUE(base::Thread::Start(
                      "storm" + std::to_string(i), [this, i] { Reader(i); }, &threads[i])
                      .ok());
    }
    ASSERT_TRUE(base::Thread::Start(
                    "storm-evict", [this] { Evictor(); }, &threads[kThreads])
                    .ok());
    for (auto& thread : threads) thread.Join();
    for (auto& slot : slots_) cache_.ForgetSlot(&slot);
    EXPECT_EQ(wrong_.load(), 0);
    EXPECT_GT(cache_.Stats().hits, 0u);
    EXPECT_GT(cache_.Stats().evictions, 0u);
    EXPECT_EQ(cache_.Stats().pinned_bytes, 0u);
    EXPECT_EQ(cache_.Stats().user_pinned_bytes, 0u);
  }

 private:
  static uint64_t PatternOf(const BlockId& id) { return id.file << 32 | id.page; }

  void Check(const std::byte* data, size_t bytes, const BlockId& id) {
    for (size_t at = 0; at < bytes; at += 512) {
      uint64_t word = 0;
      std::memcpy(&word, data + at, sizeof word);
      if (word != PatternOf(id)) wrong_.fetch_add(1);
    }
  }

  Pin Fill(const BlockId& id, uint32_t pages, Priority priority, SwizzleSlot* slot) {
    Frame* const frame = cache_.Allocate(pages);
    if (frame == nullptr) return Pin();
    const uint64_t pattern = PatternOf(id);
    for (size_t at = 0; at < pages * size_t{4096}; at += 512) {
      std::memcpy(PageCache::MutableData(frame) + at, &pattern, sizeof pattern);
    }
    return cache_.Publish(frame, id, priority, slot);
  }

  void ReadThrough(const BlockId& id, uint32_t pages, base::Prng* prng, std::vector<Pin>* held) {
    bool hit = false;
    {
      base::EpochDomain::Guard guard(&epochs_);
      if (Frame* const frame = cache_.Lookup(id); frame != nullptr) {
        hit = true;
        if (prng->OneIn(8)) base::SleepNanos(20'000);  // others evict what we look at
        Check(PageCache::Data(frame), PageCache::Pages(frame) * size_t{4096}, id);
        if (prng->OneIn(4)) {
          Pin pin = prng->OneIn(2) ? cache_.TryPin(frame) : cache_.TryPinForUser(frame);
          if (pin) held->push_back(std::move(pin));
        }
      }
    }
    if (!hit) {
      const Priority priority = prng->OneIn(3) ? Priority::kLow : Priority::kNormal;
      const Pin pin = Fill(id, pages, priority, nullptr);
      if (pin) Check(pin.data(), pin.size(), id);
    }
  }

  void ReadBySlot(int index) {
    const BlockId id{slot_file_, static_cast<uint64_t>(index)};
    SwizzleSlot* const slot = &slots_[index];
    {
      base::EpochDomain::Guard guard(&epochs_);
      if (Frame* const frame = slot->load(std::memory_order_acquire); frame != nullptr) {
        PageCache::Touch(frame);
        Check(PageCache::Data(frame), 4096, id);
        return;
      }
    }
    const Pin pin = Fill(id, 1, Priority::kNormal, slot);
    if (pin) Check(pin.data(), 4096, id);
  }

  void Reader(int seed) {
    base::Prng prng(static_cast<uint64_t>(seed));
    std::vector<Pin> held;
    for (int step = 0; step < kSteps; ++step) {
      const uint64_t page = prng.Uniform(kPagesPerFile);
      // A block's size is a function of its place.
      const uint32_t pages = page % 16 == 0 ? 4 : 1;
      const uint64_t file = files_[prng.Uniform(kFiles)].load();
      ReadThrough({file, page}, pages, &prng, &held);
      ReadBySlot(static_cast<int>(prng.Uniform(kSlots)));
      if (held.size() > 20) held.clear();
    }
  }

  void Evictor() {
    base::Prng prng(99);
    for (int step = 0; step < 60; ++step) {
      auto& file = files_[prng.Uniform(kFiles)];
      cache_.EvictFile(file.exchange(cache_.NewFileId()));
      if (prng.OneIn(4)) cache_.Shrink(1);
      base::SleepNanos(1'000'000);
    }
  }

  io::BufferArena arena_{{.bytes_max = 16 * kMiB, .huge_pages = false, .announce = {}}};
  base::UnlimitedBudget budget_;
  base::EpochDomain epochs_;
  PageCache cache_{{.bytes_max = 7 * kMiB}, &arena_, &budget_, &epochs_};
  std::array<std::atomic<uint64_t>, kFiles> files_{};
  const uint64_t slot_file_ = cache_.NewFileId();
  std::array<SwizzleSlot, kSlots> slots_{};
  std::atomic<int> wrong_{0};
};

TEST(PageCacheThreadsTest, NobodyEverSeesAnotherBlocksBytes) {
  Storm storm;
  storm.Run();
}

}  // namespace
}  // namespace treering::cache
