#include "engine/base/histogram.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "engine/base/prng.h"

namespace treering::base {
namespace {

TEST(HistogramTest, EmptySaysZero) {
  const Histogram empty;
  EXPECT_EQ(empty.Count(), 0u);
  EXPECT_EQ(empty.Min(), 0u);
  EXPECT_EQ(empty.Max(), 0u);
  EXPECT_EQ(empty.Mean(), 0);
  EXPECT_EQ(empty.StdDev(), 0);
  EXPECT_EQ(empty.Percentile(50), 0);
}

TEST(HistogramTest, OneValueIsEveryPercentile) {
  for (const uint64_t value : {uint64_t{0}, uint64_t{1}, uint64_t{63}, uint64_t{64},
                               uint64_t{12345}, Histogram::kNanosMax}) {
    Histogram histogram;
    histogram.Add(value);
    for (const double percent : {0.0, 0.1, 50.0, 99.99, 100.0}) {
      EXPECT_EQ(histogram.Percentile(percent), static_cast<double>(value)) << percent;
    }
    EXPECT_EQ(histogram.Mean(), static_cast<double>(value));
    EXPECT_EQ(histogram.StdDev(), 0);
  }
}

TEST(HistogramTest, SmallValuesAreExact) {
  Histogram histogram;
  for (uint64_t value = 1; value <= 50; ++value) histogram.Add(value);
  for (int percent = 2; percent <= 100; percent += 2) {
    EXPECT_EQ(histogram.Percentile(percent), percent / 2) << percent;
  }
}

TEST(HistogramTest, PercentilesAreWithinA32ndOfTheTruth) {
  Prng prng(1);
  for (const double spread : {2.0, 20.0, 41.0}) {
    Histogram histogram;
    std::vector<uint64_t> values;
    for (int i = 0; i < 20'000; ++i) {
      values.push_back(static_cast<uint64_t>(std::exp2(prng.Real() * spread)));
      histogram.Add(values.back());
    }
    std::sort(values.begin(), values.end());
    for (const double percent : {1.0, 10.0, 50.0, 90.0, 99.0, 99.9}) {
      const auto index = static_cast<size_t>(std::ceil(percent / 100 * 20'000)) - 1;
      const auto truth = static_cast<double>(values[index]);
      EXPECT_NEAR(histogram.Percentile(percent), truth, truth / 32) << spread << " " << percent;
    }
    EXPECT_EQ(histogram.Percentile(0), static_cast<double>(values.front()));
    EXPECT_EQ(histogram.Percentile(100), static_cast<double>(values.back()));
  }
}

TEST(HistogramTest, EveryPowerOfTwoAndItsNeighboursFindTheirBucket) {
  for (int bit = 0; bit < 42; ++bit) {
    for (const int64_t delta : {-1, 0, 1}) {
      const uint64_t value = (uint64_t{1} << bit) + static_cast<uint64_t>(delta);
      Histogram histogram;
      histogram.Add(value);
      // Two further values keep the clamp to Min and Max from hiding a wrong bucket.
      histogram.Add(0);
      histogram.Add(Histogram::kNanosMax);
      EXPECT_NEAR(histogram.Percentile(50), static_cast<double>(value),
                  static_cast<double>(value) / 32)
          << value;
    }
  }
}

TEST(HistogramTest, MeanAndDeviationAreThoseOfTheValues) {
  Histogram histogram;
  for (const uint64_t value : {2, 4, 4, 4, 5, 5, 7, 9}) histogram.Add(value);
  EXPECT_EQ(histogram.Sum(), 40u);
  EXPECT_EQ(histogram.Mean(), 5);
  EXPECT_EQ(histogram.StdDev(), 2);

  // Large and alike: squares in floating point would lose the difference.
  Histogram alike;
  constexpr uint64_t kHour = 3600ull * 1'000'000'000;
  for (const uint64_t value : {2, 4, 4, 4, 5, 5, 7, 9}) alike.Add(kHour + value);
  EXPECT_EQ(alike.StdDev(), 2);
}

TEST(HistogramTest, MergingIsAdding) {
  Prng prng(3);
  Histogram whole;
  Histogram parts[3];
  for (int i = 0; i < 1000; ++i) {
    const uint64_t value = prng.Uniform(1'000'000);
    whole.Add(value);
    parts[i % 3].Add(value);
  }
  Histogram merged;
  for (const Histogram& part : parts) merged.Merge(part);
  merged.Merge(Histogram());
  EXPECT_EQ(merged.Count(), whole.Count());
  EXPECT_EQ(merged.Sum(), whole.Sum());
  EXPECT_EQ(merged.Min(), whole.Min());
  EXPECT_EQ(merged.Max(), whole.Max());
  EXPECT_EQ(merged.StdDev(), whole.StdDev());
  for (int percent = 0; percent <= 100; ++percent) {
    EXPECT_EQ(merged.Percentile(percent), whole.Percentile(percent));
  }
  merged.Clear();
  EXPECT_EQ(merged.Count(), 0u);
}

TEST(HistogramTest, BeyondTheLastBucketMaxStaysExact) {
  Histogram histogram;
  histogram.Add(UINT64_MAX);
  EXPECT_EQ(histogram.Max(), UINT64_MAX);
  EXPECT_EQ(histogram.Count(), 1u);
}

}  // namespace
}  // namespace treering::base
