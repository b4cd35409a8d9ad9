#include "bench/environment.h"

#include <gtest/gtest.h>

namespace treering::bench {
namespace {

constexpr char kMounts[] =
    "22 1 254:0 / / rw,relatime - ext4 /dev/vda rw\n"
    "30 22 0:25 / /tmp rw,nosuid shared:5 master:1 - tmpfs tmpfs rw,size=1k\n"
    "31 22 259:1 / /data rw - xfs /dev/nvme0n1p1 rw\n"
    "broken line\n";

TEST(EnvironmentTest, TheLongestMountHoldsThePath) {
  EXPECT_EQ(FindMount(kMounts, "/home/x").device, "/dev/vda");
  EXPECT_EQ(FindMount(kMounts, "/data").file_system, "xfs");
  EXPECT_EQ(FindMount(kMounts, "/data/db").device, "/dev/nvme0n1p1");
  EXPECT_EQ(FindMount(kMounts, "/database").device, "/dev/vda");
  EXPECT_EQ(FindMount(kMounts, "/tmp/db").file_system, "tmpfs");
}

TEST(EnvironmentTest, WhatCannotBeFoundIsUnknown) {
  EXPECT_EQ(FindMount("", "/data").device, "unknown");
  EXPECT_EQ(FindMount("junk", "/data").file_system, "unknown");
}

TEST(EnvironmentTest, ThisMachineHasFacts) {
  EXPECT_NE(MountOf("/nowhere/yet").file_system, "unknown");
  EXPECT_TRUE(KernelText().starts_with("Linux "));
  EXPECT_NE(CpuText().find(" * "), std::string::npos);
}

}  // namespace
}  // namespace treering::bench
