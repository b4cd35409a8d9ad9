// TailFormat: offsets and limits of the mapped tail, shared by writer and reader.
//
// Owner: nobody.
// Threads: any.
// Invariants:
//   1. These numbers are docs/format/tail.md; a test holds its example.
#ifndef TREERING_ENGINE_WAL_TAIL_FORMAT_H_
#define TREERING_ENGINE_WAL_TAIL_FORMAT_H_

#include <cstddef>
#include <cstdint>

#include "engine/base/checksum.h"

namespace treering::wal {

inline constexpr uint64_t kTailHeaderPageBytes = 4096;
inline constexpr uint64_t kTailCapacityMin = 64ull << 10;
inline constexpr uint64_t kTailCapacityMax = 4ull << 20;
inline constexpr uint64_t kTailCapacityDefault = 2ull << 20;

inline constexpr uint64_t kTailMagic = 0x30304c4941545254;  // "TRTAIL00"
inline constexpr uint32_t kTailVersion = 0;
inline constexpr uint64_t kTailHeaderSeed = 0x5441494c;

inline constexpr size_t kTailMagicAt = 8;
inline constexpr size_t kTailVersionAt = 16;
inline constexpr size_t kTailReservedAt = 20;
inline constexpr size_t kTailIdAt = 24;
inline constexpr size_t kTailGenerationAt = 40;
inline constexpr size_t kTailCapacityAt = 48;
inline constexpr size_t kTailHeaderEnd = 56;

inline constexpr size_t kTailRecordHeaderBytes = 32;
inline constexpr size_t kTailRecordPositionAt = 8;
inline constexpr size_t kTailRecordSequenceAt = 16;
inline constexpr size_t kTailRecordLengthAt = 24;
inline constexpr size_t kTailRecordCountAt = 28;
inline constexpr uint64_t kTailAlignment = 8;  // what a killed process stores whole

// Bytes that a record with this payload takes.
inline constexpr uint64_t TailRecordBytes(uint64_t payload_bytes) {
  return (kTailRecordHeaderBytes + payload_bytes + kTailAlignment - 1) / kTailAlignment *
         kTailAlignment;
}
inline constexpr uint64_t TailRecordBytesMax(uint64_t capacity) { return capacity / 4; }

inline constexpr bool TailCapacityValid(uint64_t capacity) {
  return capacity >= kTailCapacityMin && capacity <= kTailCapacityMax && capacity % 4096 == 0;
}

inline uint64_t TailRecordSeed(const base::Id128& id, uint64_t generation, uint64_t position,
                               uint64_t capacity) {
  return base::SeedOf(id, generation, position, position / capacity);
}

}  // namespace treering::wal

#endif  // TREERING_ENGINE_WAL_TAIL_FORMAT_H_
