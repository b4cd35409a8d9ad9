#include "engine/base/histogram.h"

#include <algorithm>
#include <cmath>

namespace treering::base {

// The bits behind the highest one say the part; values with fewer bits are their own bucket.
size_t Histogram::BucketOf(uint64_t nanos) {
  const int shift = std::max(static_cast<int>(std::bit_width(nanos)) - kPartBits - 1, 0);
  return static_cast<size_t>(shift) * kParts + static_cast<size_t>(nanos >> shift);
}

uint64_t Histogram::FirstOf(size_t bucket) {
  if (bucket < 2 * kParts) return bucket;
  const size_t shift = bucket / kParts - 1;
  return (kParts + bucket % kParts) << shift;
}

void Histogram::Add(uint64_t nanos) {
  ++count_;
  sum_ += nanos;
  min_ = std::min(min_, nanos);
  max_ = std::max(max_, nanos);
  const uint64_t bounded = std::min(nanos, kNanosMax);
  sum_of_squares_ += static_cast<unsigned __int128>(bounded) * bounded;
  ++buckets_[BucketOf(bounded)];
}

void Histogram::Merge(const Histogram& other) {
  count_ += other.count_;
  sum_ += other.sum_;
  min_ = std::min(min_, other.min_);
  max_ = std::max(max_, other.max_);
  sum_of_squares_ += other.sum_of_squares_;
  for (size_t i = 0; i < kBucketCount; ++i) buckets_[i] += other.buckets_[i];
}

double Histogram::Mean() const {
  return count_ == 0 ? 0 : static_cast<double>(sum_) / static_cast<double>(count_);
}

double Histogram::StdDev() const {
  if (count_ == 0) return 0;
  // n * sum(x^2) - sum(x)^2, in whole numbers as long as they fit: the two are nearly the same.
  const auto n = static_cast<unsigned __int128>(count_);
  const auto sum = static_cast<unsigned __int128>(sum_);
  unsigned __int128 scaled = 0;
  double variance = 0;
  if (!__builtin_mul_overflow(n, sum_of_squares_, &scaled)) {
    const unsigned __int128 square = sum * sum;
    if (scaled > square) {
      variance = static_cast<double>(scaled - square) /
                 (static_cast<double>(count_) * static_cast<double>(count_));
    }
  } else {
    variance = static_cast<double>(sum_of_squares_) / static_cast<double>(count_) - Mean() * Mean();
  }
  return std::sqrt(std::max(variance, 0.0));
}

double Histogram::Percentile(double percent) const {
  if (count_ == 0) return 0;
  const double rank = std::clamp(percent, 0.0, 100.0) * static_cast<double>(count_) / 100;
  uint64_t below = 0;
  for (size_t i = 0; i < kBucketCount; ++i) {
    const uint64_t here = buckets_[i];
    if (here == 0 || static_cast<double>(below + here) < rank) {
      below += here;
      continue;
    }
    const double part = (rank - static_cast<double>(below)) / static_cast<double>(here);
    const auto first = static_cast<double>(FirstOf(i));
    const auto last = static_cast<double>(FirstOf(i + 1) - 1);
    // The ends are known exactly.
    return std::clamp(first + part * (last - first), static_cast<double>(min_),
                      static_cast<double>(max_));
  }
  return static_cast<double>(max_);
}

}  // namespace treering::base
