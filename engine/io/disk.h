// Disk, Directory, MappedFile: the seam through which all storage comes in.
//
// Owner: the Runtime owns the Disk; a database owns its Directory.
// Threads: any; a Directory's calls block the calling thread (they are rare and off hot paths).
// Invariants:
//   1. Names inside a Directory are single components; links are not followed; a file that is not
//      a regular file, or that we would write and has a second name, is refused.
//   2. A new name, a rename and an unlink are durable only after Directory::Sync.
//   3. Directories are made 0700 and files 0600, whatever the umask.
//   4. Nothing falls back silently: Facts() says what is on and, where something is off, why.
#ifndef TREERING_ENGINE_IO_DISK_H_
#define TREERING_ENGINE_IO_DISK_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "api/result.h"
#include "api/status.h"
#include "engine/io/buffer_arena.h"
#include "engine/io/file.h"
#include "engine/io/queue.h"

namespace treering::io {

enum class OpenMode : uint8_t {
  kRead,       // must exist
  kReadWrite,  // must exist
  kCreate,     // read and write; must not exist
};

struct OpenFlags {
  OpenMode mode = OpenMode::kRead;
  // Bypass the page cache where the file system can; File::direct() says whether it does.
  bool direct = true;
  // Take the file's exclusive lock on the descriptor that requests use; Busy when it is held.
  bool lock = false;
};

struct FileInfo {
  bool exists = false;
  bool is_directory = false;
  uint64_t size = 0;
  uint64_t device = 0;
  uint64_t inode = 0;
};

// A file mapped into memory and kept by the kernel when the process dies. Not durable.
class MappedFile {
 public:
  virtual ~MappedFile() = default;
  virtual uint64_t size() const = 0;
  // Stores bytes; a killed process may leave any prefix-free mix of 8-byte words of the last call.
  virtual void Store(uint64_t offset, std::span<const std::byte> bytes) = 0;
  virtual void Load(uint64_t offset, std::span<std::byte> into) const = 0;
  // For reading large parts without a copy; valid while the file is mapped.
  virtual const std::byte* data() const = 0;
};

class Directory {
 public:
  virtual ~Directory() = default;
  virtual const std::string& path() const = 0;
  // Identity for the process-wide registry of open databases.
  virtual uint64_t device() const = 0;
  virtual uint64_t inode() const = 0;

  virtual Result<std::unique_ptr<File>> Open(const std::string& name, OpenFlags flags) = 0;
  // Maps `size` bytes of an existing file, shared, read-write; with the lock as in OpenFlags.
  virtual Result<std::unique_ptr<MappedFile>> Map(const std::string& name, uint64_t size,
                                                  bool lock) = 0;
  virtual Result<FileInfo> Stat(const std::string& name) = 0;  // exists=false is not an error
  // Sorted by name; without "." and "..".
  virtual Result<std::vector<std::string>> List() = 0;
  virtual Status Rename(const std::string& from, const std::string& to) = 0;  // replaces
  virtual Status Unlink(const std::string& name) = 0;
  // Hard link into another directory of the same Disk.
  virtual Status Link(const std::string& name, Directory* target, const std::string& new_name) = 0;
  virtual Status Sync() = 0;
  // Bytes an ordinary user could still allocate here.
  virtual Result<uint64_t> FreeBytes() = 0;
  // Whether what is stored in a mapped file here stays when the process dies, and a store into
  // blocks that were written before can always be carried out. False where that is not known: the
  // other side of a network may die, and a file system that writes elsewhere may find itself full
  // (SIGBUS).
  virtual bool KeepsMappings() const { return true; }
  // Users other than owner and group may make files in it.
  virtual bool OthersMayWrite() const { return false; }
};

// What the driver does and, where a fast path is off, why and what to do.
struct DiskFacts {
  std::string driver;      // "uring", "posix", "sim"
  std::string ring_flags;  // "SINGLE_ISSUER|DEFER_TASKRUN"; empty without rings
  bool registered_buffers = false;
  std::string registered_reason;  // why not
  // Why this driver and not uring, or why some queues have no ring.
  std::string fallback_reason;
  bool direct_io = true;         // no file that asked for direct I/O went without so far
  std::string direct_io_reason;  // the first that did: "path: why"
  uint64_t locked_bytes = 0;     // memory registered with the kernel
};

class Disk {
 public:
  virtual ~Disk() = default;

  // A queue for the calling thread, for life. `depth`: how many requests the device sees at a time,
  // 1 to 4096; more may be submitted.
  virtual Result<std::unique_ptr<Queue>> NewQueue(uint32_t depth) = 0;
  // A queue that may pass from thread to thread, used by one at a time (the Runtime's leases);
  // passing it on needs a happens-before. Slower where rings belong to threads.
  virtual Result<std::unique_ptr<Queue>> NewMovableQueue(uint32_t depth) { return NewQueue(depth); }
  // A queue without a ring, for who would otherwise hold one ring too many: slower, movable.
  virtual Result<std::unique_ptr<Queue>> NewPlainQueue(uint32_t depth) { return NewQueue(depth); }
  // Opens a directory; with `create` makes it where it is missing, and syncs its parent in any
  // case. NotFound when it is missing otherwise.
  virtual Result<std::unique_ptr<Directory>> OpenDirectory(const std::string& path,
                                                           bool create) = 0;
  virtual Status RemoveDirectory(const std::string& path) = 0;  // must be empty
  virtual BufferArena* arena() = 0;
  virtual DiskFacts Facts() = 0;
};

}  // namespace treering::io

#endif  // TREERING_ENGINE_IO_DISK_H_
