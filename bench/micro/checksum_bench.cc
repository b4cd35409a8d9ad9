// XXH3 of the sizes that the engine sums: short keys, records, pages, extents.
#include <benchmark/benchmark.h>

#include <cstdint>
#include <vector>

#include "engine/base/checksum.h"

namespace treering {
namespace {

void BM_Xxh3(benchmark::State& state) {
  const auto bytes = static_cast<size_t>(state.range(0));
  const std::vector<char> data(bytes, 'x');
  uint64_t seed = 0;
  for ([[maybe_unused]] auto _ : state) seed = base::Xxh3(data.data(), bytes, seed);
  benchmark::DoNotOptimize(seed);
  state.SetBytesProcessed(state.iterations() * state.range(0));
}
BENCHMARK(BM_Xxh3)->Arg(16)->Arg(124)->Arg(4096)->Arg(256 << 10);

}  // namespace
}  // namespace treering
