// Sums are specified in docs/format/checksum.md.
#include "engine/base/checksum.h"

// Inlined, so that short keys pay no call and no version of the shared library decides our values.
#define XXH_INLINE_ALL
#include <xxhash.h>

#include "engine/base/coding.h"

namespace treering::base {

std::string Id128::ToHex() const {
  static constexpr char kDigits[] = "0123456789abcdef";
  std::string out(32, '0');
  for (int i = 0; i < 32; ++i) {
    const uint64_t word = i < 16 ? hi : lo;
    out[static_cast<size_t>(i)] = kDigits[(word >> (60 - 4 * (i % 16))) & 0xf];
  }
  return out;
}

uint64_t Xxh3(const void* data, size_t bytes, uint64_t seed) {
  return XXH3_64bits_withSeed(data, bytes, seed);
}

Sum128 Xxh3_128(const void* data, size_t bytes, uint64_t seed) {
  const XXH128_hash_t sum = XXH3_128bits_withSeed(data, bytes, seed);
  return Sum128{.lo = sum.low64, .hi = sum.high64};
}

uint64_t SeedOf(const Id128& id, uint64_t a, uint64_t b, uint64_t c) {
  char context[40];
  Store64(context, id.lo);
  Store64(context + 8, id.hi);
  Store64(context + 16, a);
  Store64(context + 24, b);
  Store64(context + 32, c);
  return XXH3_64bits(context, sizeof context);
}

}  // namespace treering::base
