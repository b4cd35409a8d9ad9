// Zipf: skewed numbers for tests: few are asked for often, most seldom.
//
// Owner: whoever declares it.
// Threads: one at a time.
// Invariants:
//   1. Numbers lie in [0, n); the k-th is as frequent as 1 / k^0.99. The same seed gives the same.
#ifndef TREERING_ENGINE_BASE_ZIPF_TESTING_H_
#define TREERING_ENGINE_BASE_ZIPF_TESTING_H_

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "engine/base/prng.h"

namespace treering::base {

class Zipf {
 public:
  // n > 0; takes 8 bytes a number.
  Zipf(size_t n, uint64_t seed) : prng_(seed) {
    double sum = 0;
    for (size_t i = 0; i < n; ++i) {
      sum += 1 / std::pow(static_cast<double>(i + 1), 0.99);
      upto_.push_back(sum);
    }
  }
  uint64_t Next() {
    const double at = prng_.Real() * upto_.back();
    return static_cast<uint64_t>(std::lower_bound(upto_.begin(), upto_.end(), at) - upto_.begin());
  }

 private:
  Prng prng_;
  std::vector<double> upto_;
};

}  // namespace treering::base

#endif  // TREERING_ENGINE_BASE_ZIPF_TESTING_H_
