#include "bench/interval_reporter.h"

#include <algorithm>
#include <cstdio>

namespace treering::bench {
namespace {

constexpr uint64_t kNanosPerSecond = 1'000'000'000;

}  // namespace

IntervalReporter::IntervalReporter(uint64_t file_seconds, std::string file_path,
                                   uint64_t line_seconds)
    : file_nanos_(file_seconds * kNanosPerSecond),
      file_path_(std::move(file_path)),
      line_nanos_(line_seconds * kNanosPerSecond) {}

IntervalReporter::~IntervalReporter() {
  if (!thread_.joinable()) return;
  {
    base::MutexLock lock(&mutex_);
    ended_ = true;
    changed_.NotifyAll();
  }
  thread_.Join();
}

Status IntervalReporter::Start() {
  if (file_nanos_ == 0 && line_nanos_ == 0) return Status::Ok();
  if (file_nanos_ != 0) {
    file_.open(file_path_);
    file_ << "secs_elapsed,interval_qps" << std::endl;
    if (!file_) return Status::IoError(file_path_ + ": cannot be written");
  }
  return base::Thread::Start(
      "bench-report", [this] { Loop(); }, &thread_);
}

void IntervalReporter::BeginRun(std::vector<const OpRecorder*> recorders) {
  base::MutexLock lock(&mutex_);
  recorders_ = std::move(recorders);
  if (start_nanos_ == 0) {
    start_nanos_ = base::SystemClock()->NowNanos();
    if (file_nanos_ != 0) next_file_ = start_nanos_ + file_nanos_;
    if (line_nanos_ != 0) next_line_ = start_nanos_ + line_nanos_;
  }
  changed_.NotifyAll();
}

void IntervalReporter::EndRun() {
  base::MutexLock lock(&mutex_);
  before_ = CountLocked();
  recorders_.clear();
}

uint64_t IntervalReporter::CountLocked() const {
  uint64_t count = before_;
  for (const OpRecorder* recorder : recorders_) count += recorder->published();
  return count;
}

void IntervalReporter::WriteFileLocked(uint64_t now) {
  const uint64_t count = CountLocked();
  file_ << (now - start_nanos_) / kNanosPerSecond << ","
        << (count - file_count_) * kNanosPerSecond / file_nanos_ << std::endl;
  file_count_ = count;
  next_file_ += file_nanos_;
}

void IntervalReporter::WriteLineLocked(uint64_t now) {
  const uint64_t count = CountLocked();
  const double seconds = static_cast<double>(now - start_nanos_) / kNanosPerSecond;
  std::fprintf(stderr, "... %.1f s: %llu ops, %.1f ops/second in this interval\n", seconds,
               static_cast<unsigned long long>(count),
               static_cast<double>(count - line_count_) * kNanosPerSecond /
                   static_cast<double>(line_nanos_));
  line_count_ = count;
  next_line_ += line_nanos_;
}

void IntervalReporter::Loop() {
  base::MutexLock lock(&mutex_);
  while (!ended_) {
    const uint64_t now = base::SystemClock()->NowNanos();
    if (now >= next_file_) WriteFileLocked(now);
    if (now >= next_line_) WriteLineLocked(now);
    const uint64_t due = std::min(next_file_, next_line_);
    if (due == UINT64_MAX) {
      changed_.Wait(&mutex_);
    } else if (due > now) {
      changed_.WaitFor(&mutex_, due - now);
    }
  }
}

}  // namespace treering::bench
