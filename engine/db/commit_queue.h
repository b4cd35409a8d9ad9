// CommitQueue: writers that arrive together form groups; one of each leads, in order of arrival.
//
// Owner: the commit pipeline.
// Threads: Join, Close and PassOn under the commit mutex; the waits outside it.
// Invariants:
//   1. A group's first writer is its leader. A group takes writers until it is closed or full.
//   2. Leaders get their turn one at a time, in order.
//   3. Followers of a group sleep on one word and are woken by one call; a group without followers
//      makes none.
//   4. A group lives until its last member let go of it.
#ifndef TREERING_ENGINE_DB_COMMIT_QUEUE_H_
#define TREERING_ENGINE_DB_COMMIT_QUEUE_H_

#include <atomic>
#include <cstdint>
#include <deque>
#include <memory>
#include <vector>

#include "api/durability.h"
#include "api/status.h"
#include "api/write_batch.h"
#include "engine/base/thread.h"

namespace treering::db {

struct CommitGroup {
  std::vector<const WriteBatch*> batches;
  uint64_t bytes = 0;
  uint32_t count = 0;
  Durability durability = Durability::kMemory;  // the strongest of its members
  bool open = true;
  Status status;  // the outcome; good once `done` is 1

  base::FutexWord turn;  // the leader's: 1 when it may lead
  base::FutexWord done;  // the followers': 1 when the group is decided
};

class CommitQueue {
 public:
  // Bytes after which a group takes no further writer: a group's latency stays near a page's.
  static constexpr uint64_t kGroupBytesMax = 1u << 20;

  // Adds the writer to the open group or to a new one, which it then leads.
  std::shared_ptr<CommitGroup> Join(const WriteBatch* batch, Durability durability,
                                    bool* is_leader);
  // A closed group without a batch, for a turn of its own.
  std::shared_ptr<CommitGroup> JoinAlone();
  // Whether the leader of `group` must wait on group->turn before it goes on.
  bool IsFront(const CommitGroup& group) const { return groups_.front().get() == &group; }
  // No further writer joins; call at the start of the group's turn, when its members are needed.
  void Close(CommitGroup* group) { group->open = false; }
  // Ends the front group's turn and gives it to the next leader.
  void PassOn();
  bool empty() const { return groups_.empty(); }

  // Decides the group's outcome and wakes its followers.
  static void Finish(CommitGroup* group, const Status& status);

 private:
  std::deque<std::shared_ptr<CommitGroup>> groups_;
};

}  // namespace treering::db

#endif  // TREERING_ENGINE_DB_COMMIT_QUEUE_H_
