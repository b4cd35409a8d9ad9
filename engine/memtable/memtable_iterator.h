// MemTableIterator: the records of one skip list as a stream of internal keys.
//
// Owner: the caller, which keeps the list alive.
// Threads: one at a time, beside any number of insertions.
// Invariants:
//   1. Keys and values point into the list and outlive the iterator.
//   2. Never fails. Forward is a pointer; backward is a search, for nodes know no predecessor.
#ifndef TREERING_ENGINE_MEMTABLE_MEMTABLE_ITERATOR_H_
#define TREERING_ENGINE_MEMTABLE_MEMTABLE_ITERATOR_H_

#include "api/slice.h"
#include "api/status.h"
#include "engine/key/internal_iterator.h"
#include "engine/memtable/skip_list.h"

namespace treering::memtable {

class MemTableIterator final : public key::InternalIterator {
 public:
  explicit MemTableIterator(const SkipList* list) : list_(list) {}

  bool Valid() const override { return node_ != nullptr; }
  void SeekToFirst() override { node_ = list_->First(); }
  void SeekToLast() override { node_ = list_->Last(); }
  void Seek(const Slice& target) override;
  void SeekForPrev(const Slice& target) override;
  void Next() override;
  void Prev() override;
  Slice key() const override { return node_->internal_key(); }
  Slice value() const override { return node_->value(); }
  Status status() const override { return Status::Ok(); }

 private:
  Target TargetOf(const Slice& internal_key) const {
    return Target(list_->order(), key::UserKey(internal_key), key::Tag(internal_key));
  }

  const SkipList* const list_;
  const RecordNode* node_ = nullptr;
};

}  // namespace treering::memtable

#endif  // TREERING_ENGINE_MEMTABLE_MEMTABLE_ITERATOR_H_
