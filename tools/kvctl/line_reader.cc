#include "tools/kvctl/line_reader.h"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "tools/kvctl/byte_size.h"
#include "tools/kvctl/interrupt.h"

namespace treering::kvctl {

LineReader::LineReader(int fd, size_t line_bytes_max) : fd_(fd), line_bytes_max_(line_bytes_max) {}

Status LineReader::Error(std::string_view what) const {
  return Status::InvalidArgument("line " + std::to_string(line_number_) + ": " + std::string(what));
}

Status LineReader::Fill() {
  if (begin_ > 0) {
    buffer_.erase(0, begin_);
    searched_ -= begin_;
    begin_ = 0;
  }
  if (buffer_.size() > line_bytes_max_) {
    return Status::InvalidArgument("line " + std::to_string(line_number_ + 1) + ": longer than " +
                                   FormatByteSize(line_bytes_max_));
  }
  const size_t had = buffer_.size();
  // Long lines: read as much again, so that a line is not copied once for every small read.
  buffer_.resize(had + std::max(kReadBytes, had));
  ssize_t got = -1;
  int error = 0;
  do {
    if (Interrupted()) {
      buffer_.resize(had);
      return Status::Aborted("interrupted");
    }
    got = ::read(fd_, buffer_.data() + had, buffer_.size() - had);
    error = errno;
  } while (got < 0 && error == EINTR);
  buffer_.resize(had + (got > 0 ? static_cast<size_t>(got) : 0));
  if (got < 0) return Status::IoError(std::string("read: ") + std::strerror(error));
  at_end_ = got == 0;
  return Status::Ok();
}

Result<bool> LineReader::Peek(std::string_view* line) {
  while (true) {
    const size_t newline = buffer_.find('\n', searched_);
    if (newline != std::string::npos) {
      searched_ = newline;
      *line = std::string_view(buffer_).substr(begin_, newline - begin_);
      return true;
    }
    searched_ = buffer_.size();
    if (at_end_) {
      *line = std::string_view(buffer_).substr(begin_);
      return !line->empty();
    }
    if (Status status = Fill(); !status.ok()) return status;
  }
}

Result<bool> LineReader::Next(std::string_view* line) {
  const Result<bool> found = Peek(line);
  if (!found.ok() || !*found) return found;
  ++line_number_;
  begin_ = std::min(begin_ + line->size() + 1, buffer_.size());
  bytes_done_ += line->size() + 1;
  searched_ = begin_;
  return true;
}

}  // namespace treering::kvctl
