#include <gtest/gtest.h>

#include "engine/io/conformance.h"
#include "engine/io/conformance_real.h"
#include "engine/io/posix_disk.h"

namespace treering::io {
namespace {

std::unique_ptr<Disk> MakePosixDisk() {
  return std::make_unique<PosixDisk>(DiskOptions{.arena_bytes_max = 8u << 20}, "");
}

INSTANTIATE_TEST_SUITE_P(Posix, ConformanceTest,
                         testing::ValuesIn(StoriesFor(RealDriver(MakePosixDisk))), StoryName);

}  // namespace
}  // namespace treering::io
