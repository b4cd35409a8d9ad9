#include "engine/cache/user_pin_quota.h"

#include <gtest/gtest.h>

#include <array>
#include <string>

#include "engine/base/thread.h"

namespace treering::cache {
namespace {

constexpr uint64_t kPage = 4096;

TEST(UserPinQuotaTest, RefusesAboveTheLimitOnly) {
  UserPinQuota quota;
  for (int i = 0; i < 100; ++i) EXPECT_TRUE(quota.Take(kPage, 100 * kPage));
  EXPECT_FALSE(quota.Take(kPage, 100 * kPage));
  EXPECT_EQ(quota.taken_bytes(), 100 * kPage);
  quota.Give(kPage);
  EXPECT_TRUE(quota.Take(kPage, 100 * kPage));
  for (int i = 0; i < 100; ++i) quota.Give(kPage);
  EXPECT_EQ(quota.taken_bytes(), 0u);
}

TEST(UserPinQuotaTest, OneTakeAboveTheLimitIsRefused) {
  UserPinQuota quota;
  EXPECT_FALSE(quota.Take(2 * kPage, kPage));
  EXPECT_FALSE(quota.Take(kPage, 0));
}

TEST(UserPinQuotaTest, WhatAnotherThreadKeepsIsCalledIn) {
  UserPinQuota quota;
  constexpr uint64_t kLimit = 64 * kPage;  // two portions
  base::Thread thread;
  ASSERT_TRUE(base::Thread::Start(
                  "keeper",
                  [&quota] {
                    ASSERT_TRUE(quota.Take(kPage, kLimit));
                    quota.Give(kPage);  // and keeps the rest of its portion
                  },
                  &thread)
                  .ok());
  thread.Join();
  for (uint64_t i = 0; i < 64; ++i) EXPECT_TRUE(quota.Take(kPage, kLimit)) << i;
  EXPECT_FALSE(quota.Take(kPage, kLimit));
}

TEST(UserPinQuotaTest, ThreadsTogetherStayBelowTheLimit) {
  UserPinQuota quota;
  constexpr uint64_t kLimit = 200 * kPage;
  std::array<base::Thread, 4> threads;
  std::array<uint64_t, 4> kept{};
  for (size_t t = 0; t < threads.size(); ++t) {
    ASSERT_TRUE(base::Thread::Start(
                    "taker" + std::to_string(t),
                    [&quota, &kept, t] {
                      for (int i = 0; i < 2000; ++i) {
                        if (quota.Take(kPage, kLimit)) ++kept[t];
                        if (i % 3 == 0 && kept[t] > 0) {
                          quota.Give(kPage);
                          --kept[t];
                        }
                      }
                    },
                    &threads[t])
                    .ok());
  }
  for (auto& thread : threads) thread.Join();
  const uint64_t taken = (kept[0] + kept[1] + kept[2] + kept[3]) * kPage;
  EXPECT_LE(taken, kLimit);
  EXPECT_EQ(quota.taken_bytes(), taken);
}

}  // namespace
}  // namespace treering::cache
