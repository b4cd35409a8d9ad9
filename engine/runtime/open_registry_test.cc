#include "engine/runtime/open_registry.h"

#include <gtest/gtest.h>

#include <string>
#include <utility>

namespace treering::runtime {
namespace {

TEST(OpenRegistryTest, ASecondClaimIsBusyUntilTheFirstEnds) {
  {
    Result<OpenClaim> first = OpenRegistry::Claim(1, 2, "/data/a");
    ASSERT_TRUE(first.ok());
    const Status second = OpenRegistry::Claim(1, 2, "/link/to/a").status();
    EXPECT_TRUE(second.IsBusy());
    EXPECT_NE(second.message().find("/link/to/a"), std::string::npos);
    EXPECT_NE(second.message().find("/data/a"), std::string::npos);
    EXPECT_TRUE(OpenRegistry::Claim(2, 2, "/data/b").ok());
    OpenClaim moved = std::move(*first);
    EXPECT_FALSE(static_cast<bool>(*first));
    EXPECT_TRUE(OpenRegistry::Claim(1, 2, "/data/a").status().IsBusy());
    EXPECT_EQ(OpenRegistry::OpenCount(), 1u);
  }
  EXPECT_EQ(OpenRegistry::OpenCount(), 0u);
  EXPECT_TRUE(OpenRegistry::Claim(1, 2, "/data/a").ok());
}

}  // namespace
}  // namespace treering::runtime
