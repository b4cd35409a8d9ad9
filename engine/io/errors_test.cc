#include "engine/io/errors.h"

#include <gtest/gtest.h>

#include <cerrno>
#include <string>

#include "engine/io/file.h"

namespace treering::io {
namespace {

using Code = Status::Code;

TEST(ErrorsTest, EveryErrnoHasAVerdictForEveryAction) {
  for (int a = 0; a < kActionCount; ++a) {
    const auto action = static_cast<Action>(a);
    EXPECT_FALSE(ActionName(action).empty());
    for (int error = 1; error <= 133; ++error) {
      SCOPED_TRACE(std::string(ActionName(action)) + " " + ErrorName(error));
      const ErrorVerdict verdict = VerdictFor(action, error);
      EXPECT_NE(verdict.code, Code::kOk);
      EXPECT_EQ(verdict.verdict == Verdict::kFailed, verdict.code == Code::kFailed);
      if (verdict.verdict == Verdict::kRetry) {
        EXPECT_TRUE(error == EINTR || error == EAGAIN);
      }
      const Status status = ErrorStatus(action, "/d/f", 4096, error);
      EXPECT_EQ(status.code(), verdict.code);
      EXPECT_NE(status.message().find("/d/f at offset 4096: " + ErrorName(error)),
                std::string_view::npos)
          << status.ToString();
    }
  }
}

TEST(ErrorsTest, AFailedSyncIsNeverRetried) {
  for (int error = 1; error <= 133; ++error) {
    EXPECT_NE(VerdictFor(Action::kSync, error).verdict, Verdict::kRetry) << ErrorName(error);
    EXPECT_NE(VerdictFor(Action::kSyncDirectory, error).verdict, Verdict::kRetry);
  }
}

TEST(ErrorsTest, ErrorsThatTheEngineActsOnHaveTheirCodes) {
  EXPECT_EQ(VerdictFor(Action::kWrite, ENOSPC).code, Code::kNoSpace);
  EXPECT_EQ(VerdictFor(Action::kAllocate, EDQUOT).code, Code::kNoSpace);
  EXPECT_EQ(VerdictFor(Action::kWrite, EROFS).code, Code::kReadOnly);
  EXPECT_EQ(VerdictFor(Action::kOpen, ENOENT).code, Code::kNotFound);
  EXPECT_EQ(VerdictFor(Action::kRead, ENOENT).code, Code::kIoError);
  EXPECT_EQ(VerdictFor(Action::kCreate, EEXIST).code, Code::kInvalidArgument);
  EXPECT_EQ(VerdictFor(Action::kOpen, ELOOP).code, Code::kInvalidArgument);
  EXPECT_EQ(VerdictFor(Action::kLock, EAGAIN).code, Code::kBusy);
  EXPECT_EQ(VerdictFor(Action::kRead, EUCLEAN).code, Code::kCorruption);
  EXPECT_EQ(VerdictFor(Action::kRead, EIO).code, Code::kIoError);
  EXPECT_EQ(VerdictFor(Action::kRead, ENOTRECOVERABLE).verdict, Verdict::kFailed);
  EXPECT_EQ(VerdictFor(Action::kRead, 4711).code, Code::kIoError);
  EXPECT_EQ(VerdictFor(Action::kRead, -1).code, Code::kIoError);
}

TEST(ErrorsTest, RemediesAreNamed) {
  const auto text = [](Action action, int error) {
    return ErrorStatus(action, "", kNoOffset, error).ToString();
  };
  EXPECT_EQ(
      text(Action::kOpen, EMFILE),
      "IO error: open: EMFILE (Too many open files); raise the limit of open files (ulimit -n, "
      "LimitNOFILE)");
  EXPECT_NE(text(Action::kSetupRing, EPERM).find("kernel.io_uring_disabled"), std::string::npos);
  EXPECT_NE(text(Action::kSetupRing, ENOSYS).find("io_backend=posix"), std::string::npos);
  EXPECT_NE(text(Action::kRegister, ENOMEM).find("ulimit -l"), std::string::npos);
}

class NamedFile final : public File {
 public:
  NamedFile() : File("/d/000007.wal", true) {}
  Status Size(uint64_t* bytes) override {
    *bytes = 0;
    return Status::Ok();
  }
};

TEST(ErrorsTest, ARequestSaysWhatWasDoneWhere) {
  NamedFile file;
  std::byte bytes[8] = {};
  Request request = Request::Write(&file, 8192, bytes);
  EXPECT_TRUE(request.ToStatus().ok());
  request.error = EIO;
  EXPECT_EQ(request.ToStatus().ToString(),
            "IO error: write /d/000007.wal at offset 8192: EIO (Input/output error)");
  request = Request::Sync(&file, file.Completed());
  request.error = EIO;
  EXPECT_EQ(request.ToStatus().ToString(),
            "IO error: fdatasync /d/000007.wal: EIO (Input/output error)");
}

}  // namespace
}  // namespace treering::io
