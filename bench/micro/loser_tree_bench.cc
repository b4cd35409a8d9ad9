// A merge by key heads alone: what the loser tree costs per entry, interleaved and with long runs.
#include <benchmark/benchmark.h>

#include <algorithm>
#include <cstdint>
#include <vector>

#include "engine/base/prng.h"
#include "engine/key/loser_tree.h"

namespace treering {
namespace {

constexpr uint64_t kEntries = 100'000;

struct Sources {
  std::vector<std::vector<uint64_t>> heads;
  std::vector<size_t> at;
};

struct Before {
  const Sources* sources;
  bool operator()(uint32_t a, uint32_t b) const { return Head(a) < Head(b); }
  uint64_t Head(uint32_t i) const { return sources->heads[i][sources->at[i]]; }
};

// arg 0: sources; arg 1: entries in a row from one source.
void BM_LoserTreeMerge(benchmark::State& state) {
  const auto count = static_cast<uint32_t>(state.range(0));
  base::Prng prng(1);
  Sources sources;
  sources.heads.resize(count);
  for (uint64_t i = 0; i < kEntries;) {
    std::vector<uint64_t>& heads = sources.heads[prng.Uniform(count)];
    for (int64_t run = 0; run < state.range(1); ++run) heads.push_back(i++);
  }
  for (auto& heads : sources.heads) heads.push_back(UINT64_MAX);
  for ([[maybe_unused]] auto _ : state) {
    sources.at.assign(count, 0);
    key::LoserTree<Before> tree(count, Before{&sources});
    tree.Rebuild();
    uint64_t sum = 0;
    for (uint64_t i = 0; i < kEntries; ++i) {
      const uint32_t winner = tree.winner();
      sum += sources.heads[winner][sources.at[winner]++];
      tree.WinnerChanged();
    }
    benchmark::DoNotOptimize(sum);
  }
  state.SetItemsProcessed(state.iterations() * static_cast<int64_t>(kEntries));
}
BENCHMARK(BM_LoserTreeMerge)->Args({2, 1})->Args({8, 1})->Args({32, 1})->Args({8, 100});

}  // namespace
}  // namespace treering
