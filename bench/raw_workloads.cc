// The limits: the device without an engine, and the loop without a database.
#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <memory>

#include "bench/workloads.h"

namespace treering::bench {
namespace {

constexpr uint64_t kWriteBytes = 4096;
constexpr uint64_t kFileBytes = 16 << 20;

struct FreeBytes {
  void operator()(char* bytes) const { std::free(bytes); }
};

Status ErrnoStatus(const std::string& what, const std::string& path) {
  return Status::IoError(path + ": " + what + ": " + std::strerror(errno));
}

// A file of zeros beside the database, for 4 KiB writes that are synced one by one.
class RawFile {
 public:
  explicit RawFile(std::string path) : path_(std::move(path)) {}
  ~RawFile() {
    if (fd_ < 0) return;
    close(fd_);
    unlink(path_.c_str());
  }

  Status Make() {
    bytes_.reset(static_cast<char*>(std::aligned_alloc(kWriteBytes, kWriteBytes)));
    if (bytes_ == nullptr) return Status::OutOfMemory("4 KiB for rawsync");
    std::memset(bytes_.get(), 0, kWriteBytes);
    const int flags = O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC;
    fd_ = open(path_.c_str(), flags | O_DIRECT, 0600);
    // tmpfs and some others refuse O_DIRECT.
    if (fd_ < 0 && errno == EINVAL) fd_ = open(path_.c_str(), flags & ~O_EXCL, 0600);
    if (fd_ < 0) return ErrnoStatus("open", path_);
    for (uint64_t offset = 0; offset < kFileBytes; offset += kWriteBytes) {
      if (Status status = WriteAt(offset); !status.ok()) return status;
    }
    if (fsync(fd_) != 0) return ErrnoStatus("fsync", path_);
    std::memset(bytes_.get(), 0x5a, kWriteBytes);
    return Status::Ok();
  }
  Status WriteAt(uint64_t offset) {
    const ssize_t written = pwrite(fd_, bytes_.get(), kWriteBytes, static_cast<off_t>(offset));
    if (written == static_cast<ssize_t>(kWriteBytes)) return Status::Ok();
    return ErrnoStatus("pwrite", path_);
  }
  Status Sync() { return fdatasync(fd_) == 0 ? Status::Ok() : ErrnoStatus("fdatasync", path_); }

 private:
  const std::string path_;
  int fd_ = -1;
  std::unique_ptr<char, FreeBytes> bytes_;
};

void RawSync(Worker* worker) {
  const WorkPlan& plan = worker->plan();
  RawFile file(plan.db_path + ".rawsync." + std::to_string(getpid()) + "." +
               std::to_string(worker->index()));
  if (!worker->Good("rawsync", file.Make())) return;
  worker->recorder().Start();  // the file's making is not measured
  for (uint64_t offset = 0; worker->Take(1, plan.writes) != 0; offset += kWriteBytes) {
    Status status = file.WriteAt(offset % kFileBytes);
    if (status.ok()) status = file.Sync();
    if (!worker->Good("rawsync", status)) return;
    worker->recorder().AddBytes(kWriteBytes);
    worker->recorder().Finished(1, OpKind::kWrite);
  }
  worker->recorder().Stop();
}

// What the benchmark itself costs: a key and a value are made and thrown away.
void EmptyLoop(Worker* worker) {
  const WorkPlan& plan = worker->plan();
  KeyMaker keys(plan.key_size);
  while (worker->Take(1, plan.writes) != 0) {
    Slice key = keys.Make(worker->random().Uniform(plan.num));
    Slice value = worker->values().Next();
    asm volatile("" : : "g"(&key), "g"(&value) : "memory");
    worker->recorder().Finished(1, OpKind::kOther);
  }
}

constexpr Workload kWorkloads[] = {
    {.name = "rawsync", .run = RawSync},
    {.name = "emptyloop", .run = EmptyLoop},
};

}  // namespace

std::span<const Workload> RawWorkloads() { return kWorkloads; }

}  // namespace treering::bench
