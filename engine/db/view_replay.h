// ViewReplay: puts recovered commit groups into a memtable, for a view that writes nothing.
//
// Owner: OpenDatabase.
// Threads: one.
// Invariants:
//   1. Groups come in the order of their sequences.
#ifndef TREERING_ENGINE_DB_VIEW_REPLAY_H_
#define TREERING_ENGINE_DB_VIEW_REPLAY_H_

#include <memory>

#include "engine/memtable/memtable.h"
#include "engine/wal/group.h"

namespace treering::db {

class ViewReplay {
 public:
  ViewReplay(key::KeyOrder order, base::BlockSource* blocks);

  // OutOfMemory when the log does not fit the memory budget.
  Status Add(const wal::GroupHeader& header, const Slice& payload);
  std::shared_ptr<memtable::MemTable> memtable() const { return memtable_; }

 private:
  const std::shared_ptr<memtable::MemTable> memtable_;
};

}  // namespace treering::db

#endif  // TREERING_ENGINE_DB_VIEW_REPLAY_H_
