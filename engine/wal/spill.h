// Spill: one log write: whole groups in fresh blocks, ready to submit. SpillEncoder fills it.
//
// Owner: the thread that got it from Log::BuildSpill, until Log::Finish.
// Threads: one at a time; submitted and finished on the same queue.
// Invariants:
//   1. Its blocks are immutable once it left the encoder, and live until every write came back.
//   2. It was handed to Log::Finish before it is destroyed (CHECKed).
#ifndef TREERING_ENGINE_WAL_SPILL_H_
#define TREERING_ENGINE_WAL_SPILL_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "api/status.h"
#include "engine/io/buffer_pool.h"
#include "engine/io/queue.h"
#include "engine/io/request.h"
#include "engine/wal/frontier.h"
#include "engine/wal/log_block.h"
#include "engine/wal/lsn_map.h"

namespace treering::wal {

// Blocks in row, in buffers of at most 1 MiB each.
class BlockBuffers {
 public:
  static constexpr uint64_t kBlocksPerBuffer = 256;

  // False when there is no memory left at all: the budget cannot refuse, because a commit waits.
  bool Allocate(io::BufferPool* pool, uint64_t blocks);
  uint64_t blocks() const { return blocks_; }
  std::span<std::byte> Block(uint64_t index) const;
  // The blocks from `index` on that lie in row in memory, at most `count` of them.
  std::span<const std::byte> Run(uint64_t index, uint64_t count) const;

 private:
  std::vector<io::Buffer> buffers_;
  uint64_t blocks_ = 0;
};

// Puts a stream of bytes into the blocks of one spill.
class SpillEncoder {
 public:
  // `first` has lsn, first_sequence, previous_sum and promise of the first block; its flags are
  // those of every block besides first and last.
  SpillEncoder(const LogBlockCodec& codec, const LogBlockHeader& first, BlockBuffers* blocks);

  void Append(std::span<const std::byte> bytes);
  // Seals the last block; every block of the buffers was used. Returns its sum. A promise block is
  // one whose stream is empty.
  uint64_t Finish();

 private:
  void SealBlock(uint16_t flags);

  const LogBlockCodec& codec_;
  BlockBuffers* const blocks_;
  LogBlockHeader header_;
  const uint16_t flags_;
  uint64_t index_ = 0;
  uint32_t used_ = 0;  // payload bytes in block index_
};

class Spill {
 public:
  // The content of the blocks comes before Submit.
  Spill(const SpillRange& range, BlockBuffers blocks, std::vector<LsnMap::Entry> segments);
  ~Spill();
  Spill(const Spill&) = delete;
  Spill& operator=(const Spill&) = delete;

  const SpillRange& range() const { return range_; }
  BlockBuffers* blocks() { return &blocks_; }
  // For those who do not wait: all requests get this owner; null means the spill itself.
  void Submit(io::Queue* queue, void* owner = nullptr);
  // One of its requests came back; true when it was the last.
  bool NoteDone(const io::Request* request);
  std::span<io::Request> requests() { return requests_; }
  bool submitted() const { return submitted_; }
  bool done() const { return pending_ == 0; }
  // The first error of its writes, once done.
  const Status& status() const { return status_; }

  // The frontier was told.
  void NoteFinished() { finished_ = true; }

 private:
  const SpillRange range_;
  BlockBuffers blocks_;
  const std::vector<LsnMap::Entry> segments_;  // keeps the files open
  std::vector<io::Request> requests_;
  size_t pending_ = 0;
  bool submitted_ = false;
  bool finished_ = false;
  Status status_;
};

}  // namespace treering::wal

#endif  // TREERING_ENGINE_WAL_SPILL_H_
