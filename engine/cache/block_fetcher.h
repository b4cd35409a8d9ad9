// BlockFetcher: reads blocks from tables into frames of the cache.
//
// Owner: the Runtime's user of the cache (one per Runtime); outlives every PendingBlock.
// Threads: any; each call uses the caller's own queue. No guard of the epochs is held across a
//   call.
// Invariants:
//   1. A block becomes findable only after its verifier accepted it.
//   2. Threads that miss the same block join only a read whose owner is inside ReadOne: blocked in
//      the engine with that one read. Reads made with Start are never joined; of two reads of one
//      block the first to finish is kept.
//   3. A read that failed with EIO is tried once more; so is a block that its verifier refused.
//      Then the error stands, and only for this read.
//   4. A thread with other requests in flight on its queue joins nobody.
//   5. When no frame can be had (all pinned, no budget) or the caller wants none, the block comes
//      in an owned buffer. OutOfMemory when that is refused: by Start at once, with other requests
//      in flight on the queue, or to a block longer than frames hold; by ReadOne after a second, to
//      such a long block only.
#ifndef TREERING_ENGINE_CACHE_BLOCK_FETCHER_H_
#define TREERING_ENGINE_CACHE_BLOCK_FETCHER_H_

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <span>

#include "api/result.h"
#include "api/status.h"
#include "engine/cache/block_ref.h"
#include "engine/cache/loads_in_flight.h"
#include "engine/cache/page_cache.h"
#include "engine/io/buffer_pool.h"
#include "engine/io/file.h"
#include "engine/io/queue.h"
#include "engine/io/request.h"

namespace treering::cache {

struct BlockRequest;

// Whether `bytes` (the request's pages, whole) are the block that was asked for; a Corruption that
// names file, offset, expected and found otherwise. Must not block.
using BlockVerifier = Status (*)(const void* context, const BlockRequest& request,
                                 std::span<const std::byte> bytes);

struct BlockRequest {
  BlockId id;                // id.page is the file offset in pages
  io::File* file = nullptr;  // open until the read has ended
  // Any number, but one number for one id. Up to 16 the block goes to a frame of the next power of
  // two, of which only these pages are defined; above, to an owned buffer.
  uint32_t pages = 1;
  BlockVerifier verify = nullptr;  // null: the caller checks
  const void* verify_context = nullptr;
  Priority priority = Priority::kNormal;
  SwizzleSlot* slot = nullptr;  // see PageCache::Publish
  bool fill_cache = true;       // false: an owned buffer, not findable

  uint64_t offset() const { return id.page * io::kPageBytes; }
  size_t bytes() const { return size_t{pages} * io::kPageBytes; }
};

// One read of a batch, from Start until Complete answered kDone. Lives in the caller, is not moved.
class PendingBlock {
 public:
  PendingBlock() = default;
  ~PendingBlock();  // nothing is in flight; a read that was never completed is given back
  PendingBlock(const PendingBlock&) = delete;
  PendingBlock& operator=(const PendingBlock&) = delete;

  // The read that `request`, handed back by a queue, belongs to.
  static PendingBlock* Of(const io::Request* request) {
    return static_cast<PendingBlock*>(request->owner);
  }
  const BlockRequest& block() const { return block_; }
  // After kDone.
  const Status& status() const { return status_; }
  BlockRef TakeBlock() { return std::move(result_); }

  void* user = nullptr;  // the caller's

 private:
  friend class BlockFetcher;
  class BlockFetcher* fetcher_ = nullptr;
  BlockRequest block_;
  io::Request request_;
  Frame* frame_ = nullptr;  // unpublished, or null when buffer_ is used
  io::Buffer buffer_;
  bool reading_ = false;  // started, not judged for good
  bool retried_error_ = false;
  bool retried_content_ = false;
  Status status_;
  BlockRef result_;
};

struct FetchStats {
  uint64_t reads = 0;  // that went to the disk
  uint64_t joins = 0;  // misses that waited for another's read
  uint64_t one_off_buffers = 0;
  uint64_t retried_errors = 0;
  uint64_t retried_contents = 0;
};

class BlockFetcher {
 public:
  BlockFetcher(PageCache* cache, io::BufferPool* buffers);

  // The block from the cache, or from another thread's read of it, or from the disk. Blocks.
  Result<BlockRef> ReadOne(io::Queue* queue, const BlockRequest& request);

  enum class Step : uint8_t {
    kDone,         // status() and TakeBlock() hold the outcome
    kResubmitted,  // it is being read again: complete it when it comes back once more
  };
  // Submits the read on `queue`; when the queue hands its request back, call Complete on the same
  // queue's thread. Does not look in the cache. Not OK: nothing was submitted.
  Status Start(io::Queue* queue, const BlockRequest& request, PendingBlock* pending);
  Step Complete(io::Queue* queue, PendingBlock* pending);

  FetchStats Stats() const;

 private:
  friend class PendingBlock;
  Status Prepare(const BlockRequest& request, bool alone, PendingBlock* pending);
  Status PrepareWaiting(const BlockRequest& request, PendingBlock* pending);
  Step Judge(PendingBlock* pending);
  Status Examine(PendingBlock* pending, bool* again);
  void Deliver(PendingBlock* pending);
  Result<BlockRef> ReadFromDisk(io::Queue* queue, const BlockRequest& request);
  Result<BlockRef> ReadAsOwner(io::Queue* queue, const BlockRequest& request,
                               LoadsInFlight::Load* load);

  PageCache* const cache_;
  io::BufferPool* const buffers_;
  LoadsInFlight loads_;
  struct Counters {
    std::atomic<uint64_t> reads{0}, joins{0}, one_off_buffers{0}, retried_errors{0},
        retried_contents{0};
  } counters_;
};

}  // namespace treering::cache

#endif  // TREERING_ENGINE_CACHE_BLOCK_FETCHER_H_
