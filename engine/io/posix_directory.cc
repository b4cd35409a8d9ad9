#include "engine/io/posix_directory.h"

#include <dirent.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <linux/openat2.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <string_view>
#include <utility>

#include "engine/base/limits.h"
#include "engine/base/thread.h"
#include "engine/io/errors.h"
#include "engine/io/posix_mapped_file.h"

namespace treering::io {
namespace {

constexpr mode_t kFileMode = 0600;
constexpr mode_t kDirectoryMode = 0700;
constexpr int kInterruptsMax = 100;

// Names are single components, so O_NOFOLLOW alone already keeps us inside; openat2 says it to the
// kernel as well. Kernels before 5.6 lack it, and seccomp profiles older than it answer EPERM.
int OpenBeneath(int directory, const char* name, int flags, mode_t mode) {
  for (int i = 0;; ++i) {
    struct open_how how = {};
    how.flags = static_cast<uint64_t>(flags);
    how.mode = mode;
    how.resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS;
    auto fd = static_cast<int>(syscall(SYS_openat2, directory, name, &how, sizeof how));
    if (fd < 0 && (errno == ENOSYS || errno == EPERM)) fd = openat(directory, name, flags, mode);
    if (fd >= 0 || (errno != EINTR && errno != EAGAIN) || i == kInterruptsMax) return fd;
    base::SchedPoint();
  }
}

Status NotARegularFile(const std::string& path) {
  return Status::InvalidArgument("open " + path + ": not a regular file");
}

// Takes the lock that falls when the last request on this descriptor has landed.
Status LockDescriptor(int fd, const std::string& path) {
  for (int i = 0; flock(fd, LOCK_EX | LOCK_NB) != 0; ++i) {
    if (errno != EINTR || i == kInterruptsMax) {
      return ErrorStatus(Action::kLock, path, kNoOffset, errno);
    }
    base::SchedPoint();
  }
  return Status::Ok();
}

std::string ParentOf(std::string path) {
  while (path.size() > 1 && path.back() == '/') path.pop_back();
  const size_t slash = path.rfind('/');
  if (slash == std::string::npos) return ".";
  return slash == 0 ? "/" : path.substr(0, slash);
}

// `made`: by us, a moment ago.
Status SyncParent(const std::string& path, bool made) {
  const std::string parent = ParentOf(path);
  const Descriptor fd(open(parent.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  // Who makes a directory here must be able to do this. Who may not was given it by somebody else.
  if (!fd.valid() && errno == EACCES && !made) return Status::Ok();
  if (!fd.valid()) return ErrorStatus(Action::kOpen, parent, kNoOffset, errno);
  if (fsync(fd.get()) != 0) return ErrorStatus(Action::kSyncDirectory, parent, kNoOffset, errno);
  return Status::Ok();
}

// Makes the directory unless somebody else just did. `made`: it is ours to set the mode of.
Status MakeDirectory(const std::string& path, bool* made) {
  *made = mkdir(path.c_str(), kDirectoryMode) == 0;
  if (*made || errno == EEXIST) return Status::Ok();
  if (errno == ENOENT) {
    return Status::NotFound("make directory " + path + ": its parent " + ParentOf(path) +
                            " does not exist; make that first");
  }
  return ErrorStatus(Action::kMakeDirectory, path, kNoOffset, errno);
}

}  // namespace

Result<std::unique_ptr<Directory>> PosixDirectory::Open(const std::string& path, bool create,
                                                        Fallbacks* fallbacks) {
  constexpr int kFlags = O_RDONLY | O_DIRECTORY | O_CLOEXEC;
  // The caller's own path may lead over links; only what is inside must not.
  Descriptor fd(open(path.c_str(), kFlags));
  bool made = false;
  if (!fd.valid() && errno == ENOENT && create) {
    if (Status s = MakeDirectory(path, &made); !s.ok()) return s;
    fd = Descriptor(open(path.c_str(), kFlags));
    if (!fd.valid()) return ErrorStatus(Action::kOpen, path, kNoOffset, errno);
    // mkdir's mode went through the umask.
    if (made && fchmod(fd.get(), kDirectoryMode) != 0) {
      return ErrorStatus(Action::kMakeDirectory, path, kNoOffset, errno);
    }
  }
  struct stat info;
  if (!fd.valid() || fstat(fd.get(), &info) != 0) {
    return ErrorStatus(Action::kOpen, path, kNoOffset, errno);
  }
  if (create) {
    if (Status s = SyncParent(path, made); !s.ok()) return s;
  }
  return std::unique_ptr<Directory>(
      new PosixDirectory(path, std::move(fd), info.st_dev, info.st_ino, fallbacks));
}

Status PosixDirectory::Remove(const std::string& path) {
  if (rmdir(path.c_str()) == 0) return Status::Ok();
  return ErrorStatus(Action::kUnlink, path, kNoOffset, errno);
}

PosixDirectory::PosixDirectory(std::string path, Descriptor fd, uint64_t device, uint64_t inode,
                               Fallbacks* fallbacks)
    : path_(std::move(path)),
      fd_(std::move(fd)),
      device_(device),
      inode_(inode),
      fallbacks_(fallbacks) {}

Status PosixDirectory::CheckName(const std::string& name) const {
  const bool single = !name.empty() && name != "." && name != ".." &&
                      name.find('/') == std::string::npos && name.find('\0') == std::string::npos &&
                      name.size() <= base::kNameBytesMax;
  if (single) return Status::Ok();
  return Status::InvalidArgument("in directory " + path_ + ": \"" + name +
                                 "\" is not a single file name of 1 to 255 bytes");
}

Result<PosixDirectory::Opened> PosixDirectory::OpenChecked(const std::string& name,
                                                           OpenFlags flags) {
  if (Status s = CheckName(name); !s.ok()) return s;
  const std::string path = PathOf(name);
  const bool create = flags.mode == OpenMode::kCreate;
  const bool writable = flags.mode != OpenMode::kRead;
  // O_NONBLOCK: opening a pipe must not wait. O_DIRECT comes below, where a refusal leaves no
  // trace.
  const int open_flags = O_CLOEXEC | O_NOFOLLOW | O_NOCTTY | O_NONBLOCK |
                         (writable ? O_RDWR : O_RDONLY) | (create ? O_CREAT | O_EXCL : 0);
  Descriptor fd(OpenBeneath(fd_.get(), name.c_str(), open_flags, create ? kFileMode : 0));
  if (!fd.valid()) {
    return ErrorStatus(create ? Action::kCreate : Action::kOpen, path, kNoOffset, errno);
  }
  Result<Opened> opened = CheckOpened(std::move(fd), path, flags);
  if (!opened.ok() && create) (void)unlinkat(fd_.get(), name.c_str(), 0);
  return opened;
}

Result<PosixDirectory::Opened> PosixDirectory::CheckOpened(Descriptor fd, const std::string& path,
                                                           OpenFlags flags) {
  struct statx info = {};
  if (statx(fd.get(), "", AT_EMPTY_PATH, STATX_BASIC_STATS | STATX_DIOALIGN, &info) != 0) {
    return ErrorStatus(Action::kStat, path, kNoOffset, errno);
  }
  if (!S_ISREG(info.stx_mode)) return NotARegularFile(path);
  if (flags.mode != OpenMode::kRead && info.stx_nlink > 1) {
    return Status::InvalidArgument("open " + path + ": it has " + std::to_string(info.stx_nlink) +
                                   " names (hard links); writing would change them all");
  }
  if (flags.mode == OpenMode::kCreate && fchmod(fd.get(), kFileMode) != 0) {
    return ErrorStatus(Action::kCreate, path, kNoOffset, errno);
  }
  bool direct = false;
  if (flags.direct) {
    Result<bool> made = MakeDirect(fd.get(), path, info);
    if (!made.ok()) return made.status();
    direct = *made;
  }
  if (!direct && fcntl(fd.get(), F_SETFL, 0) != 0) {
    return ErrorStatus(Action::kOpen, path, kNoOffset, errno);
  }
  if (flags.lock) {
    if (Status s = LockDescriptor(fd.get(), path); !s.ok()) return s;
    fd.NoteLocked();
  }
  return Opened{std::move(fd), direct, info.stx_size};
}

// False, and said to the fallbacks, when the file system has no direct I/O for this file.
Result<bool> PosixDirectory::MakeDirect(int fd, const std::string& path, const struct statx& info) {
  if ((info.stx_mask & STATX_DIOALIGN) != 0) {
    if (info.stx_dio_mem_align > kPageBytes || info.stx_dio_offset_align > kPageBytes) {
      return Status::NotSupported(
          "open " + path + ": direct I/O here is aligned to " +
          std::to_string(std::max(info.stx_dio_mem_align, info.stx_dio_offset_align)) +
          " bytes, the engine's layout to 4096");
    }
    if (info.stx_dio_offset_align == 0) {
      fallbacks_->Note(FastPath::kDirectIo, path + ": the file system has none for this file");
      return false;
    }
  }
  // Takes O_NONBLOCK away as well: on a ring it would turn waiting into EAGAIN.
  if (fcntl(fd, F_SETFL, O_DIRECT) == 0) return true;
  if (errno != EINVAL) return ErrorStatus(Action::kOpen, path, kNoOffset, errno);
  fallbacks_->Note(FastPath::kDirectIo, path + ": the file system refuses O_DIRECT");
  return false;
}

Result<std::unique_ptr<File>> PosixDirectory::Open(const std::string& name, OpenFlags flags) {
  Result<Opened> opened = OpenChecked(name, flags);
  if (!opened.ok()) return opened.status();
  return std::unique_ptr<File>(std::make_unique<PosixFile>(
      PathOf(name), std::move(opened->fd), opened->direct, flags.mode != OpenMode::kRead));
}

Result<std::unique_ptr<MappedFile>> PosixDirectory::Map(const std::string& name, uint64_t size,
                                                        bool lock) {
  Result<Opened> opened =
      OpenChecked(name, {.mode = OpenMode::kReadWrite, .direct = false, .lock = lock});
  if (!opened.ok()) return opened.status();
  if (size == 0 || opened->size < size) {
    return Status::InvalidArgument("map " + PathOf(name) + ": " + std::to_string(size) +
                                   " bytes of a file of " + std::to_string(opened->size));
  }
  return PosixMappedFile::Map(PathOf(name), std::move(opened->fd), size);
}

Result<FileInfo> PosixDirectory::Stat(const std::string& name) {
  if (Status s = CheckName(name); !s.ok()) return s;
  struct stat info;
  FileInfo result;
  if (fstatat(fd_.get(), name.c_str(), &info, AT_SYMLINK_NOFOLLOW) != 0) {
    if (errno == ENOENT) return result;
    return ErrorStatus(Action::kStat, PathOf(name), kNoOffset, errno);
  }
  result.exists = true;
  result.is_directory = S_ISDIR(info.st_mode);
  result.size = static_cast<uint64_t>(info.st_size);
  result.device = info.st_dev;
  result.inode = info.st_ino;
  return result;
}

Result<std::vector<std::string>> PosixDirectory::List() {
  // A descriptor of its own: the position in a directory belongs to the open description.
  const int fd = openat(fd_.get(), ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  struct Close {
    void operator()(DIR* open) const { closedir(open); }
  };
  const std::unique_ptr<DIR, Close> stream(fd < 0 ? nullptr : fdopendir(fd));
  if (stream == nullptr) {
    const int error = errno;
    if (fd >= 0) close(fd);
    return ErrorStatus(Action::kList, path_, kNoOffset, error);
  }
  std::vector<std::string> names;
  errno = 0;
  while (const struct dirent* const entry = readdir(stream.get())) {
    const std::string_view name = entry->d_name;
    if (name != "." && name != "..") names.emplace_back(name);
  }
  const int error = errno;
  if (error != 0) return ErrorStatus(Action::kList, path_, kNoOffset, error);
  std::sort(names.begin(), names.end());
  return names;
}

Status PosixDirectory::Rename(const std::string& from, const std::string& to) {
  if (Status s = CheckName(from); !s.ok()) return s;
  if (Status s = CheckName(to); !s.ok()) return s;
  if (renameat(fd_.get(), from.c_str(), fd_.get(), to.c_str()) == 0) return Status::Ok();
  return ErrorStatus(Action::kRename, PathOf(from), kNoOffset, errno);
}

Status PosixDirectory::Unlink(const std::string& name) {
  if (Status s = CheckName(name); !s.ok()) return s;
  if (unlinkat(fd_.get(), name.c_str(), 0) == 0) return Status::Ok();
  return ErrorStatus(Action::kUnlink, PathOf(name), kNoOffset, errno);
}

Status PosixDirectory::Link(const std::string& name, Directory* target,
                            const std::string& new_name) {
  if (Status s = CheckName(name); !s.ok()) return s;
  if (Status s = CheckName(new_name); !s.ok()) return s;
  const int target_fd = static_cast<PosixDirectory*>(target)->fd_.get();
  if (linkat(fd_.get(), name.c_str(), target_fd, new_name.c_str(), 0) == 0) return Status::Ok();
  return ErrorStatus(Action::kLink, PathOf(name), kNoOffset, errno);
}

Status PosixDirectory::Sync() {
  if (fsync(fd_.get()) == 0) return Status::Ok();
  return ErrorStatus(Action::kSyncDirectory, path_, kNoOffset, errno);
}

bool PosixDirectory::OthersMayWrite() const {
  struct stat info;
  return fstat(fd_.get(), &info) == 0 && (info.st_mode & S_IWOTH) != 0;
}

// Local file systems that overwrite in place.
bool PosixDirectory::KeepsMappings() const {
  struct statfs info;
  if (fstatfs(fd_.get(), &info) != 0) return false;
  switch (static_cast<uint32_t>(info.f_type)) {
    case EXT4_SUPER_MAGIC:  // and ext2, ext3
    case XFS_SUPER_MAGIC:
    case TMPFS_MAGIC:
    case RAMFS_MAGIC:
      return true;
    default:
      return false;
  }
}

Result<uint64_t> PosixDirectory::FreeBytes() {
  struct statvfs info;
  if (fstatvfs(fd_.get(), &info) != 0) return ErrorStatus(Action::kStat, path_, kNoOffset, errno);
  return static_cast<uint64_t>(info.f_bavail) * info.f_frsize;
}

}  // namespace treering::io
