#include "tools/kvctl/output.h"

#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

namespace treering::kvctl {

Output::Output(int fd, std::string name) : fd_(fd), name_(std::move(name)) {}

Output::~Output() { (void)Flush(); }

bool Output::Write(std::string_view bytes) {
  if (failed()) return false;
  buffer_ += bytes;
  const auto now = std::chrono::steady_clock::now();
  const bool is_due = std::chrono::duration<double>(now - flushed_).count() > kFlushSeconds;
  if (!is_due && buffer_.size() < kBufferBytes) return true;
  flushed_ = now;
  return Flush().ok();
}

Status Output::Flush() {
  std::string_view left = buffer_;
  while (!left.empty() && !failed()) {
    const ssize_t written = ::write(fd_, left.data(), left.size());
    if (written >= 0) {
      left.remove_prefix(static_cast<size_t>(written));
    } else if (errno != EINTR) {
      reader_is_gone_ = errno == EPIPE;
      status_ = Status::IoError("write to " + name_ + ": " + std::strerror(errno));
    }
  }
  buffer_.clear();
  return status_;
}

}  // namespace treering::kvctl
