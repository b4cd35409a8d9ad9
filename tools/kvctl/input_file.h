// InputFile: the file or "-" (stdin) that a command reads.
//
// Owner: the command.
// Threads: one.
// Invariants:
//   1. stdin is not closed; a directory is refused with words.
#ifndef TREERING_TOOLS_KVCTL_INPUT_FILE_H_
#define TREERING_TOOLS_KVCTL_INPUT_FILE_H_

#include <cstdint>
#include <memory>
#include <string>

#include "api/result.h"

namespace treering::kvctl {

class InputFile {
 public:
  static Result<std::unique_ptr<InputFile>> Open(const std::string& path);
  ~InputFile();
  InputFile(const InputFile&) = delete;
  InputFile& operator=(const InputFile&) = delete;

  int fd() const { return fd_; }
  // "stdin" or the path.
  const std::string& name() const { return name_; }
  // 0 when it has none: a pipe, a terminal.
  uint64_t bytes() const { return bytes_; }

 private:
  InputFile(int fd, std::string name, uint64_t bytes);

  const int fd_;
  const std::string name_;
  const uint64_t bytes_;
};

}  // namespace treering::kvctl

#endif  // TREERING_TOOLS_KVCTL_INPUT_FILE_H_
