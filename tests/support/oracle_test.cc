#include "tests/support/oracle.h"

#include <gtest/gtest.h>

namespace treering::testing {
namespace {

class OracleTest : public ::testing::Test {
 protected:
  void Write(const std::string& key, std::optional<std::string> value, Durability durability) {
    oracle_.Acknowledge(oracle_.Begin({{key, std::move(value)}}, durability));
  }
  Oracle oracle_;
};

TEST_F(OracleTest, DemandsWhatTheCrashMustSpare) {
  Write("a", "1", Durability::kDisk);
  Write("b", "2", Durability::kProcess);
  oracle_.Begin({{"c", "3"}}, Durability::kDisk);  // never acknowledged
  EXPECT_EQ(oracle_.RequiredAfterPowerLoss(), 1u);
  EXPECT_EQ(oracle_.RequiredAfterKill(), 2u);
}

TEST_F(OracleTest, AllowsPrefixesOnly) {
  Write("a", "1", Durability::kDisk);
  Write("b", "2", Durability::kProcess);
  Write("c", "3", Durability::kProcess);
  EXPECT_NE(Oracle(oracle_).CheckAndSettle({}, 1), "");  // lost an acknowledged one
  EXPECT_NE(Oracle(oracle_).CheckAndSettle({{"a", "1"}, {"c", "3"}}, 1), "");  // a hole
  EXPECT_NE(Oracle(oracle_).CheckAndSettle({{"a", "9"}}, 1), "");              // other bytes
  EXPECT_EQ(Oracle(oracle_).CheckAndSettle({{"a", "1"}, {"b", "2"}}, 1), "");
}

TEST_F(OracleTest, ARecoveredPrefixIsSettled) {
  Write("a", "1", Durability::kProcess);
  Write("b", "2", Durability::kProcess);
  ASSERT_EQ(oracle_.CheckAndSettle({{"a", "1"}}, 0), "");
  EXPECT_NE(oracle_.CheckAndSettle({{"a", "1"}, {"b", "2"}}, 0), "");
  EXPECT_NE(oracle_.CheckAndSettle({}, oracle_.RequiredAfterPowerLoss()), "");
}

TEST_F(OracleTest, HalfABatchIsNoPrefix) {
  oracle_.Begin({{"a", "1"}, {"b", "2"}}, Durability::kProcess);
  EXPECT_NE(oracle_.CheckAndSettle({{"a", "1"}}, 0), "");
}

}  // namespace
}  // namespace treering::testing
