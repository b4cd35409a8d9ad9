// OperationGate: counts the calls that are inside, so that Close can wait for them.
//
// Owner: DbCore.
// Threads: any.
// Invariants:
//   1. After CloseAndWait returned no call is inside and none gets in.
#ifndef TREERING_ENGINE_DB_OPERATION_GATE_H_
#define TREERING_ENGINE_DB_OPERATION_GATE_H_

#include "engine/base/thread.h"

namespace treering::db {

class OperationGate {
 public:
  // One call's stay; converts to false when the gate is closed.
  class Pass {
   public:
    explicit Pass(OperationGate* gate) : gate_(gate->Enter() ? gate : nullptr) {}
    ~Pass() {
      if (gate_ != nullptr) gate_->Leave();
    }
    Pass(const Pass&) = delete;
    Pass& operator=(const Pass&) = delete;
    explicit operator bool() const { return gate_ != nullptr; }

   private:
    OperationGate* const gate_;
  };

  void CloseAndWait() {
    base::MutexLock lock(&mutex_);
    closed_ = true;
    while (inside_ > 0) left_.Wait(&mutex_);
  }

 private:
  bool Enter() {
    base::MutexLock lock(&mutex_);
    if (closed_) return false;
    ++inside_;
    return true;
  }
  void Leave() {
    base::MutexLock lock(&mutex_);
    if (--inside_ == 0 && closed_) left_.NotifyAll();
  }

  base::Mutex mutex_;
  base::CondVar left_;
  bool closed_ = false;
  uint32_t inside_ = 0;
};

}  // namespace treering::db

#endif  // TREERING_ENGINE_DB_OPERATION_GATE_H_
