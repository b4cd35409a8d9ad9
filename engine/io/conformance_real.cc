#include "engine/io/conformance_real.h"

#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <csignal>
#include <cstdint>
#include <cstdio>
#include <utility>

#include "engine/io/fresh_path.h"

namespace treering::io {
namespace {

void PlantIn(const std::string& directory, const std::string& name, Plant what) {
  const std::string path = directory + "/" + name;
  const int made =
      what == Plant::kSymlink ? symlink("f", path.c_str()) : mkfifo(path.c_str(), 0600);
  EXPECT_EQ(made, 0) << path;
}

std::string ModeOf(const std::string& directory, const std::string& name) {
  struct stat info = {};
  EXPECT_EQ(stat((directory + "/" + name).c_str(), &info), 0);
  char text[8];
  std::snprintf(text, sizeof text, "0%o", static_cast<unsigned>(info.st_mode & 07777));
  return text;
}

// What the kernel does to a program that says nothing about SIGXFSZ, the drivers must not provoke.
void LimitFiles(uint64_t bytes) {
  std::signal(SIGXFSZ, SIG_DFL);
  rlimit limit = {};
  EXPECT_EQ(getrlimit(RLIMIT_FSIZE, &limit), 0);
  limit.rlim_cur = bytes == UINT64_MAX ? limit.rlim_max : bytes;
  EXPECT_EQ(setrlimit(RLIMIT_FSIZE, &limit), 0);
}

}  // namespace

ConformanceDriver RealDriver(std::function<std::unique_ptr<Disk>()> make_disk) {
  return {.make_disk = std::move(make_disk),
          .fresh_path = [] { return FreshPath("conformance"); },
          .run =
              [](const std::function<void()>& story) {
                const mode_t before = umask(0777);
                story();
                umask(before);
              },
          .plant = PlantIn,
          .mode_of = ModeOf,
          .limit_files = LimitFiles};
}

}  // namespace treering::io
