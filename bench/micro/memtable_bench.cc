// A memtable of one thread, records of 16 + 100 bytes: insertion (one commit a record), get, scan.
#include <benchmark/benchmark.h>

#include <cstdint>
#include <cstring>
#include <memory>
#include <string>
#include <vector>

#include "api/slice.h"
#include "engine/base/block_source.h"
#include "engine/base/prng.h"
#include "engine/memtable/memtable.h"

namespace treering {
namespace {

constexpr size_t kKeyBytes = 16;

// How numbers become keys of sixteen bytes that sort as they do.
enum class Keys {
  kBinary,   // eight bytes big-endian first: heads decide
  kDecimal,  // zero-padded digits: all heads are equal
};

void MakeKey(Keys keys, uint64_t number, char* key) {
  std::memset(key, '0', kKeyBytes);
  if (keys == Keys::kBinary) {
    for (char* p = key + 8; p > key; number >>= 8) *--p = static_cast<char>(number & 0xff);
  } else {
    for (char* p = key + kKeyBytes; number > 0; number /= 10) {
      *--p = static_cast<char>('0' + number % 10);
    }
  }
}

// A source that keeps what it is given back, as the arena does: first touch of memory is not what
// is measured here.
class KeepingSource final : public base::BlockSource {
 public:
  ~KeepingSource() override {
    for (const Block& block : free_) base::HeapBlockSource()->Free(block.memory, block.bytes);
  }
  std::byte* Allocate(size_t bytes) override {
    for (Block& block : free_) {
      if (block.bytes != bytes) continue;
      std::byte* const memory = block.memory;
      block = free_.back();
      free_.pop_back();
      return memory;
    }
    return base::HeapBlockSource()->Allocate(bytes);
  }
  void Free(std::byte* memory, size_t bytes) override { free_.push_back({memory, bytes}); }

 private:
  struct Block {
    std::byte* memory;
    size_t bytes;
  };
  std::vector<Block> free_;
};

std::unique_ptr<memtable::MemTable> Fill(base::BlockSource* source, uint64_t records, Keys keys,
                                         bool random) {
  auto table = std::make_unique<memtable::MemTable>(key::KeyOrder(BytewiseComparator()), source, 1);
  base::Prng prng(2);
  const std::string value(100, 'v');
  char key[kKeyBytes];
  for (uint64_t i = 0; i < records; ++i) {
    MakeKey(keys, random ? prng.Uniform(records) : i, key);
    auto reservation = table->Reserve(i + 1, 1, kKeyBytes + value.size());
    table->Add(&*reservation, i + 1, key::Kind::kValue, Slice(key, kKeyBytes), value);
  }
  return table;
}

// arg: records; 110,000 are 16 MiB.
void BM_MemTableInsert(benchmark::State& state, Keys keys, bool random) {
  KeepingSource source;
  const auto records = static_cast<uint64_t>(state.range(0));
  Fill(&source, records, keys, random);
  for ([[maybe_unused]] auto _ : state)
    benchmark::DoNotOptimize(Fill(&source, records, keys, random));
  state.SetItemsProcessed(state.iterations() * state.range(0));
}
BENCHMARK_CAPTURE(BM_MemTableInsert, random, Keys::kBinary, true)
    ->Arg(28'000)
    ->Arg(110'000)
    ->Arg(440'000);
BENCHMARK_CAPTURE(BM_MemTableInsert, random_decimal, Keys::kDecimal, true)->Arg(110'000);
BENCHMARK_CAPTURE(BM_MemTableInsert, sequential, Keys::kBinary, false)->Arg(110'000);

void BM_MemTableGet(benchmark::State& state) {
  KeepingSource source;
  const auto records = static_cast<uint64_t>(state.range(0));
  const auto table = Fill(&source, records, Keys::kBinary, true);
  base::Prng prng(3);
  char key[kKeyBytes];
  for ([[maybe_unused]] auto _ : state) {
    MakeKey(Keys::kBinary, prng.Uniform(records), key);
    benchmark::DoNotOptimize(table->Get(Slice(key, kKeyBytes), records + 1));
  }
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(BM_MemTableGet)->Arg(28'000)->Arg(110'000)->Arg(440'000);

void BM_MemTableScan(benchmark::State& state) {
  KeepingSource source;
  const auto table = Fill(&source, static_cast<uint64_t>(state.range(0)), Keys::kBinary, true);
  const auto iterator = table->NewIterator();
  for ([[maybe_unused]] auto _ : state) {
    uint64_t bytes = 0;
    for (iterator->SeekToFirst(); iterator->Valid(); iterator->Next()) {
      bytes += iterator->key().size() + iterator->value().size();
    }
    benchmark::DoNotOptimize(bytes);
  }
  state.SetItemsProcessed(state.iterations() * state.range(0));
}
BENCHMARK(BM_MemTableScan)->Arg(110'000);

}  // namespace
}  // namespace treering
