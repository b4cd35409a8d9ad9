#include "engine/base/contain.h"

#include <gtest/gtest.h>

#include <string>

#include "api/result.h"

namespace treering::base {
namespace {

TEST(ContainTest, PassesOnWhatTheBodyAnswers) {
  EXPECT_TRUE(Contain([] { return Status::Ok(); }).ok());
  EXPECT_TRUE(Contain([] { return Status::Busy("by another"); }).IsBusy());
  EXPECT_EQ(*Contain([]() -> Result<int> { return 7; }), 7);
}

TEST(ContainTest, ARefusedAllocationIsOutOfMemory) {
  const Status refused = Contain([]() -> Status { throw std::bad_alloc(); });
  EXPECT_TRUE(refused.IsOutOfMemory());
  EXPECT_NE(refused.ToString().find("no memory left"), std::string::npos) << refused.ToString();
  const auto result = Contain([]() -> Result<int> {
    return static_cast<int>(std::string(std::string().max_size(), 'x').size());
  });
  EXPECT_TRUE(result.status().IsOutOfMemory());
}

TEST(ContainTest, AnExceptionOfTheProgramIsAFailureThatSaysSo) {
  const Status failed = Contain([]() -> Status { throw 7; });
  EXPECT_TRUE(failed.IsFailed());
  EXPECT_NE(failed.ToString().find("comparator"), std::string::npos) << failed.ToString();
}

}  // namespace
}  // namespace treering::base
