// A one-page block of records of 16 + 100 bytes: the search in it, and building it.
#include <benchmark/benchmark.h>

#include <algorithm>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "api/comparator.h"
#include "engine/base/budget_unlimited.h"
#include "engine/base/prng.h"
#include "engine/io/buffer_arena.h"
#include "engine/io/buffer_pool.h"
#include "engine/key/internal_key.h"
#include "engine/table/block_builder.h"
#include "engine/table/block_view.h"

namespace treering {
namespace {

constexpr uint32_t kBlockBytes = 4096;

std::vector<std::string> RandomUserKeys(size_t count) {
  base::Prng prng(1);
  std::vector<std::string> keys(count);
  for (std::string& key : keys) {
    for (int i = 0; i < 16; ++i) key.push_back(static_cast<char>(prng.Uniform(256)));
  }
  std::sort(keys.begin(), keys.end());
  return keys;
}

struct Block {
  // As many of the keys as go in.
  void Fill(const std::vector<std::string>& user_keys) {
    const std::string value(100, 'v');
    std::string key;
    builder.Reset();
    for (const std::string& user_key : user_keys) {
      key.clear();
      key::AppendInternalKey(&key, user_key, key::MakeTag(1, key::Kind::kValue));
      if (builder.Add(key, value) != table::BlockBuilder::AddResult::kAdded) break;
    }
    bytes = builder.Finish(table::BlockKind::kData);
  }

  io::BufferArena arena{{.bytes_max = 8u << 20, .huge_pages = true, .announce = {}}};
  base::UnlimitedBudget budget;
  io::BufferPool pool{&arena, &budget};
  table::BlockBuilder builder{&pool, kBlockBytes};
  std::span<const std::byte> bytes;
};

void BM_BlockSearch(benchmark::State& state) {
  const std::vector<std::string> keys = RandomUserKeys(100);
  Block block;
  block.Fill(keys);
  const table::BlockView view(block.bytes);
  const key::KeyOrder order(BytewiseComparator());
  base::Prng prng(2);
  for ([[maybe_unused]] auto _ : state) {
    const std::string& key = keys[prng.Uniform(view.count())];
    benchmark::DoNotOptimize(view.LowerBound(order, key, key::SeekTag(1)));
  }
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(BM_BlockSearch);

void BM_BlockBuild(benchmark::State& state) {
  const std::vector<std::string> keys = RandomUserKeys(100);
  Block block;
  for ([[maybe_unused]] auto _ : state) {
    block.Fill(keys);
    benchmark::DoNotOptimize(block.bytes.data());
  }
  state.SetItemsProcessed(state.iterations() * block.builder.count());
}
BENCHMARK(BM_BlockBuild);

}  // namespace
}  // namespace treering
