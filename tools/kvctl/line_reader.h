// LineReader: a file or a pipe, line by line, with line numbers.
//
// Owner: the command that reads.
// Threads: one.
// Invariants:
//   1. A line is given without its newline; the last one need not have one.
//   2. A line longer than kLineBytesMax is an error, before more memory is taken.
//   3. Ctrl-C while waiting for input is Aborted.
#ifndef TREERING_TOOLS_KVCTL_LINE_READER_H_
#define TREERING_TOOLS_KVCTL_LINE_READER_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "api/result.h"

namespace treering::kvctl {

class LineReader {
 public:
  // The longest value in JSON, every byte of it as \u00xx, with room to spare.
  static constexpr size_t kLineBytesMax = 512ull << 20;
  static constexpr size_t kReadBytes = 256 << 10;

  // Does not close `fd`.
  explicit LineReader(int fd, size_t line_bytes_max = kLineBytesMax);

  // False at the end of the input. *line is good until the next call.
  Result<bool> Next(std::string_view* line);
  // As Next, but the line stays to be read.
  Result<bool> Peek(std::string_view* line);

  // Number of the line that Next gave last, from 1; 0 before the first.
  uint64_t line_number() const { return line_number_; }
  // Bytes of the lines that Next gave.
  uint64_t bytes_done() const { return bytes_done_; }
  // InvalidArgument "line N: what" for the line that Next gave last.
  Status Error(std::string_view what) const;

 private:
  Status Fill();

  const int fd_;
  const size_t line_bytes_max_;
  std::string buffer_;
  size_t begin_ = 0;     // of the next line in buffer_
  size_t searched_ = 0;  // no newline in [begin_, searched_)
  bool at_end_ = false;
  uint64_t line_number_ = 0;
  uint64_t bytes_done_ = 0;
};

}  // namespace treering::kvctl

#endif  // TREERING_TOOLS_KVCTL_LINE_READER_H_
