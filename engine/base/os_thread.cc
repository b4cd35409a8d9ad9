#include "engine/base/os_thread.h"

#include <linux/futex.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cstring>
#include <memory>
#include <utility>

namespace treering::base {
namespace {

constexpr size_t kOsNameBytesMax = 15;

struct StartArguments {
  std::string name;
  std::function<void()> body;
};

void* Enter(void* arguments) {
  std::unique_ptr<StartArguments> start(static_cast<StartArguments*>(arguments));
  // Names are for debuggers: a refusal changes nothing.
  (void)pthread_setname_np(pthread_self(), start->name.substr(0, kOsNameBytesMax).c_str());
  start->body();
  return nullptr;
}

}  // namespace

Status StartOsThread(const std::string& name, std::function<void()> body, pthread_t* out) {
  auto start = std::make_unique<StartArguments>(StartArguments{name, std::move(body)});
  const int error = pthread_create(out, nullptr, Enter, start.get());
  if (error != 0) {
    return Status::OutOfMemory("thread " + name + " not started: " + std::strerror(error));
  }
  (void)start.release();  // the new thread owns it
  return Status::Ok();
}

void FutexWait(const std::atomic<uint32_t>* word, uint32_t value) {
  static_assert(sizeof *word == sizeof value && std::atomic<uint32_t>::is_always_lock_free);
  syscall(SYS_futex, word, FUTEX_WAIT_PRIVATE, value, nullptr, nullptr, 0);
}

void FutexWake(const std::atomic<uint32_t>* word, int waiters_max) {
  syscall(SYS_futex, word, FUTEX_WAKE_PRIVATE, waiters_max, nullptr, nullptr, 0);
}

}  // namespace treering::base
