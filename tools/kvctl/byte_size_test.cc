#include "tools/kvctl/byte_size.h"

#include <gtest/gtest.h>

namespace treering::kvctl {
namespace {

TEST(ByteSize, UnitsOf1024AndOf1000) {
  EXPECT_EQ(*ParseByteSize("4096"), 4096u);
  EXPECT_EQ(*ParseByteSize("16MiB"), 16u << 20);
  EXPECT_EQ(*ParseByteSize("16m"), 16u << 20);
  EXPECT_EQ(*ParseByteSize("16MB"), 16'000'000u);
  EXPECT_EQ(*ParseByteSize("2 GiB"), 2ull << 30);
  EXPECT_EQ(*ParseByteSize("64kB"), 64'000u);
  EXPECT_EQ(*ParseByteSize("0"), 0u);
}

TEST(ByteSize, WhatIsNoSizeIsNamed) {
  for (const char* bad : {"", "MiB", "16 MiBs", "-1", "1.5GiB", "16MiB ", "0x10", "many"}) {
    const auto size = ParseByteSize(bad);
    ASSERT_FALSE(size.ok()) << bad;
    EXPECT_NE(size.status().message().find(bad), std::string::npos);
  }
}

TEST(ByteSize, TooLargeIsNotWrappedAround) {
  EXPECT_FALSE(ParseByteSize("18446744073709551616").ok());
  EXPECT_FALSE(ParseByteSize("18446744073709551615KiB").ok());
  EXPECT_FALSE(ParseByteSize("16777216TiB").ok());
  EXPECT_EQ(*ParseByteSize("16777215TiB"), 16777215ull << 40);
}

TEST(ByteSize, NumbersAreDigitsAlone) {
  EXPECT_EQ(*ParseNumber("18446744073709551615"), UINT64_MAX);
  for (const char* bad : {"", "1k", "-1", " 1", "18446744073709551616"}) {
    EXPECT_FALSE(ParseNumber(bad).ok()) << bad;
  }
}

TEST(ByteSize, ShownWithOneDecimal) {
  EXPECT_EQ(FormatByteSize(0), "0 B");
  EXPECT_EQ(FormatByteSize(1023), "1023 B");
  EXPECT_EQ(FormatByteSize(1536), "1.5 KiB");
  EXPECT_EQ(FormatByteSize((1 << 20) - 1), "1.0 MiB");
  EXPECT_EQ(FormatByteSize(UINT64_MAX), "16.0 EiB");
}

TEST(ByteSize, CountsHaveCommas) {
  EXPECT_EQ(FormatCount(0), "0");
  EXPECT_EQ(FormatCount(999), "999");
  EXPECT_EQ(FormatCount(1000), "1,000");
  EXPECT_EQ(FormatCount(12345678), "12,345,678");
}

}  // namespace
}  // namespace treering::kvctl
