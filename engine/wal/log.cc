#include "engine/wal/log.h"

#include <algorithm>
#include <array>
#include <new>
#include <utility>

#include "engine/base/check.h"
#include "engine/base/heap_wait.h"

namespace treering::wal {
namespace {

// What a write-mode log keeps of kMemory groups; more than this waits for its write.
constexpr uint64_t kOwnedBytesMax = 1u << 20;

std::span<const std::byte> BytesOf(const Slice& slice) {
  return std::as_bytes(std::span<const char>(slice.data(), slice.size()));
}

std::string Join(std::span<const Slice> pieces) {
  std::string out;
  for (const Slice& piece : pieces) out.append(piece.data(), piece.size());
  return out;
}

}  // namespace

Log::Log(LogOptions options)
    : codec_(options.database_id, options.generation),
      buffers_(options.buffers),
      clock_(options.clock),
      on_error_(std::move(options.on_error)),
      tail_age_nanos_(options.tail_age_nanos),
      spill_bytes_((options.tail ? options.tail->capacity() : kOwnedBytesMax) / 4),
      tail_(std::move(options.tail)),
      pending_(options.start.sequence),
      frontier_(options.start.lsn, options.start.sequence),
      segments_(options.start.lsn),
      marks_({options.start.lsn, options.start.previous_sum, options.start.sequence + 1}),
      next_lsn_(options.start.lsn),
      spilled_sequence_(options.start.sequence),
      groups_end_lsn_(options.start.lsn),
      vouched_lsn_(options.start.lsn),
      syncing_{options.start.lsn, options.start.lsn, options.start.sequence} {
  UpdateSegmentWantedLocked();
}

Log::~Log() { TREERING_CHECK(frontier_.in_flight() == 0); }

// --- Append ---

Result<Log::Appended> Log::Append(const LogGroup& group) {
  uint64_t bytes = 0;
  for (const Slice& piece : group.pieces) bytes += piece.size();
  PendingGroup pending;
  // Clamped, not cut: a length that does not fit is refused all the same.
  pending.header = {static_cast<uint32_t>(std::min<uint64_t>(bytes, UINT32_MAX)),
                    group.first_sequence, group.count};
  const std::string wrong = CheckGroupHeader(pending.header);
  if (!wrong.empty()) return Status::InvalidArgument("commit group refused by the log: " + wrong);

  base::MutexLock lock(&mutex_);
  TREERING_CHECK(group.first_sequence == pending_.last_sequence() + 1);
  pending_.MakeRoom();  // what the tail has stored must not fail to be noted
  if (!frontier_.error().ok()) return frontier_.error();
  if (!HasSegmentRoomLocked(bytes)) return Appended{AppendOutcome::kSegmentWanted};
  const AppendOutcome outcome = StoreLocked(group, &pending);
  if (outcome == AppendOutcome::kTailFull) return Appended{outcome};
  const bool was_empty = pending_.empty();
  const uint64_t bytes_before = pending_.stream_bytes();
  pending_.Add(std::move(pending), was_empty ? clock_->NowNanos() : 0);
  // A borrowed group is spilled by its own leader.
  if (outcome == AppendOutcome::kBorrowed) return Appended{outcome};
  return Appended{outcome, SpillTimeLocked(was_empty, bytes_before, group)};
}

bool Log::HasSegmentRoomLocked(uint64_t payload_bytes) {
  const uint64_t needed = BlocksFor(pending_.stream_bytes() + kGroupHeaderBytes + payload_bytes);
  if (needed <= FreeBlocksLocked()) {
    demand_.ClearShortage();
    return true;
  }
  demand_.NoteShortage(needed);
  UpdateSegmentWantedLocked();
  return false;
}

AppendOutcome Log::StoreLocked(const LogGroup& group, PendingGroup* pending) {
  const uint64_t bytes = pending->header.payload_bytes;
  if (tail_ != nullptr && tail_->Accepts(bytes)) {
    if (!tail_->HasRoom(bytes)) return AppendOutcome::kTailFull;
    pending->source = PendingGroup::Source::kTail;
    pending->tail_position = tail_->Append(pending->header, group.pieces);
    return AppendOutcome::kStored;
  }
  if (tail_ == nullptr && group.durability == Durability::kMemory &&
      pending_.owned_bytes() + bytes <= kOwnedBytesMax) {
    pending->source = PendingGroup::Source::kOwned;
    pending->owned = Join(group.pieces);
    return AppendOutcome::kStored;
  }
  pending->source = PendingGroup::Source::kBorrowed;
  pending->pieces.assign(group.pieces.begin(), group.pieces.end());
  return AppendOutcome::kBorrowed;
}

uint64_t Log::SpillTimeLocked(bool was_empty, uint64_t bytes_before, const LogGroup& group) const {
  if (bytes_before < spill_bytes_ && pending_.stream_bytes() >= spill_bytes_) return 0;
  // A kDisk group's leader spills it right away.
  if (!was_empty || group.durability == Durability::kDisk) return kNever;
  return pending_.since_nanos() + tail_age_nanos_;
}

uint64_t Log::SpillDueNanos() {
  base::MutexLock lock(&mutex_);
  if (pending_.empty() || !frontier_.error().ok()) return kNever;
  if (pending_.stream_bytes() >= spill_bytes_) return 0;
  return pending_.since_nanos() + tail_age_nanos_;
}

// --- Spills ---

Result<std::unique_ptr<Spill>> Log::BuildSpill(bool wait) { return Build(wait, 0); }

// Null, with promise flags, when no block is left.
Result<Log::SpillPointer> Log::Build(bool wait, uint16_t promise_flags) {
  base::MutexLock building(&build_mutex_);
  TakenGroups taken;
  SpillRange range;
  LogBlockHeader header;
  std::vector<LsnMap::Entry> segments;
  {
    base::MutexLock lock(&mutex_);
    if (promise_flags == 0 && pending_.empty()) return SpillPointer();
    while (frontier_.in_flight() >= kSpillsInFlightMax && frontier_.error().ok()) {
      if (!wait) return SpillPointer();
      moved_.Wait(&mutex_);
    }
    if (!frontier_.error().ok()) return frontier_.error();
    if (promise_flags != 0 && FreeBlocksLocked() <= BlocksFor(pending_.stream_bytes())) {
      return SpillPointer();  // what is left belongs to groups that were taken
    }
    const uint64_t blocks = promise_flags != 0 ? 1 : BlocksFor(pending_.stream_bytes());
    // Before anything changes: what needs memory.
    const Status placed = base::UntilMemory([&] {
      segments = segments_.Overlapping(next_lsn_, next_lsn_ + blocks);
      frontier_.MakeRoom();
    });
    if (!placed.ok()) {
      if (promise_flags == 0) FailLocked(placed);
      return placed;
    }
    if (promise_flags == 0) {
      taken = pending_.Take();
      spilled_tail_ = tail_ != nullptr ? tail_->end() : 0;
    }
    range = PlaceLocked(blocks, taken.groups.empty() ? spilled_sequence_ : pending_.last_sequence(),
                        segments);
    header = {promise_flags,
              codec_.generation(),
              range.first_lsn,
              range.first_sequence,
              marks_.latest().previous_sum,
              frontier_.durable_lsn(),
              0};
  }
  SpillPointer spill;
  Status made = base::UntilMemory([&] {
    BlockBuffers blocks;
    if (!blocks.Allocate(buffers_, range.end_lsn - range.first_lsn)) throw std::bad_alloc();
    spill = std::make_unique<Spill>(range, std::move(blocks), segments);
  });
  uint64_t sum = 0;
  if (made.ok()) {
    SpillEncoder encoder(codec_, header, spill->blocks());
    Encode(taken, &encoder);
    sum = encoder.Finish();
  }
  base::MutexLock lock(&mutex_);
  if (made.ok()) {
    made = base::UntilMemory([&] { marks_.Note({range.end_lsn, sum, range.last_sequence + 1}); });
  }
  if (made.ok()) return spill;
  // The groups have their sequences already: what cannot be written ends the log.
  if (spill != nullptr) spill->NoteFinished();
  frontier_.FailWrite(range.first_lsn, made);
  FrontierMovedLocked();
  return made;
}

// What was appended can never be written.
void Log::FailLocked(const Status& error) {
  frontier_.FailNext(spilled_sequence_ + 1, error);
  FrontierMovedLocked();
}

SpillRange Log::PlaceLocked(uint64_t blocks, key::Sequence last_sequence,
                            std::span<const LsnMap::Entry> segments) {
  const SpillRange range = {next_lsn_, next_lsn_ + blocks, spilled_sequence_ + 1, last_sequence,
                            spilled_tail_};
  TREERING_CHECK(range.end_lsn <= segments_.end_lsn());
  next_lsn_ = range.end_lsn;
  if (last_sequence > spilled_sequence_) groups_end_lsn_ = range.end_lsn;
  spilled_sequence_ = last_sequence;
  frontier_.Submit(range);
  for (const LsnMap::Entry& entry : segments) {
    if (entry.first_lsn >= range.first_lsn) {
      demand_.NoteUse(entry.segment->info.blocks * kLogBlockBytes, clock_->NowNanos());
    }
    if (entry.end_lsn() <= range.end_lsn) segments_used_up_.fetch_add(1, std::memory_order_release);
  }
  UpdateSegmentWantedLocked();
  return range;
}

// Without mutex_: what a spill took from the tail stays until the spill is written, and borrowed
// bytes stay until Finish, which on an error waits for build_mutex_.
void Log::Encode(const TakenGroups& taken, SpillEncoder* encoder) const {
  for (const PendingGroup& group : taken.groups) {
    encoder->Append(EncodeGroupHeader(group.header));
    switch (group.source) {
      case PendingGroup::Source::kTail:
        tail_->Read(group.tail_position, group.header.payload_bytes,
                    [encoder](std::span<const std::byte> bytes) { encoder->Append(bytes); });
        break;
      case PendingGroup::Source::kBorrowed:
        for (const Slice& piece : group.pieces) encoder->Append(BytesOf(piece));
        break;
      case PendingGroup::Source::kOwned:
        encoder->Append(BytesOf(group.owned));
        break;
    }
  }
}

// Sees the writes through and tells the frontier.
void Log::Complete(io::Queue* queue, Spill* spill) {
  if (!spill->submitted()) {
    for (io::Request& request : spill->requests()) {
      // The request keeps its outcome.
      (void)queue->Run(&request);
      spill->NoteDone(&request);
    }
  }
  while (!spill->done()) {
    std::array<io::Request*, 8> done;
    const size_t count = queue->Wait(done, 1, UINT64_MAX);
    for (size_t i = 0; i < count; ++i) {
      TREERING_CHECK(done[i]->owner == spill);
      spill->NoteDone(done[i]);
    }
    base::SchedPoint();
  }
  spill->NoteFinished();
  base::MutexLock lock(&mutex_);
  if (spill->status().ok()) {
    frontier_.Written(spill->range().first_lsn);
    if (tail_ != nullptr) tail_->Release(frontier_.released_tail());
  } else {
    frontier_.FailWrite(spill->range().first_lsn, spill->status());
  }
  FrontierMovedLocked();
}

Status Log::Finish(io::Queue* queue, std::unique_ptr<Spill> spill, key::Sequence sequence,
                   Durability durability) {
  if (spill != nullptr) Complete(queue, spill.get());
  Status status;
  switch (durability) {
    case Durability::kMemory:
      status = spill == nullptr ? Status::Ok() : spill->status();
      break;
    case Durability::kProcess:
      status = WaitWritten(sequence);
      break;
    case Durability::kDisk:
      status = WaitDurable(queue, sequence, 0);
      break;
  }
  // Somebody may still be copying this group's borrowed bytes into a spill of his.
  if (!status.ok()) base::MutexLock barrier(&build_mutex_);
  return status;
}

Status Log::SpillAll(io::Queue* queue, Durability durability) {
  key::Sequence last = 0;
  {
    base::MutexLock lock(&mutex_);
    last = pending_.last_sequence();
  }
  Result<SpillPointer> spill = BuildSpill(/*wait=*/durability != Durability::kMemory);
  if (!spill.ok()) return spill.status();
  return Finish(queue, std::move(*spill), last, durability);
}

Result<PromiseOutcome> Log::WritePromise(io::Queue* queue, bool clean_close) {
  uint64_t written_lsn = 0;
  {
    base::MutexLock lock(&mutex_);
    if (!clean_close && vouched_lsn_ >= groups_end_lsn_) return PromiseOutcome::kVouched;
    written_lsn = frontier_.written_lsn();
  }
  Status status = WaitDurable(queue, 0, written_lsn);
  if (!status.ok()) return status;
  const uint16_t flags = kBlockPromise | (clean_close ? kBlockCleanClose : 0);
  Result<SpillPointer> block = Build(/*wait=*/true, flags);
  if (!block.ok()) return block.status();
  if (*block == nullptr) return PromiseOutcome::kNoBlock;
  Complete(queue, block->get());
  status = WaitDurable(queue, 0, (*block)->range().end_lsn);
  if (!status.ok()) return status;
  base::MutexLock lock(&mutex_);
  vouched_lsn_ = std::max(vouched_lsn_, written_lsn);
  return PromiseOutcome::kVouched;
}

// --- Waiting ---

Status Log::WaitWritten(key::Sequence sequence) {
  base::MutexLock lock(&mutex_);
  while (!frontier_.Poisoned(sequence)) {
    if (frontier_.written_sequence() >= sequence) return Status::Ok();
    moved_.Wait(&mutex_);
  }
  return frontier_.error();
}

Status Log::WaitDurable(io::Queue* queue, key::Sequence sequence, uint64_t lsn) {
  base::MutexLock lock(&mutex_);
  while (frontier_.durable_sequence() < sequence || frontier_.durable_lsn() < lsn) {
    if (!frontier_.error().ok() && (lsn > 0 || frontier_.Poisoned(sequence))) {
      return frontier_.error();
    }
    const bool written = frontier_.written_sequence() >= sequence && frontier_.written_lsn() >= lsn;
    const bool covered = syncing_.sequence >= sequence && syncing_.to_lsn >= lsn;
    if (written && !covered) {
      SyncOnce(queue);
    } else {
      moved_.Wait(&mutex_);
    }
  }
  return Status::Ok();
}

void Log::SyncOnce(io::Queue* queue) {
  const SyncTicket ticket = frontier_.StartSync();
  // Segments that were released meanwhile hold nothing that a replay needs.
  std::vector<LsnMap::Entry> segments;
  Status status =
      base::UntilMemory([&] { segments = segments_.Overlapping(ticket.from_lsn, ticket.to_lsn); });
  syncing_ = ticket;
  mutex_.Unlock();
  for (const LsnMap::Entry& entry : segments) {
    io::File* const file = entry.segment->file.get();
    io::Request sync = io::Request::Sync(file, file->Completed());
    status = queue->Run(&sync);
    if (!status.ok()) break;
  }
  mutex_.Lock();
  if (status.ok()) {
    frontier_.FinishSync(ticket);
  } else {
    frontier_.FailSync(ticket, status);
  }
  FrontierMovedLocked();
}

void Log::FrontierMovedLocked() {
  if (!frontier_.error().ok() && on_error_) on_error_(frontier_.error());
  moved_.NotifyAll();
}

key::Sequence Log::WrittenThrough() {
  base::MutexLock lock(&mutex_);
  return frontier_.written_sequence();
}

key::Sequence Log::DurableThrough() {
  base::MutexLock lock(&mutex_);
  return frontier_.durable_sequence();
}

Status Log::error() {
  base::MutexLock lock(&mutex_);
  return frontier_.error();
}

// --- Segments ---

void Log::AddPrepared(std::shared_ptr<Segment> segment) {
  base::MutexLock lock(&mutex_);
  segments_.Add(std::move(segment));
  UpdateSegmentWantedLocked();
}

uint64_t Log::SegmentWanted() const { return segment_wanted_.load(std::memory_order_acquire); }

void Log::UpdateSegmentWantedLocked() {
  segment_wanted_.store(demand_.Wanted(segments_.CountUntouched(next_lsn_), FreeBlocksLocked()),
                        std::memory_order_release);
}

ReplayStart Log::Cut(key::Sequence sequence) {
  base::MutexLock lock(&mutex_);
  const ReplayMarks::Mark mark = marks_.CutAfter(sequence);
  const LsnMap::Place place = segments_.PlaceOf(mark.lsn);
  return {mark.lsn, mark.previous_sum, sequence, place.segment, place.block_index};
}

std::vector<uint64_t> Log::SegmentsBefore(const ReplayStart& start) {
  base::MutexLock lock(&mutex_);
  return segments_.Below(std::min(start.lsn, frontier_.written_lsn()));
}

std::vector<std::shared_ptr<Segment>> Log::Release(std::span<const uint64_t> numbers) {
  base::MutexLock lock(&mutex_);
  std::vector<std::shared_ptr<Segment>> out;
  out.reserve(numbers.size());
  for (const uint64_t number : numbers) {
    out.push_back(segments_.TakeFront(number));
    TREERING_CHECK(out.back() != nullptr);
  }
  marks_.Forget(segments_.first_lsn());
  return out;
}

}  // namespace treering::wal
