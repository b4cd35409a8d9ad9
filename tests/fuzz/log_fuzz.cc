// Log blocks one after the other: as they are, and with sums, chain and places made right, so that
// flags, lengths and groups are reached.
#include <cstring>

#include "engine/base/coding.h"
#include "engine/key/batch_reader.h"
#include "engine/wal/log_scan.h"
#include "tests/fuzz/fuzz_input.h"
#include "tests/fuzz/heap_meter.h"

using namespace treering;  // NOLINT(google-build-using-namespace): a target is one function

namespace {

constexpr base::Id128 kId{7, 9};
constexpr uint64_t kGeneration = 3;

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  fuzz::FuzzInput input(data, size);
  const bool sealed = input.Byte() % 4 != 0;
  wal::ReplayStart start;
  start.lsn = input.Byte();
  start.sequence = input.Byte();
  uint64_t groups = 0;
  uint64_t payload_bytes = 0;
  const fuzz::HeapMeter heap;
  wal::LogScan scan(kId, kGeneration, start, [&](const wal::GroupHeader& header, const Slice& p) {
    ++groups;
    payload_bytes += p.size();
    FUZZ_CHECK(header.payload_bytes == p.size());
    (void)key::MeasureBatch(p);
    return Status::Ok();
  });
  const wal::LogBlockCodec codec(kId, kGeneration);
  std::vector<std::byte> block(wal::kLogBlockBytes);
  uint64_t lsn = start.lsn;
  uint64_t previous_sum = start.previous_sum;
  uint64_t fed = 0;
  for (int blocks = 0; blocks < 64 && !input.empty(); ++blocks) {
    std::memset(block.data(), 0, block.size());
    if (sealed) {
      wal::LogBlockHeader header;
      header.flags = input.Byte();
      header.lsn = lsn;
      header.first_sequence = input.Byte();
      header.previous_sum = header.flags >= 128 ? 0 : previous_sum;
      header.promise = input.Byte();
      const std::string payload = input.Bytes(input.Number(2) % (wal::kLogPayloadBytes + 1));
      // What is missing of the length it names is zeros.
      header.payload_bytes = static_cast<uint32_t>(payload.size());
      if (header.flags & 64) header.payload_bytes = wal::kLogPayloadBytes;
      header.flags &= 63;
      std::memcpy(block.data() + wal::kLogHeaderBytes, payload.data(), payload.size());
      previous_sum = codec.Seal(header, block);
    } else {
      const std::string bytes = input.Bytes(block.size());
      std::memcpy(block.data(), bytes.data(), bytes.size());
    }
    fed += block.size();
    if (!scan.Add(lsn, block, "log", lsn * wal::kLogBlockBytes).ok()) return 0;
    ++lsn;
  }
  (void)scan.Judge();
  FUZZ_CHECK(heap.PeakBytes() <= 4 * fed + (64u << 10));
  FUZZ_CHECK(payload_bytes <= fed && scan.break_lsn() <= lsn && scan.groups().groups() == groups);
  return 0;
}
