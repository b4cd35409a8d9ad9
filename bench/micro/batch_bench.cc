// Making a batch and reading it back, per record of 16 + 100 bytes.
#include <benchmark/benchmark.h>

#include <cstdint>
#include <string>

#include "api/write_batch.h"
#include "engine/key/batch_reader.h"

namespace treering {
namespace {

WriteBatch MakeBatch(int64_t records) {
  WriteBatch batch;
  const std::string key(16, 'k');
  const std::string value(100, 'v');
  for (int64_t i = 0; i < records; ++i) batch.Put(key, value);
  return batch;
}

void BM_BatchBuild(benchmark::State& state) {
  for ([[maybe_unused]] auto _ : state)
    benchmark::DoNotOptimize(MakeBatch(state.range(0)).ByteSize());
  state.SetItemsProcessed(state.iterations() * state.range(0));
}
BENCHMARK(BM_BatchBuild)->Arg(1)->Arg(1000);

void BM_BatchRead(benchmark::State& state) {
  const WriteBatch batch = MakeBatch(state.range(0));
  for ([[maybe_unused]] auto _ : state) {
    key::BatchReader reader(batch.rep());
    uint64_t bytes = 0;
    while (reader.Next()) bytes += reader.key().size() + reader.value().size();
    benchmark::DoNotOptimize(bytes);
    if (!reader.status().ok()) state.SkipWithError("damaged");
  }
  state.SetItemsProcessed(state.iterations() * state.range(0));
}
BENCHMARK(BM_BatchRead)->Arg(1)->Arg(1000);

}  // namespace
}  // namespace treering
