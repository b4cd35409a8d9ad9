// Publisher: makes commit groups visible in the order of their sequences, each when it is ready.
//
// Owner: the commit pipeline.
// Threads: Enqueue under the commit mutex; the rest from any thread.
// Invariants:
//   1. visible() is the last sequence of the longest prefix of groups that were readied with OK.
//   2. After a group failed, no later group becomes visible: each gets the first error.
#ifndef TREERING_ENGINE_DB_PUBLISHER_H_
#define TREERING_ENGINE_DB_PUBLISHER_H_

#include <atomic>

#include "api/status.h"
#include "engine/base/thread.h"
#include "engine/key/internal_key.h"

namespace treering::db {

class Publisher {
 public:
  explicit Publisher(key::Sequence visible) : visible_(visible) {}

  // One group on its way; lives until ReadyAndWait returned.
  struct Ticket {
    key::Sequence last_sequence = 0;
    base::FutexWord published;  // 1 when it was decided
    bool ready = false;
    Status status;
    Ticket* next = nullptr;  // of a later group
  };

  const std::atomic<key::Sequence>& visible() const { return visible_; }

  // In order of sequences. Allocates nothing: the log has the group by now.
  void Enqueue(Ticket* ticket);
  // The group is in the memtable at its durability, or failed. Returns the group's outcome once
  // every earlier group is decided.
  Status ReadyAndWait(Ticket* ticket, const Status& status);
  // Returns OK when `sequence` is visible, or the error that keeps it from ever becoming so.
  Status WaitVisible(key::Sequence sequence);
  // Waits until no group is on its way.
  void Drain();

 private:
  base::Mutex mutex_;
  base::CondVar moved_;
  uint32_t watchers_ = 0;    // threads in WaitVisible or Drain
  Ticket* first_ = nullptr;  // the groups on their way
  Ticket* last_ = nullptr;
  Status first_error_;
  std::atomic<key::Sequence> visible_;
};

}  // namespace treering::db

#endif  // TREERING_ENGINE_DB_PUBLISHER_H_
