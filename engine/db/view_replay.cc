#include "engine/db/view_replay.h"

#include "engine/base/prng.h"
#include "engine/db/replay_group.h"

namespace treering::db {

ViewReplay::ViewReplay(key::KeyOrder order, base::BlockSource* blocks)
    : memtable_(std::make_shared<memtable::MemTable>(order, blocks, base::EntropyU64())) {}

Status ViewReplay::Add(const wal::GroupHeader& header, const Slice& payload) {
  auto reserved = memtable_->Reserve(header.first_sequence, header.count, payload.size());
  if (!reserved.ok()) return reserved.status();
  return ReplayGroup(
      header, payload,
      [&](key::Sequence sequence, key::Kind kind, const Slice& user_key, const Slice& value) {
        memtable_->Add(&*reserved, sequence, kind, user_key, value);
        return Status::Ok();
      });
}

}  // namespace treering::db
