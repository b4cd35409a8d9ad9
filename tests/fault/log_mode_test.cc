// log = kAuto: the mapped tail, or one write per group where a mapping is not known to be kept;
// said once, and shown.
#include <gtest/gtest.h>
#include <unistd.h>

#include <string>
#include <vector>

#include "api/db.h"
#include "engine/io/drivers.h"
#include "engine/io/sim_disk.h"
#include "engine/runtime/runtime.h"
#include "tests/support/sim_db.h"
#include "tests/support/spy_disk.h"

namespace treering::testing {
namespace {

class LogModeTest : public ::testing::Test {
 protected:
  LogModeTest() {
    RuntimeOptions runtime_options;
    runtime_options.memory_budget = 32 << 20;
    runtime_options.logger = [this](std::string_view line) { lines_.emplace_back(line); };
    auto core = runtime::RuntimeCore::CreateOn(&spy_, runtime_options);
    EXPECT_TRUE(core.ok());
    options_ = SimDb::SmallOptions();
    options_.runtime = std::make_shared<Runtime>(*std::move(core));
    lines_.clear();
  }
  // "kTail", "kWrite", as treering.options has it.
  std::string ModeShown(LogMode mode) {
    options_.log = mode;
    auto db = DB::Open(options_, SimDb::kPath);
    EXPECT_TRUE(db.ok()) << db.status().ToString();
    std::string text;
    EXPECT_TRUE((*db)->GetProperty("treering.options", &text));
    EXPECT_TRUE((*db)->Put("key", "value").ok());
    EXPECT_TRUE((*db)->Close().ok());
    const size_t at = text.find("\nlog=") + 5;
    return text.substr(at, text.find('\n', at) - at);
  }

  io::SimStorage storage_;
  io::SimDisk sim_{&storage_};
  SpyDisk spy_{&sim_};
  std::vector<std::string> lines_;
  Options options_;
};

TEST_F(LogModeTest, AutoFollowsTheFileSystem) {
  EXPECT_EQ(ModeShown(LogMode::kAuto), "kTail");
  EXPECT_TRUE(lines_.empty()) << lines_[0];
  spy_.KeepMappings(false);
  EXPECT_EQ(ModeShown(LogMode::kAuto), "kWrite");
  ASSERT_EQ(lines_.size(), 1u);
  EXPECT_NE(lines_[0].find(SimDb::kPath), std::string::npos) << lines_[0];
  EXPECT_EQ(ModeShown(LogMode::kTail), "kTail");  // who asks gets it
  EXPECT_EQ(lines_.size(), 1u);
}

TEST(KeepsMappings, KnownFileSystemsOnly) {
  auto disk = io::OpenDisk({.backend = IoBackend::kPosix});
  ASSERT_TRUE(disk.ok());
  const auto keeps = [&](const char* path) {
    auto directory = (*disk)->OpenDirectory(path, false);
    EXPECT_TRUE(directory.ok()) << directory.status().ToString();
    return (*directory)->KeepsMappings();
  };
  EXPECT_FALSE(keeps("/proc"));
  if (::access("/dev/shm", R_OK) == 0) {
    EXPECT_TRUE(keeps("/dev/shm"));
  }
}

}  // namespace
}  // namespace treering::testing
