#include "tools/kvctl/output_file.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <sstream>

namespace treering::kvctl {
namespace {

class OutputFileTest : public testing::Test {
 protected:
  void SetUp() override {
    folder_ = testing::TempDir() + "/output_file_test";
    std::filesystem::remove_all(folder_);
    std::filesystem::create_directory(folder_);
  }
  std::string Path() const { return folder_ + "/file"; }
  std::string Content() const {
    std::stringstream text;
    text << std::ifstream(Path()).rdbuf();
    return text.str();
  }
  size_t FileCount() const {
    size_t count = 0;
    for ([[maybe_unused]] const auto& entry : std::filesystem::directory_iterator(folder_)) ++count;
    return count;
  }

  std::string folder_;
};

TEST_F(OutputFileTest, AppearsWhenCommitted) {
  {
    auto file = OutputFile::Create(Path());
    ASSERT_TRUE(file.ok());
    EXPECT_TRUE((*file)->out()->Write("text"));
    EXPECT_FALSE(OutputFile::Exists(Path()));
    EXPECT_TRUE((*file)->Commit().ok());
  }
  EXPECT_EQ(Content(), "text");
  EXPECT_EQ(FileCount(), 1u);
}

TEST_F(OutputFileTest, WithoutCommitTheOldFileStaysAndNothingElse) {
  std::ofstream(Path()) << "old";
  {
    auto file = OutputFile::Create(Path());
    ASSERT_TRUE(file.ok());
    EXPECT_TRUE((*file)->out()->Write("new"));
  }
  EXPECT_EQ(Content(), "old");
  EXPECT_EQ(FileCount(), 1u);
}

TEST_F(OutputFileTest, DevicesAreWrittenDirectly) {
  auto file = OutputFile::Create("/dev/null");
  ASSERT_TRUE(file.ok());
  EXPECT_TRUE((*file)->out()->Write("text"));
  EXPECT_TRUE((*file)->Commit().ok());
  EXPECT_TRUE(std::filesystem::is_character_file("/dev/null"));
}

TEST_F(OutputFileTest, AFolderThatIsNotThereIsNamed) {
  const auto file = OutputFile::Create(folder_ + "/none/file");
  ASSERT_FALSE(file.ok());
  EXPECT_NE(file.status().message().find("/none/file"), std::string::npos);
}

}  // namespace
}  // namespace treering::kvctl
