#include "engine/io/errors.h"

#include <array>
#include <cerrno>
#include <cstring>
#include <new>

namespace treering::io {
namespace {

using Code = Status::Code;

constexpr int kErrnoMax = 133;  // EHWPOISON, the last one on Linux

constexpr bool IsDirectoryAction(Action action) {
  return action >= Action::kOpen && action <= Action::kMap;
}

constexpr bool NamesExistingFile(Action action) {
  return action == Action::kOpen || action == Action::kRename || action == Action::kLink ||
         action == Action::kUnlink || action == Action::kStat || action == Action::kMap ||
         action == Action::kList || action == Action::kMakeDirectory || action == Action::kCreate;
}

constexpr ErrorVerdict RetryVerdict(Action action) {
  switch (action) {
    case Action::kSync:
    case Action::kSyncDirectory:
      // The kernel may have marked the pages clean: a second call that succeeds would prove
      // nothing.
      return {Verdict::kStatus, Code::kIoError};
    case Action::kLock:
      return {Verdict::kStatus, Code::kBusy};
    default:
      return {Verdict::kRetry, Code::kIoError};
  }
}

// No verdict has this code: an errno that Decide does not name does not compile.
constexpr ErrorVerdict kForgotten = {Verdict::kStatus, Code::kOk};

constexpr ErrorVerdict Decide(Action action, int error) {
  switch (error) {
    case EINTR:
      if (action == Action::kLock) return {Verdict::kRetry, Code::kIoError};
      return RetryVerdict(action);
    case EAGAIN:
      return RetryVerdict(action);
    case ENOSPC:
    case EDQUOT:
      return {Verdict::kStatus, Code::kNoSpace};
    case ENOMEM:
      // After a sync that failed nobody knows what is on the medium: nothing to wait for and ask
      // again.
      if (action == Action::kSync || action == Action::kSyncDirectory) {
        return {Verdict::kStatus, Code::kIoError};
      }
      return {Verdict::kStatus, Code::kOutOfMemory};
    case EROFS:
      return {Verdict::kStatus, Code::kReadOnly};
    case ENOENT:
      return {Verdict::kStatus, NamesExistingFile(action) ? Code::kNotFound : Code::kIoError};
    case EEXIST:
    case ENOTEMPTY:
    case ENOTDIR:
    case EISDIR:
    case ELOOP:
    case ENAMETOOLONG:
      return {Verdict::kStatus,
              IsDirectoryAction(action) ? Code::kInvalidArgument : Code::kIoError};
    case EINVAL:
      return {Verdict::kStatus, Code::kInvalidArgument};
    case EXDEV:
    case ENOSYS:
    case EOPNOTSUPP:
    case ENOTTY:
      return {Verdict::kStatus, Code::kNotSupported};
    case EBUSY:
    case ETXTBSY:
      return {Verdict::kStatus, Code::kBusy};
    case EBADMSG:  // checksum failures of btrfs and xfs
    case EUCLEAN:  // a damaged file system
      return {Verdict::kStatus, action == Action::kRead ? Code::kCorruption : Code::kIoError};
    case EBADF:            // a descriptor of ours is wrong
    case EFAULT:           // a pointer of ours is wrong
    case EBADR:            // the kernel had to drop a completion
    case EBADFD:           // the ring is in a state that we never put it in
    case ENOTRECOVERABLE:  // QueueCore's word for a broken driver
      return {Verdict::kFailed, Code::kFailed};
    // Nothing that the engine could act on: EIO itself, lack of permission or descriptors, limits,
    // and what these calls never answer.
    case EPERM:
    case ESRCH:
    case EIO:
    case ENXIO:
    case E2BIG:
    case ENOEXEC:
    case ECHILD:
    case EACCES:
    case ENOTBLK:
    case ENODEV:
    case ENFILE:
    case EMFILE:
    case EFBIG:
    case ESPIPE:
    case EMLINK:
    case EPIPE:
    case EDOM:
    case ERANGE:
    case EDEADLK:
    case ENOLCK:
    case 41:  // no error's number
    case ENOMSG:
    case EIDRM:
    case ECHRNG:
    case EL2NSYNC:
    case EL3HLT:
    case EL3RST:
    case ELNRNG:
    case EUNATCH:
    case ENOCSI:
    case EL2HLT:
    case EBADE:
    case EXFULL:
    case ENOANO:
    case EBADRQC:
    case EBADSLT:
    case 58:  // no error's number
    case EBFONT:
    case ENOSTR:
    case ENODATA:
    case ETIME:
    case ENOSR:
    case ENONET:
    case ENOPKG:
    case EREMOTE:
    case ENOLINK:
    case EADV:
    case ESRMNT:
    case ECOMM:
    case EPROTO:
    case EMULTIHOP:
    case EDOTDOT:
    case EOVERFLOW:
    case ENOTUNIQ:
    case EREMCHG:
    case ELIBACC:
    case ELIBBAD:
    case ELIBSCN:
    case ELIBMAX:
    case ELIBEXEC:
    case EILSEQ:
    case ERESTART:
    case ESTRPIPE:
    case EUSERS:
    case ENOTSOCK:
    case EDESTADDRREQ:
    case EMSGSIZE:
    case EPROTOTYPE:
    case ENOPROTOOPT:
    case EPROTONOSUPPORT:
    case ESOCKTNOSUPPORT:
    case EPFNOSUPPORT:
    case EAFNOSUPPORT:
    case EADDRINUSE:
    case EADDRNOTAVAIL:
    case ENETDOWN:
    case ENETUNREACH:
    case ENETRESET:
    case ECONNABORTED:
    case ECONNRESET:
    case ENOBUFS:
    case EISCONN:
    case ENOTCONN:
    case ESHUTDOWN:
    case ETOOMANYREFS:
    case ETIMEDOUT:
    case ECONNREFUSED:
    case EHOSTDOWN:
    case EHOSTUNREACH:
    case EALREADY:
    case EINPROGRESS:
    case ESTALE:
    case ENOTNAM:
    case ENAVAIL:
    case EISNAM:
    case EREMOTEIO:
    case ENOMEDIUM:
    case EMEDIUMTYPE:
    case ECANCELED:
    case ENOKEY:
    case EKEYEXPIRED:
    case EKEYREVOKED:
    case EKEYREJECTED:
    case EOWNERDEAD:
    case ERFKILL:
    case EHWPOISON:
      return {Verdict::kStatus, Code::kIoError};
    default:
      return kForgotten;
  }
}

using Table = std::array<std::array<ErrorVerdict, kErrnoMax + 1>, kActionCount>;

constexpr Table MakeTable() {
  Table table{};
  for (int action = 0; action < kActionCount; ++action) {
    for (int error = 1; error <= kErrnoMax; ++error) {
      table[action][error] = Decide(static_cast<Action>(action), error);
    }
  }
  return table;
}

constexpr Table kTable = MakeTable();

constexpr bool EveryErrnoIsNamed() {
  for (int action = 0; action < kActionCount; ++action) {
    for (int error = 1; error <= kErrnoMax; ++error) {
      if (kTable[action][error].code == kForgotten.code) return false;
    }
  }
  return true;
}
static_assert(EveryErrnoIsNamed());

// What to do next; empty where there is nothing to advise.
std::string_view Remedy(Action action, int error) {
  switch (error) {
    case ENOSPC:
      return "free space on this file system; writing resumes by itself";
    case EDQUOT:
      return "the disk quota is used up; raise it or free space";
    case EMFILE:
      return "raise the limit of open files (ulimit -n, LimitNOFILE)";
    case ENFILE:
      return "raise the system's limit of open files (sysctl fs.file-max)";
    case EACCES:
    case EPERM:
      if (action == Action::kSetupRing || action == Action::kEnterRing) {
        return "io_uring is forbidden here: by sysctl kernel.io_uring_disabled, or by a "
               "container's "
               "seccomp profile that must allow io_uring_setup, io_uring_enter and "
               "io_uring_register; "
               "io_backend=posix works without";
      }
      return "check owner and permissions, and immutable flags (lsattr)";
    case EROFS:
      return "the file system is mounted read-only; look in the kernel log for the cause";
    case ENOMEM:
      if (action == Action::kSetupRing || action == Action::kRegister) {
        return "raise the limit of locked memory (ulimit -l, LimitMEMLOCK)";
      }
      return {};
    case ENOSYS:
      if (action == Action::kSetupRing) {
        return "this kernel has no io_uring (it came with 5.1); io_backend=posix works without";
      }
      return {};
    case EFBIG:
      return "raise the limit of file size (ulimit -f), or use a file system with larger files";
    case ELOOP:
      return "symbolic links are not followed here";
    case EAGAIN:
      if (action == Action::kLock)
        return "another open database, or a child of its process, holds it";
      return {};
    case EUCLEAN:
      return "the file system is damaged; check it (fsck)";
    default:
      return {};
  }
}

}  // namespace

ErrorVerdict VerdictFor(Action action, int error) {
  if (error < 1 || error > kErrnoMax) return {Verdict::kStatus, Code::kIoError};
  return kTable[static_cast<size_t>(action)][static_cast<size_t>(error)];
}

std::string_view ActionName(Action action) {
  static constexpr std::array<std::string_view, kActionCount> kNames = {
      "read",   "write", "fdatasync",  "allocate",    "truncate",        "open",           "create",
      "rename", "link",  "unlink",     "list",        "sync directory",  "make directory", "lock",
      "stat",   "map",   "enter ring", "set up ring", "register buffers"};
  return kNames[static_cast<size_t>(action)];
}

std::string ErrorName(int error) {
  const char* const name = strerrorname_np(error);
  return name != nullptr ? std::string(name) : "errno " + std::to_string(error);
}

namespace {

std::string Describe(Action action, std::string_view path, uint64_t offset, int error) {
  std::string text(ActionName(action));
  if (!path.empty()) text.append(" ").append(path);
  if (offset != kNoOffset) text += " at offset " + std::to_string(offset);
  text += ": " + ErrorName(error);
  if (const char* const words = strerrordesc_np(error); words != nullptr) {
    text.append(" (").append(words).append(")");
  }
  if (const std::string_view remedy = Remedy(action, error); !remedy.empty()) {
    text.append("; ").append(remedy);
  }
  return text;
}

}  // namespace

Status ErrorStatus(Action action, std::string_view path, uint64_t offset, int error) noexcept {
  const Status::Code code = VerdictFor(action, error).code;
  try {
    return Status(code, Describe(action, path, offset, error));
  } catch (const std::bad_alloc&) {
    return Status::WithoutWords(code);
  }
}

}  // namespace treering::io
