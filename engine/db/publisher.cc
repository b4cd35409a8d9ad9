#include "engine/db/publisher.h"

#include <utility>

#include "engine/base/check.h"

namespace treering::db {

void Publisher::Enqueue(Ticket* ticket) {
  base::MutexLock lock(&mutex_);
  TREERING_CHECK(first_ == nullptr || last_->last_sequence < ticket->last_sequence);
  (first_ == nullptr ? first_ : last_->next) = ticket;
  last_ = ticket;
}

Status Publisher::ReadyAndWait(Ticket* ticket, const Status& status) {
  bool decided = false;
  {
    base::MutexLock lock(&mutex_);
    ticket->ready = true;
    ticket->status = status;
    bool moved = false;
    while (first_ != nullptr && first_->ready) {
      Ticket* const front = std::exchange(first_, first_->next);
      moved = true;
      if (first_error_.ok() && !front->status.ok()) first_error_ = front->status;
      if (first_error_.ok()) {
        visible_.store(front->last_sequence, std::memory_order_release);
      } else if (front->status.ok()) {
        front->status = first_error_;
      }
      if (front == ticket) {
        decided = true;  // nobody sleeps on our own word: no wake call
      } else {
        front->published.StoreAndWakeAll(1);
      }
    }
    if (moved && watchers_ > 0) moved_.NotifyAll();
  }
  if (!decided) ticket->published.WaitWhile(0);
  return ticket->status;
}

Status Publisher::WaitVisible(key::Sequence sequence) {
  base::MutexLock lock(&mutex_);
  ++watchers_;
  while (visible_.load(std::memory_order_relaxed) < sequence && first_error_.ok())
    moved_.Wait(&mutex_);
  --watchers_;
  return visible_.load(std::memory_order_relaxed) >= sequence ? Status::Ok() : first_error_;
}

void Publisher::Drain() {
  base::MutexLock lock(&mutex_);
  ++watchers_;
  while (first_ != nullptr) moved_.Wait(&mutex_);
  --watchers_;
}

}  // namespace treering::db
