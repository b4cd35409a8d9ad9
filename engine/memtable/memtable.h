// MemTable: the newest records of a database, in memory, sorted.
//
// Owner: shared: the database's list of memtables, and every reader that is at work in one.
// Threads: Reserve, Add, Get, iterators and figures from any threads at once; one Reservation, and
//   one iterator, belong to one thread at a time.
// Invariants:
//   1. What was reserved can be added: Add does not fail and does not allocate.
//   2. A record never moves and never changes; Slices into it live as long as the memtable.
//   3. A reader sees a record wholly or not at all, and sees every record whose Add returned before
//      the reader's call began. Which of them count is for the caller's snapshot to say.
//   4. A memtable may be several sorted runs: readers ask by Get, or merge all of AppendIterators.
//   5. All memory comes from the BlockSource and goes back to it when the last owner lets go.
#ifndef TREERING_ENGINE_MEMTABLE_MEMTABLE_H_
#define TREERING_ENGINE_MEMTABLE_MEMTABLE_H_

#include <atomic>
#include <cstdint>
#include <memory>
#include <vector>

#include "api/result.h"
#include "api/slice.h"
#include "engine/base/block_source.h"
#include "engine/key/internal_iterator.h"
#include "engine/key/internal_key.h"
#include "engine/memtable/reserve_arena.h"
#include "engine/memtable/skip_list.h"

namespace treering::memtable {

class MemTable;

// Memory set aside for the records of one commit (or of one thread's part of it). What was not used
// goes back when it is destroyed; then its records count in the memtable's figures. The memtable
// outlives it. Move-only.
class Reservation {
 public:
  Reservation() = default;
  Reservation(Reservation&& other) noexcept;
  Reservation& operator=(Reservation&& other) noexcept;
  ~Reservation();

 private:
  friend class MemTable;
  MemTable* table_ = nullptr;
  ReserveArena::Extent extent_;
  key::Sequence first_ = 0;
  uint64_t records_ = 0;
  uint64_t added_ = 0;
  uint64_t deletions_ = 0;
};

struct Lookup {
  enum class Outcome : uint8_t { kAbsent, kValue, kDeleted };
  Outcome outcome = Outcome::kAbsent;
  key::Sequence sequence = 0;  // of the record found
  Slice value;                 // into the memtable; for kValue
};

class MemTable {
 public:
  // `blocks` outlives the memtable. `seed` decides the shape; take it from the database's Prng. No
  // memory is taken before the first Reserve.
  MemTable(key::KeyOrder order, base::BlockSource* blocks, uint64_t seed);
  ~MemTable();
  MemTable(const MemTable&) = delete;
  MemTable& operator=(const MemTable&) = delete;

  // Sets memory aside for the records of sequences [first, first + records), whose keys and values
  // together have at most `data_bytes` bytes (a batch's ByteSize() is such a bound). OutOfMemory
  // when the source has none: ask before anything is logged. InvalidArgument beyond kSequenceMax.
  // Not after Seal.
  Result<Reservation> Reserve(key::Sequence first, uint64_t records, uint64_t data_bytes);

  // Adds one of the records that `reservation` was made for; each sequence once. `kind` is kValue
  // or kDelete (`value` is empty then); sizes are within base/limits.h.
  void Add(Reservation* reservation, key::Sequence sequence, key::Kind kind, const Slice& user_key,
           const Slice& value);

  // The newest record of `user_key` at or below `snapshot`.
  Lookup Get(const Slice& user_key, key::Sequence snapshot) const;

  // All records, in order; the caller keeps the memtable alive. Beside Adds it is safe and shows
  // each record that was there when it was positioned.
  std::unique_ptr<key::InternalIterator> NewIterator() const;
  // One iterator per sorted run, newest run first: children for the caller's own merge.
  void AppendIterators(std::vector<std::unique_ptr<key::InternalIterator>>* out) const;

  // No further Reserve. Reservations made before may still add: the owner waits for their commits
  // before it flushes.
  void Seal() { sealed_.store(true, std::memory_order_release); }
  bool sealed() const { return sealed_.load(std::memory_order_acquire); }

  // Bytes held from the source: what this memtable costs the budget.
  // After Seal, when it is in a table: what still holds it only reads.
  void PassToReaders() { arena_.PassToReaders(); }
  uint64_t MemoryBytes() const { return arena_.held_bytes(); }
  // Bytes of records, reserved ones included: what decides when the memtable is full.
  uint64_t UsedBytes() const { return arena_.used_bytes(); }
  // Records of ended reservations.
  uint64_t EntryCount() const { return entry_count_.load(std::memory_order_relaxed); }
  uint64_t DeletionCount() const { return deletion_count_.load(std::memory_order_relaxed); }
  // Bounds of the sequences ever reserved here: nothing outside them is in the memtable. Both 0
  // before the first Reserve.
  key::Sequence FirstSequence() const;
  key::Sequence LastSequence() const;

 private:
  friend class Reservation;
  void Finish(Reservation* reservation);
  void Widen(key::Sequence first, key::Sequence last);

  const key::KeyOrder order_;
  ReserveArena arena_;
  SkipList list_;
  std::atomic<bool> sealed_{false};
  std::atomic<uint64_t> entry_count_{0};
  std::atomic<uint64_t> deletion_count_{0};
  std::atomic<key::Sequence> first_sequence_{UINT64_MAX};
  std::atomic<key::Sequence> last_sequence_{0};
};

}  // namespace treering::memtable

#endif  // TREERING_ENGINE_MEMTABLE_MEMTABLE_H_
