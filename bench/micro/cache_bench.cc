// A hit in the page cache: by its hash table, and through a swizzled pointer.
#include <benchmark/benchmark.h>

#include <atomic>
#include <cstdint>
#include <vector>

#include "engine/base/budget_unlimited.h"
#include "engine/base/check.h"
#include "engine/base/epoch.h"
#include "engine/base/prng.h"
#include "engine/cache/page_cache.h"
#include "engine/io/buffer_arena.h"

namespace treering {
namespace {

constexpr uint64_t kPages = 2048;
constexpr uint64_t kBytesMax = 64ull << 20;

struct WarmCache {
  WarmCache() : slots(kPages) {
    file = cache.NewFileId();
    for (uint64_t page = 0; page < kPages; ++page) {
      cache::Frame* const frame = cache.Allocate(1);
      TREERING_CHECK(frame != nullptr);
      cache.Publish(frame, {file, page}, cache::Priority::kNormal, &slots[page]);
    }
  }
  ~WarmCache() {
    for (cache::SwizzleSlot& slot : slots) cache.ForgetSlot(&slot);
  }

  std::vector<cache::SwizzleSlot> slots;
  io::BufferArena arena{{.bytes_max = kBytesMax, .huge_pages = true, .announce = {}}};
  base::UnlimitedBudget budget;
  base::EpochDomain epochs;
  cache::PageCache cache{{.bytes_max = kBytesMax / 2}, &arena, &budget, &epochs};
  uint64_t file = 0;
};

void BM_CacheHit(benchmark::State& state) {
  WarmCache warm;
  base::Prng prng(1);
  uint64_t sum = 0;
  for ([[maybe_unused]] auto _ : state) {
    const base::EpochDomain::Guard guard(&warm.epochs);
    cache::Frame* const frame = warm.cache.Lookup({warm.file, prng.Uniform(kPages)});
    TREERING_CHECK(frame != nullptr);
    sum += static_cast<uint64_t>(*cache::PageCache::Data(frame));
  }
  benchmark::DoNotOptimize(sum);
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(BM_CacheHit);

void BM_CacheHitSwizzled(benchmark::State& state) {
  WarmCache warm;
  base::Prng prng(1);
  uint64_t sum = 0;
  for ([[maybe_unused]] auto _ : state) {
    const base::EpochDomain::Guard guard(&warm.epochs);
    cache::Frame* const frame = warm.slots[prng.Uniform(kPages)].load(std::memory_order_acquire);
    TREERING_CHECK(frame != nullptr);
    cache::PageCache::Touch(frame);
    sum += static_cast<uint64_t>(*cache::PageCache::Data(frame));
  }
  benchmark::DoNotOptimize(sum);
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(BM_CacheHitSwizzled);

}  // namespace
}  // namespace treering
