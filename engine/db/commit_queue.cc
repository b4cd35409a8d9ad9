#include "engine/db/commit_queue.h"

#include <algorithm>

namespace treering::db {

std::shared_ptr<CommitGroup> CommitQueue::Join(const WriteBatch* batch, Durability durability,
                                               bool* is_leader) {
  const uint64_t bytes = batch->ByteSize();
  CommitGroup* last = groups_.empty() ? nullptr : groups_.back().get();
  *is_leader = last == nullptr || !last->open || last->bytes + bytes > kGroupBytesMax;
  // What may throw comes before what is seen.
  std::shared_ptr<CommitGroup> group =
      *is_leader ? std::make_shared<CommitGroup>() : groups_.back();
  group->batches.push_back(batch);
  if (*is_leader) groups_.push_back(group);
  group->bytes += bytes;
  group->count += batch->count();
  group->durability = std::max(group->durability, durability);
  return group;
}

std::shared_ptr<CommitGroup> CommitQueue::JoinAlone() {
  auto group = std::make_shared<CommitGroup>();
  group->open = false;
  groups_.push_back(group);
  return group;
}

void CommitQueue::PassOn() {
  groups_.pop_front();
  if (!groups_.empty()) groups_.front()->turn.StoreAndWakeAll(1);
}

void CommitQueue::Finish(CommitGroup* group, const Status& status) {
  group->status = status;
  if (group->batches.size() > 1) group->done.StoreAndWakeAll(1);
}

}  // namespace treering::db
