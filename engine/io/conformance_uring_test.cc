// The whole suite three times: with the best ring, with a plain one without clones, and polled by
// the kernel.
#include <gtest/gtest.h>

#include "engine/io/conformance.h"
#include "engine/io/conformance_real.h"
#include "engine/io/uring_disk.h"

namespace treering::io {
namespace {

std::unique_ptr<Disk> Make(bool sqpoll, UringLimits limits) {
  auto disk = UringDisk::Open(
      {.backend = IoBackend::kUring, .arena_bytes_max = 8u << 20, .sqpoll = sqpoll}, limits);
  EXPECT_TRUE(disk.ok()) << disk.status().ToString();
  return disk.ok() ? std::move(*disk) : nullptr;
}

constexpr UringLimits kOldKernel = {
    .without_flags = IORING_SETUP_DEFER_TASKRUN | IORING_SETUP_COOP_TASKRUN |
                     IORING_SETUP_SINGLE_ISSUER | IORING_SETUP_SUBMIT_ALL,
    .clone = false};

INSTANTIATE_TEST_SUITE_P(Uring, ConformanceTest,
                         testing::ValuesIn(StoriesFor(RealDriver([] { return Make(false, {}); }))),
                         StoryName);
INSTANTIATE_TEST_SUITE_P(OldKernel, ConformanceTest, testing::ValuesIn(StoriesFor(RealDriver([] {
                           return Make(false, kOldKernel);
                         }))),
                         StoryName);
INSTANTIATE_TEST_SUITE_P(Sqpoll, ConformanceTest,
                         testing::ValuesIn(StoriesFor(RealDriver([] { return Make(true, {}); }))),
                         StoryName);

}  // namespace
}  // namespace treering::io
