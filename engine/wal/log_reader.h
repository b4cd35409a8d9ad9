// LogReader: the registered segments as one row of blocks, read in large pieces ahead of use.
//
// Owner: recovery.
// Threads: blocks the caller, on its own queue with nothing else in flight.
// Invariants:
//   1. Every file is open (and locked, unless read-only) and has its full size before the first
//      block is given.
//   2. A block that cannot be read is an error, never the end.
#ifndef TREERING_ENGINE_WAL_LOG_READER_H_
#define TREERING_ENGINE_WAL_LOG_READER_H_

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "api/result.h"
#include "engine/base/clock.h"
#include "engine/io/buffer_pool.h"
#include "engine/io/disk.h"
#include "engine/io/queue.h"
#include "engine/wal/replay_start.h"

namespace treering::wal {

class LogReader {
 public:
  struct Options {
    bool read_only = false;
    uint64_t lock_wait_nanos = 0;
    io::BufferPool* buffers = nullptr;
    base::Clock* clock = nullptr;
  };
  struct Block {
    uint64_t lsn = 0;
    std::span<const std::byte> bytes;  // good during the call only
    const std::string& path;
    uint64_t offset = 0;
  };

  // Opens the segments that a replay from `start` needs, of `segments` in order of registration.
  // Corruption naming the file when one is missing or short, or the start lies in none of them.
  static Result<std::unique_ptr<LogReader>> Open(io::Directory* directory,
                                                 const std::vector<SegmentInfo>& segments,
                                                 const ReplayStart& start, const Options& options);

  // Gives every block from `lsn` on, which is not below the start. Stops at the first error, the
  // consumer's included.
  Status Read(io::Queue* queue, uint64_t lsn,
              const std::function<Status(const Block& block)>& consume);

  // Behind the last block of the last segment.
  uint64_t end_lsn() const { return end_lsn_; }
  // Segments that begin at or behind `lsn`.
  std::vector<SegmentInfo> SegmentsFrom(uint64_t lsn) const;

 private:
  struct Source {
    SegmentInfo info;
    uint64_t first_lsn = 0;
    std::unique_ptr<io::File> file;
  };
  struct Piece {
    const Source* source = nullptr;
    uint64_t first_block = 0;
    uint64_t blocks = 0;
  };
  struct Slot;

  LogReader() = default;
  Status OpenSource(io::Directory* directory, const SegmentInfo& info, const Options& options);
  std::vector<Piece> PiecesFrom(uint64_t lsn) const;
  static Status Consume(const Slot& slot, const std::function<Status(const Block& block)>& consume);

  std::vector<Source> sources_;
  uint64_t end_lsn_ = 0;
  io::BufferPool* buffers_ = nullptr;
};

}  // namespace treering::wal

#endif  // TREERING_ENGINE_WAL_LOG_READER_H_
