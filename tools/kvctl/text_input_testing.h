// TextInput: a descriptor to read given text from, for tests.
//
// Owner: the test.
// Threads: one.
// Invariants:
//   1. The text may have any length: it is a file without a name.
#ifndef TREERING_TOOLS_KVCTL_TEXT_INPUT_TESTING_H_
#define TREERING_TOOLS_KVCTL_TEXT_INPUT_TESTING_H_

#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <string_view>

namespace treering::kvctl {

class TextInput {
 public:
  explicit TextInput(std::string_view text) : file_(std::tmpfile()) {
    if (file_ == nullptr) std::abort();
    if (std::fwrite(text.data(), 1, text.size(), file_) != text.size()) std::abort();
    std::rewind(file_);
  }
  ~TextInput() { std::fclose(file_); }
  TextInput(const TextInput&) = delete;
  TextInput& operator=(const TextInput&) = delete;

  int fd() const { return fileno(file_); }

 private:
  std::FILE* file_;
};

}  // namespace treering::kvctl

#endif  // TREERING_TOOLS_KVCTL_TEXT_INPUT_TESTING_H_
