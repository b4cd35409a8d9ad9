// TempDir: a directory on the real disk for one test, removed at its end.
//
// Owner: the test.
// Threads: one.
// Invariants:
//   1. Lies where the build's test files lie, so on a disk and not in memory where that can be had.
#ifndef TREERING_TESTS_SUPPORT_TEMP_DIR_H_
#define TREERING_TESTS_SUPPORT_TEMP_DIR_H_

#include <cstdlib>
#include <filesystem>
#include <string>

#include <gtest/gtest.h>

namespace treering::testing {

class TempDir {
 public:
  // Where tests are told to work; `open_to_all`: where other users get to as well.
  explicit TempDir(bool open_to_all = false) {
    const char* const told = open_to_all ? nullptr : std::getenv("TEST_TMPDIR");
    std::string pattern = std::string(told != nullptr ? told : "/var/tmp") + "/treering.XXXXXX";
    if (mkdtemp(pattern.data()) == nullptr) ADD_FAILURE() << "cannot make " << pattern;
    path_ = pattern;
  }
  ~TempDir() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  TempDir(const TempDir&) = delete;
  TempDir& operator=(const TempDir&) = delete;

  std::string File(const std::string& name) const { return path_ + "/" + name; }
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

}  // namespace treering::testing

#endif  // TREERING_TESTS_SUPPORT_TEMP_DIR_H_
