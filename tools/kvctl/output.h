// Output: data on its way to stdout or to a file, gathered into few writes.
//
// Owner: main for stdout, a command for a file.
// Threads: one.
// Invariants:
//   1. The first bytes leave at once, later ones within kFlushSeconds of a Write that follows.
//   2. The first error sticks; nothing is written behind it.
#ifndef TREERING_TOOLS_KVCTL_OUTPUT_H_
#define TREERING_TOOLS_KVCTL_OUTPUT_H_

#include <chrono>
#include <string>
#include <string_view>

#include "api/status.h"

namespace treering::kvctl {

class Output {
 public:
  static constexpr size_t kBufferBytes = 64 << 10;
  static constexpr double kFlushSeconds = 0.05;

  // Does not close `fd`; `name` is for messages.
  Output(int fd, std::string name);
  ~Output();
  Output(const Output&) = delete;
  Output& operator=(const Output&) = delete;

  // Whether writing still makes sense.
  bool Write(std::string_view bytes);
  Status Flush();

  bool failed() const { return !status_.ok(); }
  // The reader went away: no error to speak of, but nobody wants more.
  bool reader_is_gone() const { return reader_is_gone_; }
  const Status& status() const { return status_; }

 private:
  const int fd_;
  const std::string name_;
  std::string buffer_;
  std::chrono::steady_clock::time_point flushed_;
  bool reader_is_gone_ = false;
  Status status_;
};

}  // namespace treering::kvctl

#endif  // TREERING_TOOLS_KVCTL_OUTPUT_H_
