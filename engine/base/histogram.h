// Histogram: how long things took, in buckets of constant relative width.
//
// Owner: one a thread; merged when the threads are done.
// Threads: one at a time.
// Invariants:
//   1. Memory is fixed; Add neither allocates nor locks.
//   2. Count, Sum, Min and Max are exact. Mean and StdDev are those of the exact values, up to
//      kNanosMax (73 minutes); a percentile is off by at most a 32nd of itself.
//   3. Merging is adding: it does not matter which histogram a value came in by.
#ifndef TREERING_ENGINE_BASE_HISTOGRAM_H_
#define TREERING_ENGINE_BASE_HISTOGRAM_H_

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>

namespace treering::base {

class Histogram {
 public:
  // Larger values count as this one, except in Sum and Max.
  static constexpr uint64_t kNanosMax = (uint64_t{1} << 42) - 1;

  void Add(uint64_t nanos);
  void Merge(const Histogram& other);
  void Clear() { *this = Histogram(); }

  uint64_t Count() const { return count_; }
  uint64_t Sum() const { return sum_; }
  uint64_t Min() const { return count_ == 0 ? 0 : min_; }  // 0 when empty, as all below
  uint64_t Max() const { return max_; }
  double Mean() const;
  double StdDev() const;
  // The value below which `percent` (0 to 100) of all lie, interpolated inside its bucket.
  double Percentile(double percent) const;

 private:
  // Each power of two is cut in so many parts; below 2 * kParts each value has its own bucket.
  static constexpr int kPartBits = 5;
  static constexpr uint64_t kParts = uint64_t{1} << kPartBits;
  static constexpr size_t kBucketCount = (42 - kPartBits + 1) * kParts;

  static size_t BucketOf(uint64_t nanos);
  static uint64_t FirstOf(size_t bucket);

  uint64_t count_ = 0;
  uint64_t sum_ = 0;
  uint64_t min_ = UINT64_MAX;
  uint64_t max_ = 0;
  unsigned __int128 sum_of_squares_ = 0;  // exact: no loss where values are large and alike
  std::array<uint64_t, kBucketCount> buckets_ = {};
};

}  // namespace treering::base

#endif  // TREERING_ENGINE_BASE_HISTOGRAM_H_
