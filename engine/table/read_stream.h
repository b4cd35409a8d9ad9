// ReadStream: the bytes of a part of a file, from the front to the back, several reads ahead.
//
// Owner: one reader. The file, the queue and the pool outlive it.
// Threads: as the queue's use.
// Invariants:
//   1. Extents follow each other without gap and hold at most `depth` buffers besides one that is
//      being looked at. With the budget tight there are fewer and smaller ones, but always one.
//   2. A failed read fails the fetches that touch it, and no others.
//   3. Start and Stop do not wait: reads of the past finish into buffers that nobody looks at. The
//      destructor waits for all.
#ifndef TREERING_ENGINE_TABLE_READ_STREAM_H_
#define TREERING_ENGINE_TABLE_READ_STREAM_H_

#include <cstddef>
#include <cstdint>
#include <list>
#include <memory>
#include <span>
#include <vector>

#include "api/status.h"
#include "engine/io/buffer_pool.h"
#include "engine/io/file.h"
#include "engine/io/queue.h"
#include "engine/io/request.h"
#include "engine/table/io_client.h"
#include "engine/table/read_burst.h"

namespace treering::table {

struct ReadStreamOptions {
  // The first extent's size; each one after is twice as long, up to the last.
  uint32_t extent_bytes_first = 256u << 10;
  uint32_t extent_bytes_max = 256u << 10;
  // Extents at first; one more each time one was used up, up to the last.
  uint32_t depth_first = 4;
  uint32_t depth_max = 4;
  // Null: each extent is asked for as soon as there is room for it.
  ReadBurst* burst = nullptr;
};

class ReadStream final : private IoClient {
 public:
  ReadStream(io::File* file, io::Queue* queue, io::BufferPool* pool,
             const ReadStreamOptions& options);
  ~ReadStream();
  ReadStream(const ReadStream&) = delete;
  ReadStream& operator=(const ReadStream&) = delete;

  // From now on it is the stream of [begin, end), multiples of a page; sends off the first reads.
  void Start(uint64_t begin, uint64_t end);
  void Stop();
  // Whether a Fetch at `offset` is worth its while: it is, or is soon to be, in a buffer.
  bool Covers(uint64_t offset) const;

  // The bytes, good until the next call; waits for them. Offsets ascend from Start on, and the
  // range lies inside it.
  Status Fetch(uint64_t offset, size_t bytes, std::span<const std::byte>* out);

  // --- For the burst ---
  // Extents there is room for, as far as the part of the file has so many left.
  size_t Wanting() const;
  // Submits them; the queue sends them off when it is next polled.
  bool SubmitWanting();

 private:
  struct Extent {
    uint64_t offset = 0;
    size_t bytes = 0;
    io::Buffer buffer;
    io::Request request;
    bool in_flight = false;
    uint64_t end() const { return offset + bytes; }
  };

  void OnIo(io::Request* request) override;
  void Refill();
  bool SubmitNext();
  void DropBefore(uint64_t offset);
  // The extent that holds `offset`, complete and without error.
  Status Reach(uint64_t offset, Extent** extent);
  Status Gather(uint64_t offset, size_t bytes, std::span<const std::byte>* out);

  io::File* const file_;
  io::Queue* const queue_;
  io::BufferPool* const pool_;
  const ReadStreamOptions options_;
  using Extents = std::list<Extent>;  // they change lists without an allocation

  Extents extents_;      // by offset; the front is being looked at
  Extents stale_;        // in flight, not looked at any more
  Extents spare_;        // for their buffers
  io::Buffer gathered_;  // for ranges that cross extents
  uint64_t next_offset_ = 0;
  uint64_t end_ = 0;
  uint32_t extent_bytes_ = 0;
  uint32_t depth_ = 0;
};

}  // namespace treering::table

#endif  // TREERING_ENGINE_TABLE_READ_STREAM_H_
