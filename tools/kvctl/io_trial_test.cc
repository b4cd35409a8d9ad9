#include "tools/kvctl/io_trial.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>

namespace treering::kvctl {
namespace {

bool Says(const Runtime& runtime, const std::string& fact) {
  const std::vector<std::string> facts = runtime.Facts();
  return std::find(facts.begin(), facts.end(), fact) != facts.end();
}

// With a folder for temporary files of its own.
class IoTrialTest : public testing::Test {
 protected:
  void SetUp() override {
    folder_ = testing::TempDir() + "/io_trial_test";
    std::filesystem::remove_all(folder_);
    std::filesystem::create_directory(folder_);
    setenv("TMPDIR", folder_.c_str(), 1);
    runtime_ = *Runtime::Create(RuntimeOptions());
  }

  std::string folder_;
  std::shared_ptr<Runtime> runtime_;
};

TEST_F(IoTrialTest, ARecordComesBackAndNothingIsLeft) {
  const IoTrial trial = TryIo(runtime_);
  EXPECT_EQ(trial.error, "");
  EXPECT_GT(trial.requests, 0u);
  EXPECT_TRUE(std::filesystem::is_empty(folder_));
}

TEST_F(IoTrialTest, AfterTheTrialMemoryIsRegisteredWhereTheFactsSaySo) {
  const IoTrial trial = TryIo(runtime_);
  const bool is_on = Says(*runtime_, "registered_buffers: yes");
  EXPECT_EQ(trial.with_registration > 0, is_on);
  EXPECT_NE(Says(*runtime_, "locked_bytes: 0"), is_on);
}

TEST_F(IoTrialTest, WithoutAFolderItSaysWhy) {
  setenv("TMPDIR", "/nowhere/at/all", 1);
  EXPECT_NE(TryIo(runtime_).error.find("temporary files"), std::string::npos);
}

}  // namespace
}  // namespace treering::kvctl
