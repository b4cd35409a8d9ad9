#include "engine/memtable/memtable_iterator.h"

#include "engine/key/internal_key.h"

namespace treering::memtable {

void MemTableIterator::Seek(const Slice& target) { node_ = list_->FindAtOrAfter(TargetOf(target)); }

void MemTableIterator::SeekForPrev(const Slice& target) {
  const Target wanted = TargetOf(target);
  // One search for both answers would not do: an insertion may come between the two nodes.
  const RecordNode* const found = list_->FindAtOrAfter(wanted);
  const bool exact = found != nullptr && found->tag() == wanted.tag &&
                     list_->order().CompareUser(found->user_key(), wanted.user_key) == 0;
  node_ = exact ? found : list_->FindBefore(wanted);
}

void MemTableIterator::Next() {
  node_ = node_->Next(0);
  // The one after is wanted next: fetch its head and key, and the start of its value.
  if (node_ != nullptr) __builtin_prefetch(node_->Next(0));
}

void MemTableIterator::Prev() {
  node_ = list_->FindBefore(Target(list_->order(), node_->user_key(), node_->tag()));
}

}  // namespace treering::memtable
