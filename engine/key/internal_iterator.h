// InternalIterator: a sorted stream of internal keys, as memtables, tables and merges give it.
//
// Owner: the caller that made it; it keeps alive what it reads from.
// Threads: one at a time.
// Invariants:
//   1. Not Valid and status() OK: before the first or behind the last. Not Valid and status() not
//      OK: stopped at an error; it never skips what it could not read.
//   2. key() and value() stay good until the next call that moves.
#ifndef TREERING_ENGINE_KEY_INTERNAL_ITERATOR_H_
#define TREERING_ENGINE_KEY_INTERNAL_ITERATOR_H_

#include "api/slice.h"
#include "api/status.h"

namespace treering::key {

class InternalIterator {
 public:
  virtual ~InternalIterator() = default;

  virtual bool Valid() const = 0;
  virtual void SeekToFirst() = 0;
  virtual void SeekToLast() = 0;
  // To the first entry at or behind `target`, an encoded internal key.
  virtual void Seek(const Slice& target) = 0;
  // To the last entry at or before `target`.
  virtual void SeekForPrev(const Slice& target) = 0;
  virtual void Next() = 0;
  virtual void Prev() = 0;
  virtual Slice key() const = 0;  // encoded internal key
  virtual Slice value() const = 0;
  virtual Status status() const = 0;

  // Starts whatever reads a following Seek(target) will need, without waiting; may do nothing. A
  // merge calls it on all children first, so that all levels seek in parallel; whoever seeks in a
  // merge need not.
  virtual void PrepareSeek(const Slice& target) { (void)target; }
};

}  // namespace treering::key

#endif  // TREERING_ENGINE_KEY_INTERNAL_ITERATOR_H_
