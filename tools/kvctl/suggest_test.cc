#include "tools/kvctl/suggest.h"

#include <gtest/gtest.h>

namespace treering::kvctl {
namespace {

const std::vector<std::string> kCommands = {"get",  "put",  "del",     "scan",   "count",  "load",
                                            "dump", "stat", "compact", "verify", "version"};

TEST(Suggest, NearWords) {
  EXPECT_EQ(Suggest("gett", kCommands), "get");
  EXPECT_EQ(Suggest("gte", kCommands), "get");
  EXPECT_EQ(Suggest("cmopact", kCommands), "compact");
  EXPECT_EQ(Suggest("verfy", kCommands), "verify");
  EXPECT_EQ(Suggest("stats", kCommands), "stat");
  EXPECT_EQ(Suggest("ver", kCommands), "verify");
}

TEST(Suggest, FarWordsGetNoGuess) {
  for (const char* far : {"", "x", "frobnicate", "1234"})
    EXPECT_EQ(Suggest(far, kCommands), "") << far;
  EXPECT_EQ(Suggest(std::string(1000, 'g'), kCommands), "");
}

}  // namespace
}  // namespace treering::kvctl
