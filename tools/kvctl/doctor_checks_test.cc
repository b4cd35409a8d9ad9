#include "tools/kvctl/doctor_checks.h"

#include <gtest/gtest.h>

#include <sys/resource.h>

#include <csignal>
#include <filesystem>

#include "tools/kvctl/direct_io_trial.h"

namespace treering::kvctl {
namespace {

const std::vector<std::string> kFastFacts = {"driver: uring", "ring_flags: SINGLE_ISSUER",
                                             "registered_buffers: yes", "locked_bytes: 2097152"};

TEST(DoctorChecks, TheFastPathIsOk) {
  const auto findings = CheckRuntime(kFastFacts, {"", 20, 12}, "");
  ASSERT_EQ(findings.size(), 2u);
  EXPECT_EQ(findings[0].verdict, Verdict::kOk);
  EXPECT_NE(findings[0].what.find("SINGLE_ISSUER"), std::string::npos);
  EXPECT_EQ(findings[1].verdict, Verdict::kOk);
  EXPECT_EQ(findings[1].what,
            "on: 12 transfers of a trial used one; 2.0 MiB are registered and so kept in memory, "
            "more as it is needed");
}

TEST(DoctorChecks, RegistrationIsOnlyBelievedWhenARequestUsedIt) {
  Finding finding = CheckRuntime(kFastFacts, {"", 20, 0}, "")[1];
  EXPECT_EQ(finding.verdict, Verdict::kWarn);
  EXPECT_EQ(finding.what.substr(0, 4), "off:");
  finding = CheckRuntime(kFastFacts, {"no room", 0, 0}, "")[1];
  EXPECT_EQ(finding.verdict, Verdict::kWarn);
  EXPECT_EQ(finding.what, "could not be tried: no room");
  EXPECT_NE(finding.remedy, "");
}

TEST(DoctorChecks, WhatIsOffSaysWhyAndWhatToDo) {
  const auto findings = CheckRuntime({"driver: posix", "driver_fallback: io_uring_setup: EPERM",
                                      "registered_buffers: no", "registered_buffers_off: no ring"},
                                     {}, "");
  for (const Finding& finding : findings) {
    EXPECT_EQ(finding.verdict, Verdict::kWarn);
    EXPECT_NE(finding.remedy, "");
  }
  EXPECT_NE(findings[0].what.find("EPERM"), std::string::npos);
  EXPECT_NE(findings[1].what.find("no ring"), std::string::npos);
}

TEST(DoctorChecks, NoRuntimeIsAProblem) {
  for (const Finding& finding : CheckRuntime({}, {}, "the kernel refuses io_uring")) {
    EXPECT_EQ(finding.verdict, Verdict::kProblem);
  }
}

TEST(DoctorChecks, FileSystems) {
  EXPECT_EQ(JudgeFileSystemType(0xef53).what, "ext4");
  EXPECT_EQ(JudgeFileSystemType(0xef53).verdict, Verdict::kOk);
  EXPECT_EQ(JudgeFileSystemType(0x01021994).what, "tmpfs");
  EXPECT_EQ(JudgeFileSystemType(0x01021994).verdict, Verdict::kWarn);
  EXPECT_EQ(JudgeFileSystemType(0x12345).what, "of type 0x12345");
}

TEST(DoctorChecks, FreeSpace) {
  EXPECT_EQ(JudgeFreeSpace(1ull << 40, 2ull << 40).verdict, Verdict::kOk);
  EXPECT_EQ(JudgeFreeSpace(10ull << 30, 2ull << 40).verdict, Verdict::kWarn);
  EXPECT_EQ(JudgeFreeSpace(1 << 20, 2ull << 40).verdict, Verdict::kProblem);
}

TEST(DoctorChecks, LooksAtAFolderWithoutLeavingATrace) {
  const std::string folder = testing::TempDir() + "/doctor_checks_test";
  std::filesystem::remove_all(folder);
  std::filesystem::create_directory(folder);
  const auto before = std::filesystem::last_write_time(folder);
  const auto findings = CheckFileSystem(folder + "/not/there");
  EXPECT_GE(findings.size(), 4u);
  EXPECT_NE(findings[0].what.find(folder), std::string::npos);
  EXPECT_TRUE(std::filesystem::is_empty(folder));
  EXPECT_EQ(std::filesystem::last_write_time(folder), before);
}

TEST(DoctorChecks, DirectIoIsOnWhenABlockCameBack) {
  const DirectIoTrial trial = TryDirectIo(testing::TempDir());
  if (trial.outcome != DirectIoTrial::Outcome::kWorks) {
    GTEST_SKIP() << "no direct I/O in " << testing::TempDir() << ": " << trial.reason;
  }
  EXPECT_EQ(CheckFileSystem(testing::TempDir())[1].what,
            "on: 4 KiB were written and read back with direct I/O");
  // A file may be opened here, but nothing can be written to it.
  rlimit limit = {};
  ASSERT_EQ(getrlimit(RLIMIT_FSIZE, &limit), 0);
  const rlimit none = {0, limit.rlim_max};
  std::signal(SIGXFSZ, SIG_IGN);
  ASSERT_EQ(setrlimit(RLIMIT_FSIZE, &none), 0);
  const DirectIoTrial refused = TryDirectIo(testing::TempDir());
  ASSERT_EQ(setrlimit(RLIMIT_FSIZE, &limit), 0);
  EXPECT_EQ(refused.outcome, DirectIoTrial::Outcome::kUnknown);
  EXPECT_EQ(refused.reason, "write: File too large");
}

TEST(DoctorChecks, LimitsOfTheProcess) {
  EXPECT_NE(CheckLockedMemory(1).what.find("RLIMIT_MEMLOCK"), std::string::npos);
  EXPECT_NE(CheckOpenFiles().what.find("RLIMIT_NOFILE"), std::string::npos);
  EXPECT_NE(CheckKernel().what.find("Linux"), std::string::npos);
}

}  // namespace
}  // namespace treering::kvctl
