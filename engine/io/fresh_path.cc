#include "engine/io/fresh_path.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <atomic>

namespace treering::io {

std::string FreshPath(const std::string& name) {
  static std::atomic<int> count{0};
  return testing::TempDir() + "/" + name + "-" + std::to_string(getpid()) + "-" +
         std::to_string(count.fetch_add(1));
}

}  // namespace treering::io
