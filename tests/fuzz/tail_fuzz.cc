// The mapped tail: a right one, damaged; with the sums of header and records made right again, or
// not.
#include <cstring>

#include "engine/base/coding.h"
#include "engine/wal/tail_format.h"
#include "engine/wal/tail_reader.h"
#include "tests/fuzz/fuzz_input.h"
#include "tests/fuzz/heap_meter.h"

using namespace treering;  // NOLINT(google-build-using-namespace): a target is one function

namespace {

constexpr base::Id128 kId{11, 13};
constexpr uint64_t kGeneration = 5;
constexpr uint64_t kCapacity = wal::kTailCapacityMin;
constexpr uint32_t kPayloadBytes = 100;

void SealHeader(std::string* file) {
  char* const p = file->data();
  const base::Id128 id{base::Load64(p + wal::kTailIdAt), base::Load64(p + wal::kTailIdAt + 8)};
  base::Store64(p, base::Xxh3(p + wal::kTailMagicAt, wal::kTailHeaderPageBytes - wal::kTailMagicAt,
                              base::SeedOf(id, wal::kTailHeaderSeed)));
}

void SealRecord(std::string* file, uint64_t at) {
  char* const p = file->data() + wal::kTailHeaderPageBytes + at;
  const uint64_t bytes = wal::TailRecordBytes(base::Load32(p + wal::kTailRecordLengthAt));
  if (bytes > kCapacity - at) return;
  const uint64_t position = base::Load64(p + wal::kTailRecordPositionAt);
  const uint64_t seed = wal::TailRecordSeed(kId, kGeneration, position, kCapacity);
  base::Store64(
      p, base::Xxh3(p + wal::kTailRecordPositionAt, bytes - wal::kTailRecordPositionAt, seed));
}

// Records of 100 bytes in a row, one sequence each.
std::string Whole() {
  std::string file(wal::kTailHeaderPageBytes + kCapacity, '\0');
  char* const p = file.data();
  base::Store64(p + wal::kTailMagicAt, wal::kTailMagic);
  base::Store32(p + wal::kTailVersionAt, wal::kTailVersion);
  base::Store64(p + wal::kTailIdAt, kId.lo);
  base::Store64(p + wal::kTailIdAt + 8, kId.hi);
  base::Store64(p + wal::kTailGenerationAt, kGeneration);
  base::Store64(p + wal::kTailCapacityAt, kCapacity);
  SealHeader(&file);
  uint64_t sequence = 1;
  for (uint64_t at = 0; at + wal::TailRecordBytes(kPayloadBytes) <= 4096;
       at += wal::TailRecordBytes(kPayloadBytes)) {
    char* const record = p + wal::kTailHeaderPageBytes + at;
    base::Store64(record + wal::kTailRecordPositionAt, at);
    base::Store64(record + wal::kTailRecordSequenceAt, sequence++);
    base::Store32(record + wal::kTailRecordLengthAt, kPayloadBytes);
    base::Store32(record + wal::kTailRecordCountAt, 1);
    std::memset(record + wal::kTailRecordHeaderBytes, 'v', kPayloadBytes);
    SealRecord(&file, at);
  }
  return file;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static const std::string whole = Whole();
  fuzz::FuzzInput input(data, size);
  const bool sealed = input.Byte() % 2 != 0;
  std::string file = whole;
  fuzz::Damage(&input, &file);
  if (sealed && file.size() == whole.size()) {
    SealHeader(&file);
    for (uint64_t at = 0; at + wal::TailRecordBytes(kPayloadBytes) <= 4096;
         at += wal::TailRecordBytes(kPayloadBytes)) {
      SealRecord(&file, at);
    }
  }
  const fuzz::HeapMeter heap;
  const auto records =
      wal::ReadTailRecords(std::as_bytes(std::span(file)), "TAIL", {kId, kGeneration, kCapacity});
  FUZZ_CHECK(heap.PeakBytes() <= 4 * file.size() + (64u << 10));
  if (!records.ok()) return 0;
  uint64_t bytes = 0;
  for (const wal::TailRecord& record : *records) {
    FUZZ_CHECK(record.payload.size() == record.header.payload_bytes);
    bytes += wal::TailRecordBytes(record.header.payload_bytes);
  }
  FUZZ_CHECK(bytes <= 2 * kCapacity);
  return 0;
}
