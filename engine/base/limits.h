// Limits: every bound of the engine in one place, each with how it follows.
//
// Owner: nobody.
// Threads: any.
// Invariants:
//   1. Each decoder checks a length against the bytes that remain and against these, before it
//      allocates. A limit and the limit + 1 are tested.
#ifndef TREERING_ENGINE_BASE_LIMITS_H_
#define TREERING_ENGINE_BASE_LIMITS_H_

#include <cstddef>
#include <cstdint>

namespace treering::base {

inline constexpr size_t kPageBytes = 4096;   // unit of layout and of direct I/O
inline constexpr size_t kSectorBytes = 512;  // a write may tear at any of these

inline constexpr size_t kKeyBytesMax = (64u << 10) - 1;  // 16 bits of length
inline constexpr uint64_t kValueBytesMax = 64ull << 20;
inline constexpr uint64_t kBatchBytesMax = 128ull << 20;    // two of the largest values
inline constexpr uint64_t kSequenceMax = (1ull << 56) - 1;  // shares a word with the kind byte
inline constexpr uint64_t kSequenceReserve = 1ull << 40;    // writes are refused this near the end
inline constexpr uint64_t kFileNumberMax = 1ull << 56;

inline constexpr uint32_t kBlockPagesMax = 16;
// Unless the block holds one larger entry.
inline constexpr size_t kBlockBytesMax = kBlockPagesMax * kPageBytes;
inline constexpr uint32_t kLevelCount = 7;
inline constexpr uint32_t kLevelCountMax = 16;
inline constexpr uint64_t kTablesPerEditMax = 1'000'000;
inline constexpr uint64_t kEditBytesMax = 64ull << 20;
inline constexpr size_t kNameBytesMax = 255;
inline constexpr uint64_t kTableBytesMax = 1ull << 40;

}  // namespace treering::base

#endif  // TREERING_ENGINE_BASE_LIMITS_H_
