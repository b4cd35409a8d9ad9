#include "engine/io/posix_queue.h"

#include <optional>

#include "engine/base/check.h"
#include "engine/base/thread.h"
#include "engine/io/posix_file.h"
#include "engine/io/queue_core.h"

namespace treering::io {
namespace {

class PosixDriver final : public QueueDriver {
 public:
  void Start(const Attempt& attempt) override {
    TREERING_CHECK(!attempt_.has_value());
    attempt_ = attempt;
  }

  void Collect(size_t min_count, uint64_t timeout_nanos, AttemptSink* sink) override {
    if (attempt_.has_value()) {
      const Attempt attempt = *attempt_;
      attempt_.reset();
      ++stats()->kernel_enters;
      sink->OnResult(attempt.request, RunPlain(attempt));
      return;
    }
    if (min_count > 0) WaitForInterrupt(timeout_nanos);
  }

  void Interrupt() override {
    base::MutexLock lock(&mutex_);
    interrupted_ = true;
    interrupt_.NotifyOne();
  }

 private:
  void WaitForInterrupt(uint64_t timeout_nanos) {
    base::MutexLock lock(&mutex_);
    if (!interrupted_ && timeout_nanos == kNoTimeout) {
      interrupt_.Wait(&mutex_);
    } else if (!interrupted_) {
      // Early or late does not matter: the core looks at the clock.
      (void)interrupt_.WaitFor(&mutex_, timeout_nanos);
    }
    interrupted_ = false;
  }

  std::optional<Attempt> attempt_;
  base::Mutex mutex_;
  base::CondVar interrupt_;
  bool interrupted_ = false;
};

}  // namespace

std::unique_ptr<Queue> NewPosixQueue() {
  return std::make_unique<QueueCore>(std::make_unique<PosixDriver>(), /*depth=*/1);
}

}  // namespace treering::io
