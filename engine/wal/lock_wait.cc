#include "engine/wal/lock_wait.h"

#include "engine/base/thread.h"

namespace treering::wal {

Result<std::unique_ptr<io::File>> OpenLocked(io::Directory* directory, base::Clock* clock,
                                             const std::string& name, bool direct,
                                             uint64_t wait_nanos) {
  constexpr uint64_t kPauseNanos = 2'000'000;
  const uint64_t start = clock->NowNanos();
  while (true) {
    Result<std::unique_ptr<io::File>> file =
        directory->Open(name, {.mode = io::OpenMode::kReadWrite, .direct = direct, .lock = true});
    if (file.ok() || !file.status().IsBusy()) return file;
    if (clock->NowNanos() - start >= wait_nanos) {
      return Status::Busy(std::string(file.status().message()) + "; waited " +
                          std::to_string(wait_nanos / 1'000'000) +
                          " ms for its holder, whose writes may still be landing (LOCK names the "
                          "process; a child it forked keeps the lock too)");
    }
    base::SleepNanos(kPauseNanos);
  }
}

}  // namespace treering::wal
