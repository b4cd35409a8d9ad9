#include "bench/generators.h"

#include <bit>

namespace treering::bench {
namespace {

constexpr size_t kPieceBytes = 100;
constexpr size_t kTotalBytes = 1 << 20;

uint64_t Mix(uint64_t z) {
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ull;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebull;
  return z ^ (z >> 31);
}

}  // namespace

ValueBytes::ValueBytes(uint64_t seed, double ratio, size_t value_size) {
  base::Prng random(seed);
  const size_t raw_bytes = std::max<size_t>(1, static_cast<size_t>(kPieceBytes * ratio));
  const size_t total = std::max(kTotalBytes, value_size);
  while (bytes_.size() < total) {
    std::string raw(raw_bytes, ' ');
    for (char& c : raw) c = static_cast<char>(' ' + random.Uniform(95));
    for (size_t done = 0; done < kPieceBytes; done += raw_bytes) {
      bytes_.append(raw, 0, std::min(raw_bytes, kPieceBytes - done));
    }
  }
}

Permutation::Permutation(uint64_t count, uint64_t seed)
    : count_(count), half_bits_(std::max(1, (static_cast<int>(std::bit_width(count)) + 1) / 2)) {
  base::Prng random(seed);
  for (uint64_t& key : keys_) key = random.Next();
}

uint64_t Permutation::Encrypt(uint64_t value) const {
  const uint64_t mask = (uint64_t{1} << half_bits_) - 1;
  uint64_t left = value >> half_bits_;
  uint64_t right = value & mask;
  for (const uint64_t key : keys_) {
    const uint64_t next = left ^ (Mix(right ^ key) & mask);
    left = right;
    right = next;
  }
  return (left << half_bits_) | right;
}

uint64_t Permutation::At(uint64_t index) const {
  uint64_t value = Encrypt(index);
  while (value >= count_) value = Encrypt(value);
  return value;
}

}  // namespace treering::bench
