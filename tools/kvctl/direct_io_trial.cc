#include "tools/kvctl/direct_io_trial.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <memory>
#include <system_error>
#include <vector>

namespace treering::kvctl {
namespace {

using Outcome = DirectIoTrial::Outcome;

constexpr size_t kBlockBytes = 4096;

struct FreeBytes {
  void operator()(char* bytes) const { std::free(bytes); }
};
using Block = std::unique_ptr<char, FreeBytes>;

Block MakeBlock(char content) {
  Block block(static_cast<char*>(std::aligned_alloc(kBlockBytes, kBlockBytes)));
  if (block != nullptr) std::memset(block.get(), content, kBlockBytes);
  return block;
}

class Descriptor {
 public:
  explicit Descriptor(int fd) : fd_(fd) {}
  ~Descriptor() {
    if (fd_ >= 0) ::close(fd_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  int fd() const { return fd_; }

 private:
  const int fd_;
};

// EINVAL is how a file system without direct I/O answers, be it the open or the transfer.
DirectIoTrial Failed(const char* what) {
  if (errno == EINVAL) return {Outcome::kRefused, "", ""};
  return {Outcome::kUnknown, "", std::string(what) + ": " + std::strerror(errno)};
}

DirectIoTrial WriteAndRead(int fd) {
  const Block written = MakeBlock('w');
  const Block read = MakeBlock('r');
  if (written == nullptr || read == nullptr) return {Outcome::kUnknown, "", "no memory"};
  errno = EIO;  // for a short transfer
  if (::pwrite(fd, written.get(), kBlockBytes, 0) != static_cast<ssize_t>(kBlockBytes)) {
    return Failed("write");
  }
  errno = EIO;
  if (::pread(fd, read.get(), kBlockBytes, 0) != static_cast<ssize_t>(kBlockBytes)) {
    return Failed("read");
  }
  if (std::memcmp(written.get(), read.get(), kBlockBytes) != 0) {
    return {Outcome::kUnknown, "", "other bytes were read than were written"};
  }
  return {Outcome::kWorks, "", ""};
}

// A file of a block or more in `directory`, best one that a database wrote; empty when there is
// none.
std::string AnyFile(const std::string& directory) {
  std::error_code error;
  std::vector<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator(directory, error)) {
    if (!entry.is_regular_file(error) || entry.file_size(error) < kBlockBytes) continue;
    names.push_back(entry.path().string());
  }
  const auto table = std::find_if(names.begin(), names.end(),
                                  [](const std::string& name) { return name.ends_with(".sst"); });
  if (table != names.end()) return *table;
  return names.empty() ? "" : *std::min_element(names.begin(), names.end());
}

DirectIoTrial ReadFrom(const std::string& name, const std::string& why_not_written) {
  constexpr int kFlags = O_RDONLY | O_DIRECT | O_CLOEXEC | O_NONBLOCK;
  int fd = ::open(name.c_str(), kFlags | O_NOATIME);
  if (fd < 0 && errno == EPERM) fd = ::open(name.c_str(), kFlags);  // another user's file
  const Descriptor file(fd);
  if (fd < 0) return Failed("open");
  const Block block = MakeBlock('r');
  if (block == nullptr) return {Outcome::kUnknown, "", "no memory"};
  errno = EIO;
  if (::pread(fd, block.get(), kBlockBytes, 0) <= 0) return Failed("read");
  return {Outcome::kReads, name, why_not_written};
}

}  // namespace

DirectIoTrial TryDirectIo(const std::string& directory) {
  const Descriptor nameless(
      ::open(directory.c_str(), O_TMPFILE | O_RDWR | O_DIRECT | O_CLOEXEC, 0600));
  if (nameless.fd() >= 0) return WriteAndRead(nameless.fd());
  const DirectIoTrial failed = Failed("a file without a name");
  if (failed.outcome == Outcome::kRefused) return failed;
  const std::string name = AnyFile(directory);
  return name.empty() ? failed : ReadFrom(name, failed.reason);
}

}  // namespace treering::kvctl
