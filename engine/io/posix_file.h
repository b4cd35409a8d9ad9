// PosixFile: an open descriptor, for both real drivers; and the single blocking call on it.
//
// Owner: as File. The descriptor is closed with it.
// Threads: as File.
// Invariants:
//   1. The descriptor is close-on-exec and refers to a regular file.
//   2. No call here raises SIGXFSZ, unless the limit is lowered at that very moment.
#ifndef TREERING_ENGINE_IO_POSIX_FILE_H_
#define TREERING_ENGINE_IO_POSIX_FILE_H_

#include <cstdint>
#include <string>

#include "engine/io/file.h"
#include "engine/io/queue_core.h"

namespace treering::io {

// A descriptor that closes itself. A lock on it is given up first, by the process that took it: a
// forked child that is still alive has the same lock through its copy.
class Descriptor {
 public:
  Descriptor() = default;
  explicit Descriptor(int fd) : fd_(fd) {}
  Descriptor(Descriptor&& other) noexcept;
  Descriptor& operator=(Descriptor&& other) noexcept;
  ~Descriptor();
  int get() const { return fd_; }
  bool valid() const { return fd_ >= 0; }
  // This process has locked it.
  void NoteLocked();

 private:
  int fd_ = -1;
  int64_t locked_by_ = 0;  // the process; 0 for none
};

class PosixFile final : public File {
 public:
  PosixFile(std::string path, Descriptor fd, bool direct, bool writable);
  Status Size(uint64_t* bytes) override;
  int fd() const { return fd_.get(); }

 private:
  const Descriptor fd_;
};

// Whether this process may not write so far (RLIMIT_FSIZE). The kernel would send SIGXFSZ, which
// ends a program that has not said otherwise: for requests of a ring as for plain calls, and for
// writes within a file as for those that make it larger. So nothing of that kind is sent off; it
// answers EFBIG. One system call, some hundred nanoseconds; a limit that comes between it and the
// write is not seen.
bool IsBeyondFileSizeLimit(uint64_t end);

// Carries an attempt out with one plain call on the calling thread. The result as AttemptSink wants
// it. attempt.file is a PosixFile.
int64_t RunPlain(const Attempt& attempt);

}  // namespace treering::io

#endif  // TREERING_ENGINE_IO_POSIX_FILE_H_
