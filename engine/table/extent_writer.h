// ExtentWriter: a file written from the front to the back in large extents, several in flight.
//
// Owner: a TableBuilder. The file, the queue and the pool outlive it.
// Threads: the queue's.
// Invariants:
//   1. Writes lie inside what was allocated before; the file is never appended to. Where the file
//      system cannot allocate, writing goes on without.
//   2. A buffer is not touched from its submission to its completion.
//   3. The first error stands and is returned by every later call.
//   4. Destroyed or drained: nothing is in flight.
#ifndef TREERING_ENGINE_TABLE_EXTENT_WRITER_H_
#define TREERING_ENGINE_TABLE_EXTENT_WRITER_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

#include "api/status.h"
#include "engine/io/buffer_pool.h"
#include "engine/io/file.h"
#include "engine/io/queue.h"
#include "engine/io/request.h"
#include "engine/table/io_client.h"

namespace treering::table {

class ExtentWriter final : private IoClient {
 public:
  static constexpr size_t kExtentBytes = 256u << 10;
  static constexpr size_t kDepth = 8;

  ExtentWriter(io::File* file, io::Queue* queue, io::BufferPool* pool, uint64_t expected_bytes);
  ~ExtentWriter();
  ExtentWriter(const ExtentWriter&) = delete;
  ExtentWriter& operator=(const ExtentWriter&) = delete;

  // Whole pages. Copies; waits only when every extent is in flight.
  Status Append(std::span<const std::byte> pages);
  // Writes what is left, waits for all, cuts the file to offset() bytes and syncs it.
  Status Finish();
  // Waits for what is in flight; forgets the rest.
  void Drain();

  uint64_t offset() const { return offset_; }
  const Status& status() const { return status_; }

 private:
  struct Extent {
    io::Buffer buffer;
    io::Request request;
    bool in_flight = false;
  };

  void OnIo(io::Request* request) override;
  // An extent to fill; null after an error.
  Extent* NextExtent();
  void SubmitCurrent();
  Status EnsureAllocated(uint64_t bytes);

  io::File* const file_;
  io::Queue* const queue_;
  io::BufferPool* const pool_;
  const uint64_t expected_bytes_;
  std::array<Extent, kDepth> extents_;
  Extent* current_ = nullptr;
  size_t filled_ = 0;       // of current_
  uint64_t offset_ = 0;     // of the next byte to append
  uint64_t allocated_ = 0;  // size of the file
  bool can_allocate_ = true;
  size_t in_flight_ = 0;
  Status status_;
};

}  // namespace treering::table

#endif  // TREERING_ENGINE_TABLE_EXTENT_WRITER_H_
