#include "tools/kvctl/input_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

namespace treering::kvctl {

InputFile::InputFile(int fd, std::string name, uint64_t bytes)
    : fd_(fd), name_(std::move(name)), bytes_(bytes) {}

InputFile::~InputFile() {
  if (fd_ != STDIN_FILENO) ::close(fd_);
}

Result<std::unique_ptr<InputFile>> InputFile::Open(const std::string& path) {
  const bool is_stdin = path == "-";
  const int fd = is_stdin ? STDIN_FILENO : ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return Status::IoError("open " + path + ": " + std::strerror(errno));
  struct stat info = {};
  const bool is_known = ::fstat(fd, &info) == 0;
  const uint64_t bytes =
      is_known && S_ISREG(info.st_mode) ? static_cast<uint64_t>(info.st_size) : 0;
  std::unique_ptr<InputFile> file(new InputFile(fd, is_stdin ? "stdin" : path, bytes));
  if (is_known && S_ISDIR(info.st_mode)) {
    return Status::InvalidArgument(file->name() + " is a directory; a file is needed");
  }
  return file;
}

}  // namespace treering::kvctl
