// LogThread: the one thread that writes the log for those who do not wait: spills, sessions'
// commits, promise blocks.
//
// Owner: the Runtime.
// Threads: Register, Unregister, Kick and CallAt from any thread; Kick and CallAt also from inside
//   a client's call. A client's calls come from the log thread alone, one at a time.
// Invariants:
//   1. A Kick is followed by an OnLogThread call that started after it; kicks before that call
//      merge.
//   2. After Unregister returned, the client is not running and will not be called again.
//   3. With requests in flight the thread blocks in its queue, without on a CondVar.
//   4. Clients are called in turn: none starves another.
#ifndef TREERING_ENGINE_RUNTIME_LOG_THREAD_H_
#define TREERING_ENGINE_RUNTIME_LOG_THREAD_H_

#include <cstdint>
#include <memory>
#include <vector>

#include "api/result.h"
#include "engine/base/clock.h"
#include "engine/base/thread.h"
#include "engine/io/disk.h"
#include "engine/io/queue.h"
#include "engine/runtime/io_totals.h"

namespace treering::runtime {

// One database's log, as the log thread sees it.
class LogClient {
 public:
  virtual ~LogClient() = default;
  // Something is due: a kick came, or the time set by CallAt. May use queue->Run, and may Submit
  // requests whose `owner` is this LogClient* and return; never calls Poll or Wait.
  virtual void OnLogThread(io::Queue* queue) = 0;
  // A request that OnLogThread or OnLogIo left in flight came back.
  virtual void OnLogIo(io::Queue* queue, io::Request* request);
};

class LogThread {
 public:
  static constexpr uint64_t kNever = UINT64_MAX;

  // `totals` may be null.
  static Result<std::unique_ptr<LogThread>> Start(io::Disk* disk, base::Clock* clock,
                                                  IoTotals* totals);
  // Every client was unregistered before.
  ~LogThread();

  void Register(LogClient* client);
  // Waits while the client is being called. The client has nothing in flight by then: it saw its
  // own requests end first. Never called from inside a client's call.
  void Unregister(LogClient* client);
  // Soon. Never blocks. Nothing happens for a client that is not registered (any more).
  void Kick(LogClient* client);
  // Once, when clock time reaches `at_nanos`; an earlier time that is already set stays.
  void CallAt(LogClient* client, uint64_t at_nanos);

 private:
  struct Entry {
    LogClient* client = nullptr;
    bool kicked = false;
    uint64_t due_nanos = kNever;
  };

  LogThread(io::Disk* disk, base::Clock* clock, IoTotals* totals);
  void Body();
  void Loop(io::Queue* queue);
  LogClient* NextDueLocked();
  uint64_t SleepNanosLocked() const;
  void Call(LogClient* client, io::Queue* queue, io::Request* request);
  void Reap(io::Queue* queue, bool wait, uint64_t timeout_nanos);
  Entry* FindLocked(LogClient* client);
  void WakeLocked();

  io::Disk* const disk_;
  base::Clock* const clock_;
  IoTotals* const totals_;
  base::Mutex mutex_;
  base::CondVar changed_;   // for the log thread
  base::CondVar returned_;  // for Unregister and Start
  std::vector<Entry> entries_;
  size_t turn_ = 0;               // where the next search for a due client begins
  LogClient* running_ = nullptr;  // being called
  io::Queue* queue_ = nullptr;    // set while the thread may block in it
  bool started_ = false;
  bool stop_ = false;
  Status start_status_;
  base::Thread thread_;
};

}  // namespace treering::runtime

#endif  // TREERING_ENGINE_RUNTIME_LOG_THREAD_H_
