#include "engine/db/disk_retry.h"

#include <memory>

#include "engine/base/contain.h"
#include "engine/base/file_names.h"
#include "engine/wal/segment.h"

namespace treering::db {
namespace {

constexpr uint64_t kRetryNanos = 1'000'000'000;
constexpr uint64_t kProbeBytes = 1u << 20;

}  // namespace

void DiskRetry::Later(const Status& cause) {
  {
    base::MutexLock lock(&mutex_);
    at_nanos_ = env_.runtime->clock()->NowNanos() + kRetryNanos;
    cause_ = cause;
  }
  env_.keeper->Wake();
}

Status DiskRetry::cause() const {
  base::MutexLock lock(&mutex_);
  return cause_;
}

uint64_t DiskRetry::Tick(uint64_t now_nanos) {
  base::MutexLock lock(&mutex_);
  if (env_.errors->state() == DbState::kDegraded && at_nanos_ == 0) {
    at_nanos_ = now_nanos + kRetryNanos;
    cause_ = env_.errors->cause();
    if (cause_.ok()) at_nanos_ = 0;  // it has just resumed
  }
  if (at_nanos_ == 0) return runtime::LogThread::kNever;
  if (now_nanos < at_nanos_) return at_nanos_;
  at_nanos_ = now_nanos + kRetryNanos;
  if (!probe_scheduled_ && !env_.stop->load(std::memory_order_relaxed)) {
    probe_scheduled_ = true;
    env_.runtime->workers()->Schedule(runtime::JobPriority::kPrepare, env_.store,
                                      [this](io::Queue* queue) { Probe(queue); });
  }
  return at_nanos_;
}

// Whether the disk takes a file again.
Status DiskRetry::TryDisk(io::Queue* queue) {
  auto number = env_.store->NewFileNumber(queue);
  if (!number.ok()) return number.status();
  auto segment =
      wal::CreateSegment(env_.directory, queue, env_.runtime->buffers(), *number, kProbeBytes);
  if (!segment.ok()) return segment.status();
  segment->reset();
  return env_.directory->Unlink(base::MakeFileName(base::FileKind::kSegment, *number));
}

void DiskRetry::Probe(io::Queue* queue) {
  const Status status = base::Contain([&] { return TryDisk(queue); });
  {
    base::MutexLock lock(&mutex_);
    probe_scheduled_ = false;
    if (!status.ok()) return;
    at_nanos_ = 0;
    cause_ = Status::Ok();
    env_.errors->Resume();
  }
  env_.resumed();
}

}  // namespace treering::db
