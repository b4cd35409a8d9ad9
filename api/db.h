// DB: the database as a program embeds it.
//
// Owner: the caller; handles are movable and may outlive the DB they came from.
// Threads: every call of DB and Runtime from any thread at once. An Iterator, a PinnedValue or a
//   Snapshot belongs to one thread at a time.
// Invariants:
//   1. What each durability promises is in docs/durability.md and holds for every acknowledged
//   write.
//   2. A read returns what was written, or an error that names file and offset.
//   3. Handles keep what they need alive: after Close a live Iterator or Snapshot answers Aborted;
//      a PinnedValue stays good.
//   4. No call throws, and none ends the process on an error of the world.
#ifndef TREERING_API_DB_H_
#define TREERING_API_DB_H_

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "api/comparator.h"
#include "api/db_types.h"
#include "api/durability.h"
#include "api/options.h"
#include "api/pinned_value.h"
#include "api/result.h"
#include "api/slice.h"
#include "api/status.h"
#include "api/write_batch.h"

namespace treering {

namespace runtime {
class RuntimeCore;
}
namespace db {
class DbCore;
class DbIterator;
class SnapshotCore;
}  // namespace db

// What databases share: memory budget, rings, background threads. docs/design/, design of the
// Runtime.
class Runtime {
 public:
  // InvalidArgument names the option that is out of range; IoError when io_backend is kUring and
  // the kernel refuses it.
  static Result<std::shared_ptr<Runtime>> Create(const RuntimeOptions& options);
  // The one that databases share when Options::runtime is null: 256 MiB, made on first use, alive
  // until the process ends.
  static Result<std::shared_ptr<Runtime>> Default();

  // One "name: value" line per fact: driver, ring flags, registered buffers and, where a fast path
  // is off, why and what to do.
  std::vector<std::string> Facts() const;
  // Bytes charged to the budget now, and the budget.
  uint64_t MemoryUsed() const;
  uint64_t MemoryBudget() const;

  // For the engine's own use.
  const std::shared_ptr<runtime::RuntimeCore>& core() const { return core_; }
  explicit Runtime(std::shared_ptr<runtime::RuntimeCore> core) : core_(std::move(core)) {}

 private:
  std::shared_ptr<runtime::RuntimeCore> core_;
};

// A moment of the database that reads can go back to; while it lives, what it sees is kept.
class Snapshot {
 public:
  ~Snapshot();
  Snapshot(const Snapshot&) = delete;
  Snapshot& operator=(const Snapshot&) = delete;
  uint64_t sequence() const;

  explicit Snapshot(std::shared_ptr<db::SnapshotCore> core);
  const std::shared_ptr<db::SnapshotCore>& core() const { return core_; }

 private:
  std::shared_ptr<db::SnapshotCore> core_;
};

// Keys in order, as of the moment it was made (or its ReadOptions::snapshot). Starts nowhere: seek
// first. Not Valid and status() OK means the end; not Valid and not OK means it stopped at an
// error.
class Iterator {
 public:
  ~Iterator();
  Iterator(const Iterator&) = delete;
  Iterator& operator=(const Iterator&) = delete;

  bool Valid() const;
  void SeekToFirst();
  void SeekToLast();
  void Seek(const Slice& target);         // first key at or behind target
  void SeekForPrev(const Slice& target);  // last key at or before target
  void Next();
  void Prev();
  // Good until the next call that moves. Only while Valid.
  Slice key() const;
  Slice value() const;
  Status status() const;

  explicit Iterator(std::unique_ptr<db::DbIterator> impl);

 private:
  std::unique_ptr<db::DbIterator> impl_;
};

class DB {
 public:
  // Opens the database in directory `path`. Errors: NotFound (missing, and create_if_missing is
  // false), InvalidArgument (an option out of range; a directory that is not ours; another
  // comparator), Busy (locked: names the holder's pid), Corruption (file, offset, expected, found),
  // NotSupported (a newer format), IoError, OutOfMemory.
  static Result<std::unique_ptr<DB>> Open(const Options& options, const std::string& path);
  // Deletes the database's own files and, if then empty, its directory. OK when there is none.
  // Busy while it is open anywhere.
  static Status Destroy(const std::string& path, const Options& options = {});

  ~DB();  // as Close
  DB(const DB&) = delete;
  DB& operator=(const DB&) = delete;

  // Waits for commits and background work, makes everything logged durable, lets go of the
  // directory. Later calls answer Aborted. Returns the first error of the shutdown.
  Status Close();

  Status Put(const Slice& key, const Slice& value, const WriteOptions& options = {});
  Status Delete(const Slice& key, const WriteOptions& options = {});
  // All of the batch or nothing. Errors: InvalidArgument (a limit: key < 64 KiB, value <= 64 MiB,
  // batch <= 128 MiB and <= a quarter of the budget; nothing was written), NoSpace, ReadOnly,
  // Failed, Aborted. After any other error the outcome is decided at the next open.
  Status Write(const WriteBatch& batch, const WriteOptions& options = {});

  // NotFound when the key does not exist.
  Status Get(const Slice& key, PinnedValue* value, const ReadOptions& options = {});
  // As many Gets at one moment, their disk reads in flight together. values and statuses are as
  // long as keys.
  void MultiGet(std::span<const Slice> keys, std::span<PinnedValue> values,
                std::span<Status> statuses, const ReadOptions& options = {});
  // Never null; an error shows in status().
  std::unique_ptr<Iterator> NewIterator(const ReadOptions& options = {});
  std::unique_ptr<Snapshot> GetSnapshot();

  // Writes what is in memory to tables and waits.
  Status Flush();
  // Compacts every table that overlaps [*begin, *end) down to the last level that holds such keys.
  // Null means no bound.
  Status CompactRange(const Slice* begin, const Slice* end);
  // Returns when no flush or compaction is due or running.
  Status WaitForCompaction();

  // "treering.stats" (text), "treering.stats.json" (one JSON object: state, levels, memory, io,
  // log, stalls), "treering.levels" (the tree, one line a level), "treering.sstables",
  // "treering.num-files-at-level<N>", "treering.options", "treering.facts", "treering.state".
  // False for an unknown name.
  bool GetProperty(std::string_view name, std::string* value);
  // Bytes on disk for each range, of tables; estimated.
  Result<std::vector<uint64_t>> ApproximateSizes(std::span<const Range> ranges);
  // Reads every block of every live file. Not OK only when it could not run; damage is in
  // `problems`.
  Result<VerifyReport> Verify(
      const std::function<void(uint64_t bytes_done, uint64_t bytes_total)>& progress = nullptr);

  DbState state() const;
  const std::string& path() const;

 private:
  explicit DB(std::shared_ptr<db::DbCore> core);
  std::shared_ptr<db::DbCore> core_;
};

// "0.1.0"
std::string_view Version();
// The on-disk format this build writes.
uint32_t FormatVersion();

}  // namespace treering

#endif  // TREERING_API_DB_H_
