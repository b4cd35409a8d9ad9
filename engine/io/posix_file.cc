#include "engine/io/posix_file.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

#include "engine/io/errors.h"

namespace treering::io {
namespace {

int64_t ResultOf(int64_t returned) { return returned < 0 ? -errno : returned; }

// Beyond the limit a file may shrink, and stay as large as it is.
int64_t CheckGrowth(int fd, uint64_t size) {
  if (!IsBeyondFileSizeLimit(size)) return 0;
  struct stat info;
  if (fstat(fd, &info) != 0) return -errno;
  return static_cast<uint64_t>(info.st_size) < size ? -EFBIG : 0;
}

int64_t WriteAt(int fd, const Attempt& attempt) {
  if (IsBeyondFileSizeLimit(attempt.offset + attempt.length)) return -EFBIG;
  return ResultOf(pwrite(fd, attempt.data, attempt.length, static_cast<off_t>(attempt.offset)));
}

int64_t TruncateTo(int fd, uint64_t size) {
  if (const int64_t refused = CheckGrowth(fd, size); refused != 0) return refused;
  return ResultOf(ftruncate(fd, static_cast<off_t>(size)));
}

int64_t AllocateTo(int fd, uint64_t size) {
  if (const int64_t refused = CheckGrowth(fd, size); refused != 0) return refused;
  if (fallocate(fd, 0, 0, static_cast<off_t>(size)) == 0) return 0;
  if (errno != EOPNOTSUPP) return -errno;
  // A file system that cannot set blocks aside (NFS 3): only the size is promised. Running out of
  // space then shows at the writes, which is handled there as well.
  struct stat info;
  if (fstat(fd, &info) != 0) return -errno;
  if (static_cast<uint64_t>(info.st_size) >= size) return 0;
  return ResultOf(ftruncate(fd, static_cast<off_t>(size)));
}

}  // namespace

Descriptor::Descriptor(Descriptor&& other) noexcept
    : fd_(std::exchange(other.fd_, -1)), locked_by_(std::exchange(other.locked_by_, 0)) {}

Descriptor& Descriptor::operator=(Descriptor&& other) noexcept {
  Descriptor taken(std::move(other));
  std::swap(fd_, taken.fd_);
  std::swap(locked_by_, taken.locked_by_);
  return *this;
}

void Descriptor::NoteLocked() { locked_by_ = getpid(); }

Descriptor::~Descriptor() {
  if (fd_ >= 0 && locked_by_ != 0 && locked_by_ == getpid()) (void)flock(fd_, LOCK_UN);
  // An error here would be about writes that nobody synced, and nobody was promised those.
  if (fd_ >= 0) close(fd_);
}

PosixFile::PosixFile(std::string path, Descriptor fd, bool direct, bool writable)
    : File(std::move(path), direct, writable), fd_(std::move(fd)) {}

Status PosixFile::Size(uint64_t* bytes) {
  struct stat info;
  if (fstat(fd(), &info) != 0) return ErrorStatus(Action::kStat, path(), kNoOffset, errno);
  *bytes = static_cast<uint64_t>(info.st_size);
  return Status::Ok();
}

bool IsBeyondFileSizeLimit(uint64_t end) {
  struct rlimit limit;
  return getrlimit(RLIMIT_FSIZE, &limit) == 0 && limit.rlim_cur != RLIM_INFINITY &&
         end > limit.rlim_cur;
}

int64_t RunPlain(const Attempt& attempt) {
  const int fd = static_cast<const PosixFile*>(attempt.file)->fd();
  switch (attempt.op) {
    case Op::kRead:
      return ResultOf(pread(fd, attempt.data, attempt.length, static_cast<off_t>(attempt.offset)));
    case Op::kWrite:
      return WriteAt(fd, attempt);
    case Op::kSync:
      return ResultOf(fdatasync(fd));
    case Op::kAllocate:
      return AllocateTo(fd, attempt.length);
    case Op::kTruncate:
      return TruncateTo(fd, attempt.length);
  }
  return -EINVAL;
}

}  // namespace treering::io
