// Log: the write-ahead log of one open database: tail, spills, frontier, segments.
//
// How a commit uses it (the leader of a group, on its own queue):
//
//   commit mutex:  r = log->Append(group)       kTailFull: MakeRoom(queue), again
//                                               kSegmentWanted: prepare one, AddPrepared, again
//   kProcess, kStored:  insert into the memtable; done.
//   otherwise:          spill = log->BuildSpill();   may be null: somebody else took the group
//                       if (spill) spill->Submit(queue);
//                       insert into the memtable;
//                       log->Finish(queue, std::move(spill), group's last sequence, durability);
//
// Owner: the database. Outlives no call; outlived by directory, buffers, clock. Destroyed with no
//   spill on its way.
// Threads: Append by one leader at a time (the caller's commit mutex); everything else any. Calls
//   that take a queue may block in it, or (with nothing of theirs in flight) on a condition; the
//   queue is the calling thread's and has, for Finish of a submitted spill, nothing else in flight.
//   A thread finishes its spill before it builds another.
// Invariants:
//   1. Groups reach the log in the order of their sequences, without a gap.
//   2. A group that Append took has its place in prepared segments: BuildSpill never runs out.
//   3. No block that was ever submitted is written again.
//   4. After a failed write or sync nothing is tried again: the first error is the answer to
//      everything later, for ever.
//   5. Tail space is used again only after the completion of its spill was seen, and of all before.
// Format: docs/format/log.md, docs/format/tail.md.
#ifndef TREERING_ENGINE_WAL_LOG_H_
#define TREERING_ENGINE_WAL_LOG_H_

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "api/durability.h"
#include "api/result.h"
#include "api/slice.h"
#include "api/status.h"
#include "engine/base/checksum.h"
#include "engine/base/clock.h"
#include "engine/base/thread.h"
#include "engine/io/buffer_pool.h"
#include "engine/io/queue.h"
#include "engine/key/internal_key.h"
#include "engine/wal/frontier.h"
#include "engine/wal/log_block.h"
#include "engine/wal/lsn_map.h"
#include "engine/wal/pending_groups.h"
#include "engine/wal/replay_marks.h"
#include "engine/wal/replay_start.h"
#include "engine/wal/segment.h"
#include "engine/wal/segment_demand.h"
#include "engine/wal/spill.h"
#include "engine/wal/tail.h"

namespace treering::wal {

struct LogOptions {
  base::Id128 database_id;
  uint64_t generation = 0;
  // Where this generation begins: lsn, previous_sum and sequence, as the manifest's replay start
  // has them. Its segments are those given to AddPrepared, in the order of registration.
  ReplayStart start;
  std::unique_ptr<Tail> tail;  // null: every group is written to the log by itself (write mode)
  io::BufferPool* buffers = nullptr;
  base::Clock* clock = nullptr;
  // How long a group may lie in the tail alone.
  uint64_t tail_age_nanos = 1'000'000'000;
  // Called with the sticky error as it arises, before anybody who waits learns of it, and also when
  // nobody does: a sync may fail after another one has made its groups durable. Perhaps more than
  // once, with the same error. Under the log's mutex: it must not call the log, nor do I/O, nor
  // throw.
  std::function<void(const Status& error)> on_error;
};

struct LogGroup {
  key::Sequence first_sequence = 0;  // the last one appended plus 1
  uint32_t count = 0;                // records, at least 1
  std::span<const Slice> pieces;     // together the payload: docs/format/batch.md
  Durability durability = Durability::kProcess;
};

enum class PromiseOutcome : uint8_t {
  kVouched,  // a durable block vouches for everything that was written
  kNoBlock,  // no prepared segment has a block left: nothing is lost but the vouching
};

enum class AppendOutcome : uint8_t {
  // Taken; the bytes are the log's now. In the tail, where they survive the death of the process;
  // or, a kMemory group in write mode, kept for the next spill.
  kStored,
  // Taken; the pieces must stay as they are until Finish for this sequence has returned. Needs a
  // spill, whatever its durability.
  kBorrowed,
  kTailFull,       // not taken: call MakeRoom, then append again
  kSegmentWanted,  // not taken: prepare a segment of SegmentWanted() bytes, add it, append again
};

class Log {
 public:
  static constexpr uint64_t kNever = UINT64_MAX;
  static constexpr size_t kSpillsInFlightMax = 4;

  struct Appended {
    AppendOutcome outcome = AppendOutcome::kStored;
    // When the log thread should call SpillAll: a clock time, 0 for at once. kNever when this
    // append changed nothing about it.
    uint64_t spill_at_nanos = kNever;
  };

  explicit Log(LogOptions options);
  ~Log();
  Log(const Log&) = delete;
  Log& operator=(const Log&) = delete;

  // --- Commits ---

  // InvalidArgument for an empty group or one above kGroupPayloadBytesMax; the sticky error.
  Result<Appended> Append(const LogGroup& group);
  // Whether a group of that many bytes goes through the tail. One that does not may be borrowed:
  // its leader has a queue at hand before it appends.
  bool TailTakes(uint64_t payload_bytes) const {
    return tail_ != nullptr && tail_->Accepts(payload_bytes);
  }

  // Takes all groups that were appended and not yet spilled, and fixes their place in the log. Null
  // when there are none. With four spills in flight it waits for one to finish, or, with `wait`
  // off, answers null. The spill must go to Finish.
  Result<std::unique_ptr<Spill>> BuildSpill(bool wait = true);

