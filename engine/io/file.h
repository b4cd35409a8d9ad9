// File: an open file of a Disk.
//
// Owner: its opener, by unique_ptr; outlives every request that names it.
// Threads: the facts are fixed at open; Completed() and NoteWritten are for the queue's thread and
//   others alike (atomic).
// Invariants:
//   1. Destroyed with no request in flight (CHECKed).
//   2. A locked file's lock falls when the descriptor its requests use is gone, which is after the
//      last of them has landed, also when the process was killed.
#ifndef TREERING_ENGINE_IO_FILE_H_
#define TREERING_ENGINE_IO_FILE_H_

#include <atomic>
#include <cstdint>
#include <string>
#include <utility>

#include "api/status.h"
#include "engine/base/check.h"
#include "engine/io/request.h"

namespace treering::io {

class File {
 public:
  virtual ~File() { TREERING_CHECK(in_flight() == 0); }

  const std::string& path() const { return path_; }
  // Whether transfers bypass the page cache (and so must be aligned).
  bool direct() const { return direct_; }
  // Whether it was opened for writing; queues refuse changes to it otherwise.
  bool writable() const { return writable_; }
  // The size now, asked of the driver. In bytes.
  virtual Status Size(uint64_t* bytes) = 0;

  // A token for the writes completed so far.
  SyncToken Completed() const {
    return SyncToken(writes_completed_.load(std::memory_order_acquire));
  }

  // For QueueCore: one more write was seen to complete; a request went out or was handed back.
  void NoteWriteCompleted() { writes_completed_.fetch_add(1, std::memory_order_acq_rel); }
  void NoteInFlight(int delta) { in_flight_.fetch_add(delta, std::memory_order_acq_rel); }
  int in_flight() const { return in_flight_.load(std::memory_order_acquire); }

 protected:
  File(std::string path, bool direct, bool writable = true)
      : path_(std::move(path)), direct_(direct), writable_(writable) {}

 private:
  const std::string path_;
  const bool direct_;
  const bool writable_;
  std::atomic<uint64_t> writes_completed_{0};
  std::atomic<int> in_flight_{0};
};

}  // namespace treering::io

#endif  // TREERING_ENGINE_IO_FILE_H_
