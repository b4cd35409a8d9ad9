// Request: one I/O as a plain value, living in its owner until it completes.
//
// Owner: the code that wants the I/O. From Queue::Submit until the queue hands it back, the request
//   and its buffer belong to the queue: not moved, changed, freed or submitted again.
// Threads: one at a time, as the Queue.
// Invariants:
//   1. transferred == length or error != 0, except a read that met the end of the file: then
//      error == 0 and transferred < length. Short transfers in between are finished by the queue.
//   2. On a direct file offset, length and data are multiples of 4096; otherwise it comes back with
//      EINVAL, unsent. So does a range past 2^63. A change to a file opened for reading: EBADF.
//   3. A sync names the writes it covers by a SyncToken; it covers no others.
#ifndef TREERING_ENGINE_IO_REQUEST_H_
#define TREERING_ENGINE_IO_REQUEST_H_

#include <cstddef>
#include <cstdint>
#include <span>

#include "api/status.h"

namespace treering::io {

class File;

inline constexpr uint64_t kPageBytes = 4096;

enum class Op : uint8_t {
  kRead,
  kWrite,
  kSync,      // fdatasync
  kAllocate,  // makes [0, length) allocated and the size at least `length`; what was never written
              // reads as zero, what was written stays
  kTruncate,  // sets the size to `length`
};
inline constexpr int kOpCount = 5;

// The writes on one file whose completion was seen; made only by File::Completed().
class SyncToken {
 public:
  uint64_t writes() const { return writes_; }

 private:
  friend class File;
  explicit SyncToken(uint64_t writes) : writes_(writes) {}
  uint64_t writes_;
};

struct Request {
  static Request Read(File* file, uint64_t offset, std::span<std::byte> into);
  static Request Write(File* file, uint64_t offset, std::span<const std::byte> from);
  static Request Sync(File* file, SyncToken covers);
  static Request Allocate(File* file, uint64_t size);
  static Request Truncate(File* file, uint64_t size);

  Op op = Op::kRead;
  File* file = nullptr;
  uint64_t offset = 0;
  std::byte* data = nullptr;
  uint64_t length = 0;       // bytes of data, or the new size
  uint64_t sync_covers = 0;  // kSync: SyncToken::writes()

  // The owner's, untouched by the queue.
  void* owner = nullptr;
  uint64_t tag = 0;

  // Set at completion. error is a positive errno, 0 for success.
  int error = 0;
  uint64_t transferred = 0;

  // OK, or a Status that names operation, file, offset and cause by the verdict table (errors.h).
  Status ToStatus() const;

  // The queue's own; meaningless outside a submission.
  struct Internal {
    Request* next = nullptr;
    uint64_t done = 0;      // bytes moved so far
    uint64_t started = 0;   // bytes of the attempt that the driver has
    uint32_t attempts = 0;  // that moved something
    uint32_t retries = 0;   // without progress, in a row
    bool in_flight = false;
  } internal;
};

}  // namespace treering::io

#endif  // TREERING_ENGINE_IO_REQUEST_H_
