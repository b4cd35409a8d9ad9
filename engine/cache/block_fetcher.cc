#include "engine/cache/block_fetcher.h"

#include <bit>
#include <cerrno>
#include <cstring>
#include <string>
#include <utility>

#include "engine/base/check.h"
#include "engine/base/contain.h"
#include "engine/base/limits.h"
#include "engine/base/memory_wait.h"

namespace treering::cache {
namespace {

// How long a read waits for memory that others hold, and how often it looks.
constexpr uint64_t kMemoryWaitNanosMax = 1'000'000'000;

void Count(std::atomic<uint64_t>* counter) { counter->fetch_add(1, std::memory_order_relaxed); }

std::string Place(const BlockRequest& request) {
  return request.file->path() + ": block at offset " + std::to_string(request.offset());
}

Status CheckRange(const BlockRequest& request) {
  constexpr uint64_t kPagesMax = base::kTableBytesMax / base::kPageBytes;
  if (request.pages > 0 && request.id.page < kPagesMax &&
      request.pages <= kPagesMax - request.id.page) {
    return Status();
  }
  return Status::Corruption(request.file->path() + ": block of " + std::to_string(request.pages) +
                            " pages at page " + std::to_string(request.id.page) +
                            ": expected inside the first " + std::to_string(kPagesMax) + " pages");
}

}  // namespace

PendingBlock::~PendingBlock() {
  TREERING_CHECK(!request_.internal.in_flight);
  if (frame_ != nullptr) fetcher_->cache_->Discard(frame_);
}

BlockFetcher::BlockFetcher(PageCache* cache, io::BufferPool* buffers)
    : cache_(cache), buffers_(buffers) {}

Status BlockFetcher::Prepare(const BlockRequest& request, bool alone, PendingBlock* pending) {
  TREERING_CHECK(!pending->reading_ && pending->frame_ == nullptr);
  if (Status status = CheckRange(request); !status.ok()) return status;
  pending->fetcher_ = this;
  pending->block_ = request;
  pending->status_ = Status();
  pending->result_ = BlockRef();
  pending->retried_error_ = false;
  pending->retried_content_ = false;
  if (request.fill_cache && request.pages <= base::kBlockPagesMax) {
    pending->frame_ = cache_->Allocate(std::bit_ceil(request.pages));
  }
  std::byte* data = nullptr;
  if (pending->frame_ != nullptr) {
    data = PageCache::MutableData(pending->frame_);
    const size_t frame_bytes = PageCache::Pages(pending->frame_) * base::kPageBytes;
    std::memset(data + request.bytes(), 0, frame_bytes - request.bytes());
  } else {
    Count(&counters_.one_off_buffers);
    // Alone a block of the usual size is never refused: there are as many as there are readers.
    const bool must = alone && request.pages <= base::kBlockPagesMax;
    pending->buffer_ = buffers_->Allocate(request.bytes(), base::MemoryClass::kIoBuffer,
                                          must ? base::Need::kMust : base::Need::kUsual);
    if (!pending->buffer_) {
      return Status::OutOfMemory(Place(request) + ": no memory in the budget for its " +
                                 std::to_string(request.bytes()) + " bytes");
    }
    data = pending->buffer_.data();
  }
  pending->request_ = io::Request::Read(request.file, request.offset(), {data, request.bytes()});
  pending->request_.owner = pending;
  pending->reading_ = true;
  Count(&counters_.reads);
  return Status();
}

// What to say of the bytes that came. *again: nothing yet, read once more.
Status BlockFetcher::Examine(PendingBlock* pending, bool* again) {
  const io::Request& read = pending->request_;
  const BlockRequest& block = pending->block_;
  if (read.error != 0) {
    if (read.error == EIO && !std::exchange(pending->retried_error_, true)) {
      Count(&counters_.retried_errors);
      *again = true;
    }
    return read.ToStatus();
  }
  if (read.transferred < read.length) {
    return Status::Corruption(Place(block) + ": file is truncated: expected " +
                              std::to_string(read.length) + " bytes, found " +
                              std::to_string(read.transferred));
  }
  if (block.verify == nullptr) return Status();
  Status status = block.verify(block.verify_context, block, {read.data, block.bytes()});
  if (!status.ok() && !std::exchange(pending->retried_content_, true)) {
    Count(&counters_.retried_contents);
    *again = true;
  }
  return status;
}

BlockFetcher::Step BlockFetcher::Judge(PendingBlock* pending) {
  bool again = false;
  pending->status_ = base::Contain([&] { return Examine(pending, &again); });
  if (again) {
    const io::Request& read = pending->request_;
    pending->request_ = io::Request::Read(read.file, read.offset, {read.data, read.length});
    pending->request_.owner = pending;
    return Step::kResubmitted;
  }
  pending->reading_ = false;
  if (pending->status_.ok()) Deliver(pending);
  if (pending->frame_ != nullptr) cache_->Discard(std::exchange(pending->frame_, nullptr));
  pending->buffer_ = io::Buffer();
  return Step::kDone;
}

void BlockFetcher::Deliver(PendingBlock* pending) {
  const BlockRequest& block = pending->block_;
  if (pending->frame_ == nullptr) {
    pending->result_ = BlockRef(std::move(pending->buffer_), block.bytes());
    return;
  }
  Pin pin = cache_->Publish(std::exchange(pending->frame_, nullptr), block.id, block.priority,
                            block.slot);
  if (pin.size() >= block.bytes()) {
    pending->result_ = BlockRef(std::move(pin), block.bytes());
    return;
  }
  // Only an index that names one place with two lengths can bring this about.
  pending->status_ =
      Status::Corruption(Place(block) + ": expected " + std::to_string(block.bytes()) +
                         " bytes, found a block of " + std::to_string(pin.size()) + " bytes there");
}

Status BlockFetcher::Start(io::Queue* queue, const BlockRequest& request, PendingBlock* pending) {
  const bool alone = queue->in_flight() == 0;
  if (Status status = Prepare(request, alone, pending); !status.ok()) return status;
  queue->Submit(&pending->request_);
  return Status();
}

BlockFetcher::Step BlockFetcher::Complete(io::Queue* queue, PendingBlock* pending) {
  const Step step = Judge(pending);
  if (step == Step::kResubmitted) queue->Submit(&pending->request_);
  return step;
}

// As Prepare; memory that others hold is waited for.
Status BlockFetcher::PrepareWaiting(const BlockRequest& request, PendingBlock* pending) {
  base::MemoryWait wait(kMemoryWaitNanosMax);
  Status status = Prepare(request, /*alone=*/true, pending);
  while (status.IsOutOfMemory() && wait.Pause() > 0) {
    status = Prepare(request, /*alone=*/true, pending);
  }
  return status;
}

Result<BlockRef> BlockFetcher::ReadFromDisk(io::Queue* queue, const BlockRequest& request) {
  PendingBlock pending;
  if (Status status = PrepareWaiting(request, &pending); !status.ok()) return status;
  do {
    // The outcome stands in the request, where Judge looks.
    (void)queue->Run(&pending.request_);
  } while (Judge(&pending) == Step::kResubmitted);
  if (!pending.status_.ok()) return pending.status_;
  return pending.TakeBlock();
}

Result<BlockRef> BlockFetcher::ReadAsOwner(io::Queue* queue, const BlockRequest& request,
                                           LoadsInFlight::Load* load) {
  Result<BlockRef> result = base::Contain([&] { return ReadFromDisk(queue, request); });
  Frame* const frame = result.ok() ? result->frame() : nullptr;
  loads_.Leave(cache_, load, frame, result.status());
  return result;
}

Result<BlockRef> BlockFetcher::ReadOne(io::Queue* queue, const BlockRequest& request) {
  const bool cached = request.fill_cache && request.pages <= base::kBlockPagesMax;
  if (!cached || queue->in_flight() > 0) return ReadFromDisk(queue, request);
  LoadsInFlight::Load load{.id = request.id};
  LoadsInFlight::Waiter waiter;
  switch (loads_.Enter(cache_, &load, &waiter)) {
    case LoadsInFlight::Role::kOwner:
      return ReadAsOwner(queue, request, &load);
    case LoadsInFlight::Role::kJoined:
      waiter.answered.WaitWhile(0);
      Count(&counters_.joins);
      if (!waiter.status.ok()) return waiter.status;
      break;
    case LoadsInFlight::Role::kFound:
      break;
  }
  // None: the owner's read did not end in the cache. Smaller: another block, of a damaged index.
  if (!waiter.pin || waiter.pin.size() < request.bytes()) return ReadFromDisk(queue, request);
  if (request.slot != nullptr) cache_->AttachSlot(waiter.pin, request.slot);
  return BlockRef(std::move(waiter.pin), request.bytes());
}

FetchStats BlockFetcher::Stats() const {
  return {.reads = counters_.reads.load(std::memory_order_relaxed),
          .joins = counters_.joins.load(std::memory_order_relaxed),
          .one_off_buffers = counters_.one_off_buffers.load(std::memory_order_relaxed),
          .retried_errors = counters_.retried_errors.load(std::memory_order_relaxed),
          .retried_contents = counters_.retried_contents.load(std::memory_order_relaxed)};
}

}  // namespace treering::cache
