// FilterFormat: which bits of a blocked Bloom filter a key has.
//
// Owner: plain values.
// Threads: any.
// Invariants:
//   1. All bits of a key lie in one cache line of one filter page.
//   2. One hash per key serves all tables of a database; its seed differs between databases.
// Format: docs/format/table.md, "Filter".
// Source: F. Putze, P. Sanders, J. Singler, "Cache-, Hash- and Space-Efficient Bloom Filters"
//   (2007).
#ifndef TREERING_ENGINE_TABLE_FILTER_FORMAT_H_
#define TREERING_ENGINE_TABLE_FILTER_FORMAT_H_

#include <cstddef>
#include <cstdint>

#include "api/slice.h"
#include "engine/base/checksum.h"

namespace treering::table {

inline constexpr size_t kFilterLineBytes = 64;
inline constexpr uint32_t kFilterLineBits = 512;
inline constexpr uint32_t kFilterLinesPerPage = 63;
inline constexpr uint32_t kFilterRawBytes = kFilterLinesPerPage * kFilterLineBytes;
inline constexpr uint32_t kFilterProbesMax = 7;  // 7 times 9 bits of one word
inline constexpr uint32_t kFilterBitsPerKeyMax = 32;

inline uint64_t FilterSeed(const base::Id128& database_id) {
  return base::SeedOf(database_id, 0x746c6966);
}
inline uint64_t FilterHash(const Slice& user_key, uint64_t seed) {
  return base::Xxh3(user_key.data(), user_key.size(), seed);
}

// Of so many bits per key, 1 to 7.
uint32_t FilterProbes(uint32_t bits_per_key);
// At least 1.
uint64_t FilterPages(uint64_t keys, uint32_t bits_per_key);

inline uint32_t FilterPageOf(uint64_t hash, uint32_t pages) {
  return static_cast<uint32_t>(((hash >> 32) * pages) >> 32);
}
inline uint32_t FilterLineOf(uint64_t hash) {
  return static_cast<uint32_t>(((hash & 0xffffffff) * kFilterLinesPerPage) >> 32);
}
inline uint64_t FilterBitsOf(uint64_t hash) {
  uint64_t g = hash * 0x9e3779b97f4a7c15ull;
  g ^= g >> 32;
  return (g * 0xd6e8feb86659fd93ull) >> 1;
}

// `page` is a filter page.
inline void FilterAdd(uint64_t hash, uint32_t probes, std::byte* page) {
  std::byte* const line = page + FilterLineOf(hash) * kFilterLineBytes;
  for (uint64_t g = FilterBitsOf(hash); probes > 0; --probes, g >>= 9) {
    line[(g & 511) >> 3] |= std::byte{1} << (g & 7);
  }
}
inline bool FilterMayMatch(uint64_t hash, uint32_t probes, const std::byte* page) {
  const std::byte* const line = page + FilterLineOf(hash) * kFilterLineBytes;
  for (uint64_t g = FilterBitsOf(hash); probes > 0; --probes, g >>= 9) {
    if ((line[(g & 511) >> 3] & (std::byte{1} << (g & 7))) == std::byte{0}) return false;
  }
  return true;
}

}  // namespace treering::table

#endif  // TREERING_ENGINE_TABLE_FILTER_FORMAT_H_
