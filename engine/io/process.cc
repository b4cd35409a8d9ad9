#include "engine/io/process.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <climits>
#include <csignal>
#include <cstdlib>
#include <string>
#include <vector>

#include "engine/io/posix_file.h"

namespace treering::io {
namespace {

// Fields of /proc/PID/stat behind the command's closing bracket, proc(5).
constexpr size_t kState = 0;
constexpr size_t kFlags = 6;
constexpr size_t kPendingSignals = 28;
constexpr uint64_t kExiting = 4;  // PF_EXITING

// Empty when it cannot be read.
std::vector<std::string> FieldsOf(int64_t pid) {
  std::vector<std::string> fields;
  const std::string path = "/proc/" + std::to_string(pid) + "/stat";
  const Descriptor fd(open(path.c_str(), O_RDONLY | O_CLOEXEC));
  char bytes[1024];
  const ssize_t count = fd.valid() ? read(fd.get(), bytes, sizeof bytes) : 0;
  const std::string text(bytes, count > 0 ? static_cast<size_t>(count) : 0);
  size_t at = text.rfind(") ");
  if (at == std::string::npos) return fields;
  for (at += 2; at < text.size(); ++at) {
    const size_t end = std::min(text.find(' ', at), text.size());
    fields.push_back(text.substr(at, end - at));
    at = end;
  }
  return fields;
}

}  // namespace

bool IsProcessRunning(int64_t pid) {
  if (pid <= 0 || pid > INT_MAX) return false;
  if (kill(static_cast<pid_t>(pid), 0) != 0 && errno != EPERM) return false;
  const std::vector<std::string> fields = FieldsOf(pid);
  if (fields.size() <= kPendingSignals) return true;
  const char state = fields[kState].empty() ? '?' : fields[kState][0];
  const uint64_t flags = std::strtoull(fields[kFlags].c_str(), nullptr, 10);
  const uint64_t pending = std::strtoull(fields[kPendingSignals].c_str(), nullptr, 10);
  return state != 'Z' && state != 'X' && (flags & kExiting) == 0 &&
         (pending & (1ull << (SIGKILL - 1))) == 0;
}

}  // namespace treering::io
