// DB: the database as a program embeds it.
//
// Owner: the caller, by unique_ptr; a PinnedValue is moved as it is. Handles may outlive the DB
//   they came from.
// Threads: every call of DB and Runtime from any thread at once, but for the destructor, which is
//   the last. A call blocks its thread until it is done. An Iterator or a PinnedValue belongs to
//   one thread at a time; a Snapshot may be read with by several.
// Invariants:
//   1. What each durability promises is in docs/durability.md and holds for every acknowledged
//      write.
//   2. A read returns what was written, or an error that names file and offset.
//   3. Handles keep what they need alive: after Close a live Iterator, and reads with a Snapshot,
//      answer Aborted; a PinnedValue stays good.
//   4. No call throws, and none ends the process on an error of the world: what the heap refuses,
//      and exceptions of a comparator or a callback, come back as OutOfMemory and Failed.
#ifndef TREERING_API_DB_H_
#define TREERING_API_DB_H_

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <new>
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

// What databases share: memory budget, rings, background threads. See docs/ARCHITECTURE.md.
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
  void operator delete(Snapshot* snapshot, std::destroying_delete_t);
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
  void operator delete(Iterator* iterator, std::destroying_delete_t);
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
  template <typename Step>
  void Move(Step step);

  std::unique_ptr<db::DbIterator> impl_;
};

class DB {
 public:
  // Opens the database in directory `path`. Errors: NotFound (missing, and create_if_missing is
  // false; or the parent is), InvalidArgument (an option out of range; not a directory, or one that
  // is not ours, or one that all users may write to; another comparator), Busy (locked: names the
  // holder's pid), Corruption (of manifest or log: file, offset, expected, found), NotSupported (a
  // newer format), NoSpace, IoError, OutOfMemory. A damaged table is no error here: reads of it
  // are; so is a missing one when read-only, while an open for writing answers Corruption.
  // Read-only: Aborted when a writer replaced files again and again meanwhile.
  static Result<std::unique_ptr<DB>> Open(const Options& options, const std::string& path);
  // Deletes the database's own files and, if then empty, its directory. OK when there is none.
  // Busy while it is open anywhere; InvalidArgument when the directory is not ours; IoError.
  static Status Destroy(const std::string& path, const Options& options = {});

  ~DB();  // as Close
  DB(const DB&) = delete;
  DB& operator=(const DB&) = delete;

  // Waits for commits and background work, makes everything logged durable, lets go of the
  // directory. Later calls answer Aborted. Returns the first error of the shutdown.
  Status Close();

  Status Put(const Slice& key, const Slice& value, const WriteOptions& options = {});
  Status Delete(const Slice& key, const WriteOptions& options = {});
  // All of the batch or nothing; Put and Delete are batches of one. Errors: InvalidArgument (a
  // limit: key < 64 KiB, value <= 64 MiB, batch <= 128 MiB and <= a quarter of the budget; an
  // unknown durability, or one that the log mode forbids; nothing was written), NoSpace, ReadOnly,
  // Failed, Aborted. After any other error the outcome is decided at the next open.
  Status Write(const WriteBatch& batch, const WriteOptions& options = {});

  // Errors of all reads: Corruption and IoError (file, offset, expected, found; other keys stay
  // readable), NotSupported (a table of a newer format), OutOfMemory, InvalidArgument (a snapshot
  // of another database or of an earlier open), Aborted after Close, Failed.

  // The value of `key`: a copy, or a view of its cache frame, at most half of the cache being held
  // that way. NotFound when the key does not exist; `value` is good only with OK.
  Status Get(const Slice& key, PinnedValue* value, const ReadOptions& options = {});
  // As many Gets at one moment, their disk reads in flight together. Each key has its own outcome,
  // as Get's. InvalidArgument in every status when values and statuses are not as long as keys.
  void MultiGet(std::span<const Slice> keys, std::span<PinnedValue> values,
                std::span<Status> statuses, const ReadOptions& options = {});
  // Never null; an error shows in its status(): those of all reads, from NewIterator on. It sees
  // the database as of now (or of the snapshot), whatever is written later, and holds the memtables
  // and tables of that moment until it is destroyed: keep it no longer than needed.
  std::unique_ptr<Iterator> NewIterator(const ReadOptions& options = {});
  // Never null. After Close it is had as well, and reads with it answer Aborted; without memory
  // too, and they answer OutOfMemory.
  std::unique_ptr<Snapshot> GetSnapshot();

  // Errors of the three below: ReadOnly (opened read-only, or a durability file failed), NoSpace,
  // IoError and OutOfMemory (it is tried again in the background about every second), Corruption of
  // an input of a compaction, Failed, Aborted after or by Close. They may run beside each other and
  // beside writes; what is written meanwhile they need not include.

  // Writes what is in memory to tables and waits.
  Status Flush();
  // Flushes, then compacts every table that may hold a key in [*begin, *end) down to the last level
  // that holds such keys. Null means no bound; a range without keys is done at once.
  Status CompactRange(const Slice* begin, const Slice* end);
  // Returns when no flush or compaction is due or running; with the damage that stopped automatic
  // compaction, if any did.
  Status WaitForCompaction();

  // As text: "treering.stats", "treering.levels" (the tree, one line a level), "treering.sstables",
  // "treering.num-files-at-level<N>", "treering.options", "treering.facts" (of the Runtime),
  // "treering.state". "treering.stats.json" is one JSON object: state, cause, database_id,
  // generation, last_sequence, snapshots, levels (an array), memory, io, work (flushes and
  // compactions, and compaction_error), stalls, recovery. Never keys or values. False for an
  // unknown name, after Close, and without memory.
  bool GetProperty(std::string_view name, std::string* value);
  // Bytes of tables for each range, from their indexes, to a few blocks at either end; memory is
  // not counted. Errors as of all reads.
  Result<std::vector<uint64_t>> ApproximateSizes(std::span<const Range> ranges);
  // Reads every block of every live table; manifest and log were read by Open. Not OK only when it
  // could not run (Aborted after Close, OutOfMemory, Failed); damaged and missing tables are in
  // `problems`, and none hides another. `progress` is called on this thread after each table.
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
