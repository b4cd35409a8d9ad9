// Frontier: which part of the log is written, which is durable, and where it is poisoned.
//
// Owner: Log.
// Threads: one at a time (the log's mutex). No I/O, no time: a state machine.
// Invariants:
//   1. The written prefix W ends before the first spill whose writes were not all seen complete.
//   2. The durable prefix D follows W only by a sync that started when W was already there.
//   3. What a failed write or sync poisons, and everything later, never becomes written or durable.
//      The first error is kept.
//   4. D <= W; neither goes back.
#ifndef TREERING_ENGINE_WAL_FRONTIER_H_
#define TREERING_ENGINE_WAL_FRONTIER_H_

#include <cstdint>
#include <list>

#include "api/status.h"
#include "engine/key/internal_key.h"

namespace treering::wal {

// The place of one spill in the log. A promise block holds no sequence: last is first - 1.
struct SpillRange {
  uint64_t first_lsn = 0;
  uint64_t end_lsn = 0;  // behind the last
  key::Sequence first_sequence = 0;
  key::Sequence last_sequence = 0;
  uint64_t tail_end = 0;  // tail space below it is free once the spill is written
};

// A sync on its way: it makes [from_lsn, to_lsn) durable, on every segment that holds part of it.
struct SyncTicket {
  uint64_t from_lsn = 0;
  uint64_t to_lsn = 0;
  key::Sequence sequence = 0;  // durable through it afterwards
};

class Frontier {
 public:
  // Nothing is on its way; everything below `lsn` and through `sequence` counts as durable.
  Frontier(uint64_t lsn, key::Sequence sequence);

  // Room for one more spill, so that Submit allocates nothing.
  void MakeRoom();
  // Spills go out in order, without a gap.
  void Submit(const SpillRange& range);
  // All writes of the spill that starts at `first_lsn` were seen complete. Any order.
  void Written(uint64_t first_lsn);
  // One of its writes failed, or it could not be built: it and everything later is lost to this
  // log.
  void FailWrite(uint64_t first_lsn, const Status& error);
  // The next spill, which would begin with `sequence`, can never be: as FailWrite.
  void FailNext(key::Sequence sequence, const Status& error) {
    PoisonAt(submitted_lsn_, sequence, error);
  }

  // Take it, then sync, then finish or fail it. Tickets may overlap.
  SyncTicket StartSync() const;
  void FinishSync(const SyncTicket& ticket);
  void FailSync(const SyncTicket& ticket, const Status& error);

  uint64_t written_lsn() const { return written_.lsn; }
  uint64_t durable_lsn() const { return durable_.lsn; }
  key::Sequence written_sequence() const { return written_.sequence; }
  key::Sequence durable_sequence() const { return durable_.sequence; }
  uint64_t released_tail() const { return released_tail_; }
  size_t in_flight() const { return in_flight_; }  // spills neither written nor failed

  // The first error; OK while there was none.
  const Status& error() const { return error_; }
  // Whether the error reaches `sequence`.
  bool Poisoned(key::Sequence sequence) const {
    return !error_.ok() && sequence >= poisoned_sequence_;
  }

 private:
  struct Point {
    uint64_t lsn = 0;
    key::Sequence sequence = 0;
  };
  struct Entry {
    SpillRange range;
    bool done = false;  // written or failed
  };
  Entry* Find(uint64_t first_lsn);
  void Advance();
  void PoisonAt(uint64_t lsn, key::Sequence sequence, const Status& error);

  std::list<Entry> spills_;  // not below W
  std::list<Entry> spare_;   // what MakeRoom made
  Point written_;
  Point durable_;
  uint64_t submitted_lsn_;
  uint64_t released_tail_ = 0;
  size_t in_flight_ = 0;
  Status error_;
  uint64_t poisoned_lsn_ = UINT64_MAX;
  key::Sequence poisoned_sequence_ = UINT64_MAX;
};

}  // namespace treering::wal

#endif  // TREERING_ENGINE_WAL_FRONTIER_H_
