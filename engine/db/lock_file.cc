#include "engine/db/lock_file.h"

#include <unistd.h>

#include <cstdlib>
#include <string>
#include <utility>

#include "engine/base/clock.h"
#include "engine/base/file_names.h"
#include "engine/base/sim_scheduler.h"
#include "engine/io/process.h"
#include "engine/wal/lock_wait.h"

namespace treering::db {
namespace {

constexpr size_t kTextBytes = 128;
// The kernel takes some milliseconds to close what a killed process had open, and as long as its
// last write takes.
constexpr uint64_t kWaitNanos = 200'000'000;
constexpr uint64_t kWaitForDeadNanos = 10'000'000'000;

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

// Whether the process that the text names is there, and was not killed a moment ago.
bool IsAlive(const std::string& holder) {
  if (base::SimScheduler::Current() != nullptr || !holder.starts_with("pid ")) return false;
  return io::IsProcessRunning(std::strtoll(holder.c_str() + 4, nullptr, 10));
}

Result<std::unique_ptr<io::File>> OpenLock(io::Directory* directory, io::Queue* queue,
                                           const std::string& name) {
  const auto lock_within = [&](uint64_t wait_nanos) {
    return wal::OpenLocked(directory, base::SystemClock(), name, /*direct=*/false, wait_nanos);
  };
  auto file = lock_within(kWaitNanos);
  if (file.ok() || !file.status().IsBusy()) return file;
  return IsAlive(HolderText(directory, queue, name)) ? std::move(file)
                                                     : lock_within(kWaitForDeadNanos);
}

}  // namespace

Result<std::unique_ptr<io::File>> LockDirectory(io::Directory* directory, io::Queue* queue,
                                                bool create) {
  const std::string name = base::MakeFileName(base::FileKind::kLock);
  auto file = OpenLock(directory, queue, name);
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
