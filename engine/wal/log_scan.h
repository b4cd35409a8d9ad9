// LogScan: judges the blocks of a log one after the other: what is whole, where it ends, and
// whether it may end there.
//
// Owner: recovery.
// Threads: one at a time. No I/O: blocks are handed in.
// Invariants:
//   1. Groups come out in order, only from blocks that are valid, chained and before the first
//      break.
//   2. The end is torn only when no promise covers the break; otherwise it is Corruption.
// Format: docs/format/log.md, "End of the log".
#ifndef TREERING_ENGINE_WAL_LOG_SCAN_H_
#define TREERING_ENGINE_WAL_LOG_SCAN_H_

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

#include "api/status.h"
#include "engine/base/checksum.h"
#include "engine/wal/group.h"
#include "engine/wal/log_block.h"
#include "engine/wal/replay_start.h"

namespace treering::wal {

class LogScan {
 public:
  LogScan(const base::Id128& id, uint64_t generation, const ReplayStart& start,
          GroupVisitor visitor);

  // The block at the place of `lsn`, which is `offset` in the file `path`. In order from the start
  // on. Corruption when a whole group is wrong; the visitor's error.
  Status Add(uint64_t lsn, std::span<const std::byte> block, const std::string& path,
             uint64_t offset);
  // All blocks were handed in. Corruption when a promise covers the break (or the end).
  Status Judge() const;
  // Forgets the break: Add goes on with the block at break_lsn(), which is read once more.
  void Retry() {
    broken_ = false;
    blocks_cut_ = 0;
  }

  // The first LSN that does not count: B of the format, or the one behind the last block.
  uint64_t break_lsn() const { return next_lsn_; }
  uint64_t promise() const { return promise_; }
  // Behind the last valid block, wherever it lies.
  uint64_t valid_end_lsn() const { return valid_end_lsn_; }
  // Payload of a group that is not whole, and blocks behind the break.
  uint64_t bytes_cut() const;
  bool clean_close() const { return clean_close_; }
  const GroupParser& groups() const { return parser_; }

 private:
  // Why the block does not follow the one before; empty when it does.
  std::string CheckChain(const DecodedBlock& block) const;
  Status Accept(const DecodedBlock& block);

  const LogBlockCodec codec_;
  GroupParser parser_;
  uint64_t next_lsn_;
  uint64_t previous_sum_;
  uint64_t promise_ = 0;
  uint64_t valid_end_lsn_;
  bool in_spill_ = false;
  bool clean_close_ = false;

  bool broken_ = false;
  std::string break_text_;  // place, expected, found
  uint64_t blocks_cut_ = 0;
};

}  // namespace treering::wal

#endif  // TREERING_ENGINE_WAL_LOG_SCAN_H_
