// Prng: the one pseudo-random generator (xoshiro256**), seeded by its owner.
//
// Owner: whoever declares it.
// Threads: one at a time.
// Invariants:
//   1. The same seed gives the same numbers, on every machine.
// Source: D. Blackman, S. Vigna, "Scrambled linear pseudorandom number generators" (2018).
#ifndef TREERING_ENGINE_BASE_PRNG_H_
#define TREERING_ENGINE_BASE_PRNG_H_

#include <bit>
#include <cstdint>

namespace treering::base {

class Prng {
 public:
  explicit Prng(uint64_t seed) {
    for (uint64_t& word : state_) {  // splitmix64
      seed += 0x9e3779b97f4a7c15ull;
      uint64_t z = seed;
      z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ull;
      z = (z ^ (z >> 27)) * 0x94d049bb133111ebull;
      word = z ^ (z >> 31);
    }
  }

  uint64_t Next() {
    const uint64_t result = std::rotl(state_[1] * 5, 7) * 9;
    const uint64_t t = state_[1] << 17;
    state_[2] ^= state_[0];
    state_[3] ^= state_[1];
    state_[1] ^= state_[2];
    state_[0] ^= state_[3];
    state_[2] ^= t;
    state_[3] = std::rotl(state_[3], 45);
    return result;
  }
  // In [0, n); n > 0. The bias is below n / 2^64.
  uint64_t Uniform(uint64_t n) {
    return static_cast<uint64_t>((static_cast<unsigned __int128>(Next()) * n) >> 64);
  }
  bool OneIn(uint64_t n) { return Uniform(n) == 0; }
  double Real() { return static_cast<double>(Next() >> 11) * 0x1.0p-53; }  // in [0, 1)

 private:
  uint64_t state_[4];
};

// Unpredictable bits for ids and hash seeds: the system's on ordinary threads, the scheduler's
// seed on simulated ones.
uint64_t EntropyU64();

}  // namespace treering::base

#endif  // TREERING_ENGINE_BASE_PRNG_H_