  // Carries the spill's writes out (or, when it was submitted, waits for them), then waits until
  // everything through `sequence` is, for kProcess, written, for kDisk, durable, with a sync of its
  // own where no other covers it. kMemory waits for nothing more. `spill` may be null when
  // `sequence` is in another one. The error that keeps `sequence` from getting there.
  Status Finish(io::Queue* queue, std::unique_ptr<Spill> spill, key::Sequence sequence,
                Durability durability);

  // BuildSpill and Finish in one, for everything appended before: kMemory only starts what can be
  // started and waits for no other spill (the log thread); kProcess leaves it written, kDisk
  // durable. The queue may have others' requests in flight.
  Status SpillAll(io::Queue* queue, Durability durability);

  // Writes out what was appended so far and waits for it, so that the whole tail is free.
  Status MakeRoom(io::Queue* queue) { return SpillAll(queue, Durability::kProcess); }

  // Makes everything that is written durable and then writes an empty block that vouches for it,
  // unless a durable one does already. With `clean_close`, always, as the last block of all; call
  // SpillAll(kDisk) before.
  Result<PromiseOutcome> WritePromise(io::Queue* queue, bool clean_close = false);

  // When the log thread should spill: a clock time, 0 for at once, kNever when nothing waits.
  uint64_t SpillDueNanos();
  // Through which sequence the log is written, and durable.
  key::Sequence WrittenThrough();
  key::Sequence DurableThrough();
  // The sticky first error.
  Status error();

  // --- Segments ---

  // A segment that the manifest has registered, in the order of registration. One of an earlier
  // generation, or one that Release gave back, may come again.
  void AddPrepared(std::shared_ptr<Segment> segment);
  // Bytes of the segment that should be prepared next; 0 when none is wanted. One atomic
  // load.
  uint64_t SegmentWanted() const;
  // How many segments this generation has filled to the last block. One atomic load.
  uint64_t SegmentsUsedUp() const { return segments_used_up_.load(std::memory_order_acquire); }

  // --- Forgetting ---

  // From where to replay to get everything later than `sequence`, which (with all before) is in
  // synced tables.
  ReplayStart Cut(key::Sequence sequence);
  // Segments that a replay from `start` does not need and that no write uses: name them as
  // forgotten in the manifest edit that moves the replay start.
  std::vector<uint64_t> SegmentsBefore(const ReplayStart& start);
  // After that edit is durable and promised: lets go of them, front first. Unlink them, or, once
  // registered again, add them anew.
  std::vector<std::shared_ptr<Segment>> Release(std::span<const uint64_t> numbers);

 private:
  using SpillPointer = std::unique_ptr<Spill>;

  uint64_t FreeBlocksLocked() const { return segments_.end_lsn() - next_lsn_; }
  bool HasSegmentRoomLocked(uint64_t payload_bytes);
  void UpdateSegmentWantedLocked();
  AppendOutcome StoreLocked(const LogGroup& group, PendingGroup* pending);
  uint64_t SpillTimeLocked(bool was_empty, uint64_t bytes_before, const LogGroup& group) const;

  Result<SpillPointer> Build(bool wait, uint16_t promise_flags);
  SpillRange PlaceLocked(uint64_t blocks, key::Sequence last_sequence,
                         std::span<const LsnMap::Entry> segments);
  void FailLocked(const Status& error);
  void Encode(const TakenGroups& taken, SpillEncoder* encoder) const;
  void Complete(io::Queue* queue, Spill* spill);
  Status WaitWritten(key::Sequence sequence);
  // Until everything through `sequence` and below `lsn` is durable.
  Status WaitDurable(io::Queue* queue, key::Sequence sequence, uint64_t lsn);
  void SyncOnce(io::Queue* queue);  // mutex_ held, given up meanwhile
  // Tells who waits, and of an error also the owner.
  void FrontierMovedLocked();

  const LogBlockCodec codec_;
  io::BufferPool* const buffers_;
  base::Clock* const clock_;
  const std::function<void(const Status& error)> on_error_;
  const uint64_t tail_age_nanos_;
  const uint64_t spill_bytes_;  // that many waiting are spilled at once

  // Held while a spill is built, so that spills chain in order; taken before mutex_.
  base::Mutex build_mutex_;
  base::Mutex mutex_;
  base::CondVar moved_;  // the frontier, or the number of spills in flight
  const std::unique_ptr<Tail> tail_;
  PendingGroups pending_;
  Frontier frontier_;
  LsnMap segments_;
  SegmentDemand demand_;
  ReplayMarks marks_;  // the latest is where the next spill goes
  uint64_t next_lsn_;
  key::Sequence spilled_sequence_;  // of the last group in a spill
  uint64_t spilled_tail_ = 0;       // tail space below it is in spills
  uint64_t groups_end_lsn_;         // behind the last block that holds groups
  uint64_t vouched_lsn_;            // a durable block promises everything below it
  SyncTicket syncing_;              // the furthest that a sync on its way will reach
  std::atomic<uint64_t> segment_wanted_{0};
  std::atomic<uint64_t> segments_used_up_{0};
};

}  // namespace treering::wal

#endif  // TREERING_ENGINE_WAL_LOG_H_
