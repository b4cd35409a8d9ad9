// LogFormat: offsets and limits of log blocks and groups, shared by writer and reader.
//
// Owner: nobody.
// Threads: any.
// Invariants:
//   1. These numbers are docs/format/log.md; a test holds its example.
#ifndef TREERING_ENGINE_WAL_LOG_FORMAT_H_
#define TREERING_ENGINE_WAL_LOG_FORMAT_H_

#include <cstddef>
#include <cstdint>

#include "engine/base/limits.h"

namespace treering::wal {

inline constexpr size_t kLogBlockBytes = 4096;
inline constexpr size_t kLogHeaderBytes = 64;
inline constexpr size_t kLogPayloadBytes = kLogBlockBytes - kLogHeaderBytes;

inline constexpr uint32_t kLogMagic = 0x424c5254;  // "TRLB"
inline constexpr uint16_t kLogVersion = 0;

// Offsets of the fields of a block.
inline constexpr size_t kLogSumAt = 0;
inline constexpr size_t kLogMagicAt = 8;
inline constexpr size_t kLogVersionAt = 12;
inline constexpr size_t kLogFlagsAt = 14;
inline constexpr size_t kLogGenerationAt = 16;
inline constexpr size_t kLogLsnAt = 24;
inline constexpr size_t kLogSequenceAt = 32;
inline constexpr size_t kLogPreviousSumAt = 40;
inline constexpr size_t kLogPromiseAt = 48;
inline constexpr size_t kLogPayloadLengthAt = 56;
inline constexpr size_t kLogReservedAt = 60;

inline constexpr uint16_t kBlockFirst = 1;
inline constexpr uint16_t kBlockLast = 2;
inline constexpr uint16_t kBlockPromise = 4;
inline constexpr uint16_t kBlockCleanClose = 8;
inline constexpr uint16_t kBlockFlagsKnown = 15;

inline constexpr size_t kGroupHeaderBytes = 16;
inline constexpr size_t kGroupLengthAt = 0;
inline constexpr size_t kGroupSequenceAt = 4;
inline constexpr size_t kGroupCountAt = 12;

// A group that is nearly full may take in one more batch of the largest size.
inline constexpr uint64_t kGroupPayloadBytesMax = 2 * base::kBatchBytesMax;

// Far beyond any log; sums of LSNs below it cannot overflow.
inline constexpr uint64_t kLsnMax = 1ull << 62;

// Blocks of a spill whose payload is `bytes` long.
inline constexpr uint64_t BlocksFor(uint64_t bytes) {
  return (bytes + kLogPayloadBytes - 1) / kLogPayloadBytes;
}

}  // namespace treering::wal

#endif  // TREERING_ENGINE_WAL_LOG_FORMAT_H_
