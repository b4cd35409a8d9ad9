#include "engine/db/lock_file.h"

#include <unistd.h>

#include <cstring>
#include <string>
#include <utility>

#include "engine/base/clock.h"
#include "engine/base/file_names.h"
#include "engine/base/sim_scheduler.h"

namespace treering::db {
namespace {

constexpr size_t kTextBytes = 128;

io::OpenFlags Flags(io::OpenMode mode, bool lock) {
  io::OpenFlags flags;
  flags.mode = mode;
  flags.direct = false;  // a line of text
  flags.lock = lock;
  return flags;
}

// The same in every run of a simulation.
int64_t ProcessId() { return base::SimScheduler::Current() != nullptr ? 1 : getpid(); }

// "pid 123, since 1767225600", as the holder wrote it; what is not plain text is not shown.
std::string HolderText(io::Directory* directory, io::Queue* queue, const std::string& name) {
  auto file = directory->Open(name, Flags(io::OpenMode::kRead, false));
  if (!file.ok()) return "an unknown process";
  std::byte text[kTextBytes] = {};
  io::Request request = io::Request::Read(file->get(), 0, text);
  if (!queue->Run(&request).ok()) return "an unknown process";
  std::string shown;
  for (size_t i = 0; i < request.transferred && text[i] != std::byte{'\n'}; ++i) {
    const char c = static_cast<char>(text[i]);
    if (c < ' ' || c > '~') break;
    shown += c;
  }
  return shown.empty() ? "an unknown process" : shown;
}

}  // namespace

Result<std::unique_ptr<io::File>> LockDirectory(io::Directory* directory, io::Queue* queue,
                                                bool create) {
  const std::string name = base::MakeFileName(base::FileKind::kLock);
  auto file = directory->Open(name, Flags(io::OpenMode::kReadWrite, true));
  if (!file.ok() && file.status().IsNotFound() && create) {
    file = directory->Open(name, Flags(io::OpenMode::kCreate, true));
  }
  if (!file.ok()) {
    if (!file.status().IsBusy()) return file.status();
    return Status::Busy("lock " + directory->path() + "/" + name + ": held by " +
                        HolderText(directory, queue, name) +
                        " (or a process it started); close the database there first");
  }
  std::string text = "pid " + std::to_string(ProcessId()) + ", since " +
                     std::to_string(base::SystemClock()->WallMicros() / 1'000'000) + "\n";
  text.resize(kTextBytes, ' ');
  io::Request request = io::Request::Write(file->get(), 0, std::as_bytes(std::span(text)));
  if (Status status = queue->Run(&request); !status.ok()) return status;
  return file;
}

}  // namespace treering::db
