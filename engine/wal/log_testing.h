// LogBench: a log with what a database keeps around it (manifest, commits, preparation), for tests.
//
// Owner: the test; the disk outlives it.
// Threads: one at a time, except Commit in a simulation (any of its threads, each with a queue of
//   its own).
// Invariants:
//   1. Every group's payload follows from its first sequence and its size, so that what is
//      recovered can be checked without keeping it.
#ifndef TREERING_ENGINE_WAL_LOG_TESTING_H_
#define TREERING_ENGINE_WAL_LOG_TESTING_H_

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "api/durability.h"
#include "api/result.h"
#include "api/status.h"
#include "engine/base/budget_unlimited.h"
#include "engine/io/buffer_pool.h"
#include "engine/io/sim_disk.h"
#include "engine/wal/log.h"
#include "engine/wal/recovery.h"

namespace treering::wal {

// What the manifest would hold; always as of its last synced edit.
struct TestManifest {
  base::Id128 database_id{0x33, 0x44};
  uint64_t generation = 0;
  ReplayStart start;
  std::vector<SegmentInfo> segments;
  uint64_t tail_capacity = 0;
  uint64_t last_number = 0;
};

// How far the log got, kept outside so that it outlives a crash.
struct TestHistory {
  key::Sequence issued = 0;         // last sequence of the last group that was appended
  key::Sequence acked_process = 0;  // survives the death of the process
  key::Sequence acked_disk = 0;     // survives power loss
};

struct LogBenchOptions {
  uint64_t tail_capacity = 64 << 10;  // 0: write mode
  uint64_t segment_bytes = 64 << 10;
  std::function<void(const Status& error)> on_error = nullptr;
};

struct Recovered {
  RecoveryResult result;
  std::vector<GroupHeader> groups;
};

inline constexpr char kTestDirectory[] = "/db";

std::string TestPayload(key::Sequence first_sequence, uint64_t bytes);

class LogBench {
 public:
  LogBench(io::SimDisk* disk, TestManifest* manifest, TestHistory* history,
           const LogBenchOptions& options = {});
  ~LogBench();

  // A new database, with a tail, a first segment and a log of generation 1.
  Status Create();
  // Everything from the manifest's start on; checks each group's bytes and that none is missing.
  Result<Recovered> Recover(bool read_only = false);
  // Recover, then a new generation that begins behind what was found, with a log of its own.
  Result<Recovered> Reopen();

  // One commit as the pipeline does it, prepared segments included. Aborted once the disk crashed:
  // what a store into the tail then seemed to do counts for nothing.
  Status Commit(uint64_t payload_bytes, Durability durability) {
    return Commit(queue_.get(), payload_bytes, durability);
  }
  Status Commit(io::Queue* queue, uint64_t payload_bytes, Durability durability);
  // What a flush does with the log once all up to `sequence` is in tables.
  Status Forget(key::Sequence sequence);
  // Spills, promises and ends the log.
  Status Close();

  Log* log() { return log_.get(); }
  io::Queue* queue() { return queue_.get(); }
  io::Directory* directory() { return directory_.get(); }
  io::BufferPool* buffers() { return &buffers_; }
  TestHistory* history() { return history_; }

 private:
  Status OpenDirectory();
  Status StartLog();
  Status Prepare(io::Queue* queue, uint64_t bytes);
  Result<Log::Appended> AppendInTurn(io::Queue* queue, const std::string& payload,
                                     Durability durability, key::Sequence* last);

  io::SimDisk* const disk_;
  TestManifest* const manifest_;
  TestHistory* const history_;
  const LogBenchOptions options_;
  base::UnlimitedBudget budget_;
  io::BufferPool buffers_;
  std::unique_ptr<io::Queue> queue_;
  std::unique_ptr<io::Directory> directory_;
  base::Mutex commit_mutex_;
  std::unique_ptr<Log> log_;
  key::Sequence next_sequence_ = 1;
};

}  // namespace treering::wal

#endif  // TREERING_ENGINE_WAL_LOG_TESTING_H_
