#include "engine/runtime/log_thread.h"

#include <algorithm>
#include <array>
#include <utility>

#include "engine/base/check.h"
#include "engine/base/contain.h"

namespace treering::runtime {
namespace {

constexpr uint32_t kQueueDepth = 64;
constexpr size_t kReapMax = 16;
constexpr uint64_t kAgainNanos = 10'000'000;

}  // namespace

void LogClient::OnLogIo(io::Queue*, io::Request*) {
  // A client that leaves requests in flight takes them back.
  TREERING_CHECK(false);
}

LogThread::LogThread(io::Disk* disk, base::Clock* clock, IoTotals* totals)
    : disk_(disk), clock_(clock), totals_(totals) {}

Result<std::unique_ptr<LogThread>> LogThread::Start(io::Disk* disk, base::Clock* clock,
                                                    IoTotals* totals) {
  std::unique_ptr<LogThread> log(new LogThread(disk, clock, totals));
  LogThread* const raw = log.get();
  Status status = base::Thread::Start(
      "tr-log", [raw] { raw->Body(); }, &log->thread_);
  if (!status.ok()) return status;
  {
    base::MutexLock lock(&raw->mutex_);
    while (!raw->started_) raw->returned_.Wait(&raw->mutex_);
    status = raw->start_status_;
  }
  if (!status.ok()) return status;
  return log;
}

LogThread::~LogThread() {
  {
    base::MutexLock lock(&mutex_);
    TREERING_CHECK(entries_.empty());
    stop_ = true;
    WakeLocked();
  }
  if (thread_.joinable()) thread_.Join();
}

void LogThread::WakeLocked() {
  changed_.NotifyAll();
  if (queue_ != nullptr) queue_->Wake();
}

LogThread::Entry* LogThread::FindLocked(LogClient* client) {
  const auto it = std::find_if(entries_.begin(), entries_.end(),
                               [client](const Entry& entry) { return entry.client == client; });
  return it == entries_.end() ? nullptr : &*it;
}

void LogThread::Register(LogClient* client) {
  base::MutexLock lock(&mutex_);
  entries_.push_back({.client = client});
}

void LogThread::Unregister(LogClient* client) {
  base::MutexLock lock(&mutex_);
  Entry* const entry = FindLocked(client);
  TREERING_CHECK(entry != nullptr);
  entries_.erase(entries_.begin() + (entry - entries_.data()));
  while (running_ == client) returned_.Wait(&mutex_);
}

void LogThread::Kick(LogClient* client) {
  base::MutexLock lock(&mutex_);
  Entry* const entry = FindLocked(client);
  if (entry == nullptr) return;  // it is on its way out
  entry->kicked = true;
  WakeLocked();
}

void LogThread::CallAt(LogClient* client, uint64_t at_nanos) {
  base::MutexLock lock(&mutex_);
  Entry* const entry = FindLocked(client);
  if (entry == nullptr || at_nanos >= entry->due_nanos) return;
  entry->due_nanos = at_nanos;
  WakeLocked();
}

// The next client in turn that was kicked or whose time has come; its cause is taken.
LogClient* LogThread::NextDueLocked() {
  const uint64_t now = clock_->NowNanos();
  for (size_t i = 0; i < entries_.size(); ++i) {
    Entry& entry = entries_[(turn_ + i) % entries_.size()];
    const bool due = entry.due_nanos <= now;
    if (!entry.kicked && !due) continue;
    entry.kicked = false;
    if (due) entry.due_nanos = kNever;
    turn_ = (turn_ + i + 1) % entries_.size();
    return entry.client;
  }
  return nullptr;
}

uint64_t LogThread::SleepNanosLocked() const {
  uint64_t due = kNever;
  for (const Entry& entry : entries_) due = std::min(due, entry.due_nanos);
  if (due == kNever) return kNever;
  const uint64_t now = clock_->NowNanos();
  return due > now ? due - now : 0;
}

// Calls the client, for `request` when there is one. Called without the mutex.
void LogThread::Call(LogClient* client, io::Queue* queue, io::Request* request) {
  const Status called = base::Contain([&] {
    if (request != nullptr) {
      client->OnLogIo(queue, request);
    } else {
      client->OnLogThread(queue);
    }
  });
  // It had no memory: what it was called for is still to be done.
  if (!called.ok()) CallAt(client, clock_->NowNanos() + kAgainNanos);
  base::MutexLock lock(&mutex_);
  running_ = nullptr;
  returned_.NotifyAll();
}

void LogThread::Reap(io::Queue* queue, bool wait, uint64_t timeout_nanos) {
  std::array<io::Request*, kReapMax> done;
  const size_t count = wait ? queue->Wait(done, 1, timeout_nanos) : queue->Poll(done);
  for (size_t i = 0; i < count; ++i) {
    auto* const client = static_cast<LogClient*>(done[i]->owner);
    {
      base::MutexLock lock(&mutex_);
      running_ = client;
    }
    Call(client, queue, done[i]);
  }
}

void LogThread::Body() {
  auto queue = base::Contain([&] { return disk_->NewQueue(kQueueDepth); });
  {
    base::MutexLock lock(&mutex_);
    started_ = true;
    start_status_ = queue.status();
    returned_.NotifyAll();
  }
  if (queue.ok()) Loop(queue->get());
}

void LogThread::Loop(io::Queue* queue) {
  io::QueueStats counted;
  mutex_.Lock();
  while (!stop_ || queue->in_flight() > 0) {
    if (LogClient* const client = NextDueLocked(); client != nullptr) {
      running_ = client;
      mutex_.Unlock();
      Call(client, queue, nullptr);
      if (queue->in_flight() > 0) Reap(queue, false, 0);
      if (totals_ != nullptr) totals_->Add(queue->stats(), &counted);
      mutex_.Lock();
      continue;
    }
    const uint64_t sleep_nanos = SleepNanosLocked();
    if (queue->in_flight() > 0) {
      queue_ = queue;
      mutex_.Unlock();
      Reap(queue, true, sleep_nanos);
      mutex_.Lock();
      queue_ = nullptr;
    } else if (sleep_nanos == kNever) {
      changed_.Wait(&mutex_);
    } else if (sleep_nanos > 0) {
      changed_.WaitFor(&mutex_, sleep_nanos);
    }
  }
  mutex_.Unlock();
}

}  // namespace treering::runtime
