// Checksum: XXH3 with a seed that carries the context, so that bytes in the wrong place fail.
//
// Owner: nobody.
// Threads: any.
// Invariants:
//   1. Values are part of the disk formats and never change; a test holds stored vectors.
#ifndef TREERING_ENGINE_BASE_CHECKSUM_H_
#define TREERING_ENGINE_BASE_CHECKSUM_H_

#include <cstddef>
#include <cstdint>
#include <string>

namespace treering::base {

// A random 128-bit name: of a database, or of a file.
struct Id128 {
  uint64_t lo = 0;
  uint64_t hi = 0;
  bool operator==(const Id128&) const = default;
  std::string ToHex() const;  // 32 digits, hi first
};

struct Sum128 {
  uint64_t lo = 0;
  uint64_t hi = 0;
  bool operator==(const Sum128&) const = default;
};

// XXH3-64 of the bytes.
uint64_t Xxh3(const void* data, size_t bytes, uint64_t seed);
Sum128 Xxh3_128(const void* data, size_t bytes, uint64_t seed);

// Mixes a context into one seed; order counts.
uint64_t SeedOf(const Id128& id, uint64_t a, uint64_t b = 0, uint64_t c = 0);

// For cache and filter keys: quick and well mixed, not part of any format.
inline uint64_t Mix64(uint64_t x) {
  x ^= x >> 32;
  x *= 0xd6e8feb86659fd93ull;
  x ^= x >> 32;
  x *= 0xd6e8feb86659fd93ull;
  x ^= x >> 32;
  return x;
}

}  // namespace treering::base

#endif  // TREERING_ENGINE_BASE_CHECKSUM_H_
