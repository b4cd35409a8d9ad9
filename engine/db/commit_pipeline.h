// CommitPipeline: the way of a batch: group, sequence, log, memtable, visible.
//
// Owner: DbCore.
// Threads: Commit from any thread, blocking; the rest as said.
// Invariants:
//   1. Sequences are given out in the order in which groups are appended to the log, without a gap.
//   2. A group that fails before it is in the log leaves no trace; one that fails later takes every
//      later group with it, and the database goes read-only.
//   3. OK is returned when the batch is visible and at its durability.
//   4. A kProcess commit that finds room makes no system call of its own.
//   5. A group that the log only borrows has its queue before it is appended: once it is in the
//      log, nothing but the log's sticky error keeps it from being written.
#ifndef TREERING_ENGINE_DB_COMMIT_PIPELINE_H_
#define TREERING_ENGINE_DB_COMMIT_PIPELINE_H_

#include <atomic>
#include <functional>
#include <memory>

#include "api/durability.h"
#include "api/result.h"
#include "api/status.h"
#include "api/write_batch.h"
#include "engine/base/thread.h"
#include "engine/db/commit_queue.h"
#include "engine/db/error_state.h"
#include "engine/db/log_keeper.h"
#include "engine/db/memtable_list.h"
#include "engine/db/publisher.h"
#include "engine/db/stall_stats.h"
#include "engine/runtime/runtime.h"
#include "engine/wal/log.h"

namespace treering::db {

using runtime::ActiveMemtable;

struct CommitEnv {
  runtime::RuntimeCore* runtime = nullptr;
  wal::Log* log = nullptr;  // null without a log
  LogKeeper* keeper = nullptr;
  MemtableList* memtables = nullptr;
  ErrorState* errors = nullptr;
  StallStats* stalls = nullptr;
  uint64_t memtable_bytes = 0;
  // Slows the calling leader as the database's debt demands, for a group of so many bytes.
  std::function<void(uint64_t group_bytes)> throttle;
  // A memtable was sealed: flush it. Never blocks.
  std::function<void()> flush_soon;
  // Waits until a flush or a release gave memory back. The error that keeps that from happening.
  std::function<Status()> wait_for_flush;
};

class CommitPipeline final : private runtime::MemtableUser {
 public:
  CommitPipeline(CommitEnv env, key::Sequence last_sequence);
  ~CommitPipeline() override;

  const std::atomic<key::Sequence>& visible() const { return publisher_.visible(); }

  // Limits were checked by the caller. Aborted after Close. An empty batch writes nothing; at kDisk
  // it makes durable what was committed before.
  Status Commit(const WriteBatch& batch, Durability durability);
  // Seals the active memtable unless it is empty; takes its turn among the groups. Returns the last
  // sequence given out. Aborted after Close.
  Result<key::Sequence> SealActive();
  Status WaitVisible(key::Sequence sequence) { return publisher_.WaitVisible(sequence); }
  // No further commit begins; waits for those under way. Once.
  void Close();

 private:
  ActiveMemtable Active(uint64_t now_nanos) const override;
  void SealSoon() override;

  // What a group needs between its turn and its end.
  struct Flight {
    std::shared_ptr<memtable::MemTable> memtable;
    memtable::Reservation reservation;
    key::Sequence first_sequence = 0;
    Publisher::Ticket ticket;
    bool must_spill = false;
    runtime::QueueLease lease;
  };

  static Status Closed();
  // Ends a stay inside, from before the first use of the log to after the last one.
  void Leave();
  Status SyncEarlier(Durability durability);
  Status CommitInGroup(const WriteBatch& batch, Durability durability);
  void LeadAndFinish(CommitGroup* group);
  Status Lead(CommitGroup* group, Flight* flight);
  Status MakeRoom(uint64_t group_bytes);
  // In a group's turn, or with nobody waiting for one.
  void Seal();
  Status ReserveIn(const CommitGroup& group, Flight* flight);
  Status AppendToLog(const CommitGroup& group, Flight* flight);
  Status TryAppend(const wal::LogGroup& record, Flight* flight);
  Status MakeLogRoom(bool in_tail, Flight* flight);
  Status LeaseFor(Flight* flight);
  void Insert(const CommitGroup& group, Flight* flight);
  Status CarryOut(const CommitGroup& group, Flight* flight);

  const CommitEnv env_;
  base::Mutex mutex_;
  base::CondVar drained_;
  CommitQueue queue_;
  bool closed_ = false;
  uint32_t inside_ = 0;          // threads that have not called Leave yet
  key::Sequence last_sequence_;  // given out; the leader's
  // The Runtime wants the active memtable flushed; the next leader does it.
  std::atomic<bool> seal_wanted_{false};
  std::atomic<uint64_t> active_since_nanos_;
  Publisher publisher_;
};

}  // namespace treering::db

#endif  // TREERING_ENGINE_DB_COMMIT_PIPELINE_H_
