#include "tools/kvctl/output_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <utility>

namespace treering::kvctl {
namespace {

Status Failed(const char* what, const std::string& path) {
  return Status::IoError(std::string(what) + " " + path + ": " + std::strerror(errno));
}

}  // namespace

OutputFile::OutputFile(int fd, std::string path, std::string temporary)
    : fd_(fd), path_(std::move(path)), temporary_(std::move(temporary)), out_(fd, path_) {}

OutputFile::~OutputFile() {
  (void)out_.Flush();
  ::close(fd_);
  if (!temporary_.empty()) ::unlink(temporary_.c_str());
}

bool OutputFile::Exists(const std::string& path) {
  struct stat info = {};
  return ::stat(path.c_str(), &info) == 0 && S_ISREG(info.st_mode);
}

Result<std::unique_ptr<OutputFile>> OutputFile::Create(const std::string& path) {
  struct stat info = {};
  if (::stat(path.c_str(), &info) == 0 && !S_ISREG(info.st_mode)) {
    const int fd = ::open(path.c_str(), O_WRONLY | O_CLOEXEC);
    if (fd < 0) return Failed("open", path);
    return std::unique_ptr<OutputFile>(new OutputFile(fd, path, ""));
  }
  std::string temporary = path + ".XXXXXX";
  const int fd = ::mkostemp(temporary.data(), O_CLOEXEC);
  if (fd < 0) return Failed("create a file beside", path);
  // As an ordinary new file; mkostemp makes it private.
  const mode_t mask = ::umask(0);
  ::umask(mask);
  (void)::fchmod(fd, 0666 & ~mask);
  return std::unique_ptr<OutputFile>(new OutputFile(fd, path, temporary));
}

Status OutputFile::Commit() {
  if (Status status = out_.Flush(); !status.ok()) return status;
  if (temporary_.empty()) return Status::Ok();
  if (::fsync(fd_) != 0) return Failed("sync", temporary_);
  if (std::rename(temporary_.c_str(), path_.c_str()) != 0) return Failed("rename to", path_);
  temporary_.clear();
  return Status::Ok();
}

}  // namespace treering::kvctl
