#include "engine/manifest/directory_names.h"

#include <gtest/gtest.h>

namespace treering::manifest {
namespace {

using Names = std::vector<std::string>;

TEST(DirectoryNamesTest, Ours) {
  EXPECT_TRUE(LooksLikeOurs({"CURRENT", "LOCK", "MANIFEST-000004", "000007.wal", "000009.sst"}));
  EXPECT_TRUE(LooksLikeOurs({"MANIFEST-000001"}));
  EXPECT_TRUE(LooksLikeOurs({"CURRENT"}));
  EXPECT_FALSE(LooksLikeOurs({}));
  EXPECT_FALSE(LooksLikeOurs({"notes.txt", "LOCK"}));
}

TEST(DirectoryNamesTest, Foreign) {
  const Names level = {"000005.ldb", "000006.log", "CURRENT", "LOCK", "LOG", "MANIFEST-000004"};
  EXPECT_EQ(RecogniseForeign(level), "LevelDB");
  EXPECT_FALSE(LooksLikeOurs(level));
  EXPECT_EQ(RecogniseForeign({"000003.log", "CURRENT", "LOCK", "MANIFEST-000002"}), "LevelDB");
  const Names rocks = {"000004.log", "CURRENT", "IDENTITY", "MANIFEST-000005", "OPTIONS-000007"};
  EXPECT_EQ(RecogniseForeign(rocks), "RocksDB");
  EXPECT_FALSE(LooksLikeOurs(rocks));
  EXPECT_EQ(RecogniseForeign({"CURRENT", "OPTIONS-000007", "000008.sst"}), "RocksDB");
  EXPECT_EQ(RecogniseForeign({"CURRENT", "MANIFEST-000001", "LOG"}), "");
  EXPECT_EQ(RecogniseForeign({"app.log", "IDENTITY"}), "");
}

TEST(DirectoryNamesTest, ACreationThatNeverEnded) {
  EXPECT_TRUE(CreationNeverEnded({}));
  EXPECT_TRUE(CreationNeverEnded({"LOCK", "LOG", "TAIL", "CURRENT.new", "MANIFEST-000001", "x"}));
  EXPECT_FALSE(CreationNeverEnded({"CURRENT"}));
  EXPECT_FALSE(CreationNeverEnded({"MANIFEST-000002"}));
  EXPECT_FALSE(CreationNeverEnded({"MANIFEST-000001", "000002.wal"}));
  EXPECT_FALSE(CreationNeverEnded({"000002.sst"}));
}

TEST(DirectoryNamesTest, HighestNumber) {
  EXPECT_EQ(HighestNumber({}), 0u);
  EXPECT_EQ(HighestNumber({"000009.sst", "MANIFEST-000012", "000010.wal", "99.sst", "CURRENT"}),
            12u);
}

}  // namespace
}  // namespace treering::manifest
