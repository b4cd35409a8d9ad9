// OutputFile: a file that appears whole under its name, or not at all.
//
// Owner: the command.
// Threads: one.
// Invariants:
//   1. A regular file is written beside its name and renamed by Commit, after it was synced;
//      without Commit nothing is left of it.
//   2. What exists and is no regular file (/dev/null, a pipe) is written directly.
#ifndef TREERING_TOOLS_KVCTL_OUTPUT_FILE_H_
#define TREERING_TOOLS_KVCTL_OUTPUT_FILE_H_

#include <memory>
#include <string>

#include "api/result.h"
#include "tools/kvctl/output.h"

namespace treering::kvctl {

class OutputFile {
 public:
  static Result<std::unique_ptr<OutputFile>> Create(const std::string& path);
  // Whether a regular file of that name is there.
  static bool Exists(const std::string& path);
  ~OutputFile();
  OutputFile(const OutputFile&) = delete;
  OutputFile& operator=(const OutputFile&) = delete;

  Output* out() { return &out_; }
  Status Commit();

 private:
  OutputFile(int fd, std::string path, std::string temporary);

  const int fd_;
  const std::string path_;
  std::string temporary_;  // empty when written directly, and after Commit
  Output out_;
};

}  // namespace treering::kvctl

#endif  // TREERING_TOOLS_KVCTL_OUTPUT_FILE_H_
