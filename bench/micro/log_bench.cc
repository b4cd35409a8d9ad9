// A full log block: sealing it, and checking it at recovery.
#include <benchmark/benchmark.h>

#include <array>
#include <cstddef>
#include <cstdint>

#include "engine/base/check.h"
#include "engine/wal/log_block.h"

namespace treering {
namespace {

const base::Id128 kId{1, 2};

struct FullBlock {
  wal::LogBlockHeader header{.generation = 1, .payload_bytes = wal::kLogPayloadBytes};
  wal::LogBlockCodec codec{kId, 1};
  alignas(64) std::array<std::byte, wal::kLogBlockBytes> bytes{};
};

void BM_LogBlockSeal(benchmark::State& state) {
  FullBlock block;
  for ([[maybe_unused]] auto _ : state) {
    ++block.header.lsn;
    block.header.previous_sum = block.codec.Seal(block.header, block.bytes);
  }
  state.SetBytesProcessed(state.iterations() * static_cast<int64_t>(wal::kLogBlockBytes));
}
BENCHMARK(BM_LogBlockSeal);

void BM_LogBlockDecode(benchmark::State& state) {
  FullBlock block;
  block.codec.Seal(block.header, block.bytes);
  for ([[maybe_unused]] auto _ : state) {
    const wal::DecodedBlock decoded = block.codec.Decode(block.bytes, block.header.lsn);
    TREERING_CHECK(decoded.state == wal::BlockState::kValid);
  }
  state.SetBytesProcessed(state.iterations() * static_cast<int64_t>(wal::kLogBlockBytes));
}
BENCHMARK(BM_LogBlockDecode);

}  // namespace
}  // namespace treering
