#include "engine/runtime/runtime.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstddef>
#include <cstdlib>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "engine/base/sanitizers.h"
#include "engine/base/thread.h"
#include "engine/io/fresh_path.h"
#include "engine/io/sim_disk.h"
#include "engine/io/sim_testing.h"

namespace treering::runtime {
namespace {

constexpr uint64_t kMiB = 1u << 20;

RuntimeOptions SmallOptions() {
  RuntimeOptions options;
  options.memory_budget = 32 * kMiB;
  return options;
}

TEST(RuntimeTest, OptionsOutOfRangeAreNamed) {
  RuntimeOptions options;
  options.memory_budget = 1000;
  const Status small = RuntimeCore::Create(options).status();
  EXPECT_TRUE(small.IsInvalidArgument());
  EXPECT_NE(small.message().find("memory_budget is 1000"), std::string::npos);
  options = RuntimeOptions();
  options.background_threads = RuntimeCore::kBackgroundThreadsMax + 1;
  EXPECT_TRUE(RuntimeCore::Create(options).status().IsInvalidArgument());
}

TEST(RuntimeTest, EveryPartWorksOnASimulatedDisk) {
  io::RunSim(1, [] {
    io::SimStorage storage;
    io::SimDisk disk(&storage);
    auto runtime = std::move(RuntimeCore::CreateOn(&disk, SmallOptions())).value();
    EXPECT_TRUE(runtime->CheckProcess().ok());
    EXPECT_TRUE(runtime->LeaseQueue().ok());
    EXPECT_TRUE(runtime->LeaseSharedQueue().ok());
    bool ran = false;
    base::Mutex mutex;
    base::CondVar done;
    runtime->workers()->Schedule(JobPriority::kFlush, &ran, [&](io::Queue*) {
      base::MutexLock lock(&mutex);
      ran = true;
      done.NotifyAll();
    });
    {
      base::MutexLock lock(&mutex);
      while (!ran) done.Wait(&mutex);
    }
    runtime->workers()->Drain(&ran);
    cache::Frame* const frame = runtime->cache()->Allocate(4);
    ASSERT_NE(frame, nullptr);
    runtime->cache()->Discard(frame);
  });
}

TEST(RuntimeTest, MemtablesTakeTheirShareFromTheCache) {
  io::SimStorage storage;
  io::SimDisk disk(&storage);
  auto runtime = std::move(RuntimeCore::CreateOn(&disk, SmallOptions())).value();
  cache::PageCache* const cache = runtime->cache();
  const uint64_t file = cache->NewFileId();
  for (uint64_t page = 0; page < 8000; ++page) {
    cache::Frame* const frame = cache->Allocate(1);
    ASSERT_NE(frame, nullptr);
    (void)cache->Publish(frame, {file, page}, cache::Priority::kNormal, nullptr);
  }
  EXPECT_GE(runtime->budget()->used(base::MemoryClass::kCache), 16 * kMiB);
  EXPECT_LE(runtime->budget()->used(base::MemoryClass::kCache), 32 * kMiB * 85 / 100);
  std::vector<io::Buffer> held;
  for (int i = 0; i < 9; ++i) {
    held.push_back(runtime->buffers()->Allocate(2 * kMiB, base::MemoryClass::kMemtable));
    ASSERT_TRUE(held.back()) << i;
  }
  EXPECT_FALSE(runtime->buffers()->Allocate(2 * kMiB, base::MemoryClass::kMemtable))
      << "60 % of the budget";
  EXPECT_LE(runtime->budget()->used(), 32 * kMiB);
  while (io::Buffer ahead = runtime->buffers()->Allocate(64 << 10, base::MemoryClass::kIoBuffer,
                                                         base::Need::kSpare)) {
    held.push_back(std::move(ahead));
  }
  EXPECT_LE(runtime->budget()->used(), 30 * kMiB) << "the reserve";
  cache::Frame* const frame = cache->Allocate(1);
  ASSERT_NE(frame, nullptr) << "the cache keeps a floor";
  cache->Discard(frame);
  EXPECT_FALSE(runtime->buffers()->Allocate(8 * kMiB, base::MemoryClass::kIterator));
}

TEST(RuntimeTest, TheArenaGrowsAheadOfItsUse) {
  io::SimStorage storage;
  io::SimDisk disk(&storage);
  auto runtime = std::move(RuntimeCore::CreateOn(&disk, SmallOptions())).value();
  const auto await_mapped = [&disk](uint64_t bytes) {
    for (int i = 0; i < 1000 && disk.arena()->mapped_bytes() < bytes; ++i) {
      base::SleepNanos(10'000'000);
    }
    return disk.arena()->mapped_bytes();
  };
  io::Buffer first = runtime->buffers()->Allocate(2 * kMiB);
  EXPECT_GE(await_mapped(6 * kMiB), 6 * kMiB);
  io::Buffer second = runtime->buffers()->Allocate(2 * kMiB);
  EXPECT_GE(await_mapped(14 * kMiB), 14 * kMiB);
  EXPECT_EQ(disk.arena()->allocated_bytes(), 4 * kMiB);
}

TEST(RuntimeTest, TheArenaGrowsWhileCompactionsTakeTheirThreads) {
  io::SimStorage storage;
  io::SimDisk disk(&storage);
  RuntimeOptions options = SmallOptions();
  options.background_threads = 2;
  auto runtime = std::move(RuntimeCore::CreateOn(&disk, options)).value();
  std::atomic<bool> end{false};
  for (int i = 0; i < 2; ++i) {
    runtime->workers()->Schedule(JobPriority::kLevel0, &end, [&end](io::Queue*) {
      while (!end.load()) base::SleepNanos(100'000);
    });
  }
  while (runtime->workers()->running() == 0) base::SleepNanos(100'000);
  const io::Buffer buffer = runtime->buffers()->Allocate(2 * kMiB);
  for (int i = 0; i < 1000 && disk.arena()->mapped_bytes() < 6 * kMiB; ++i) {
    base::SleepNanos(5'000'000);
  }
  EXPECT_GE(disk.arena()->mapped_bytes(), 6 * kMiB);
  end.store(true);
  runtime->workers()->Drain(&end);
}

TEST(RuntimeTest, FactsNameDriverBudgetAndClasses) {
  io::SimStorage storage;
  io::SimDisk disk(&storage);
  auto runtime = std::move(RuntimeCore::CreateOn(&disk, SmallOptions())).value();
  const std::vector<std::string> facts = runtime->Facts();
  const auto has = [&facts](const std::string& line) {
    return std::find(facts.begin(), facts.end(), line) != facts.end();
  };
  EXPECT_TRUE(has("driver: sim"));
  EXPECT_TRUE(has("memory_budget_bytes: " + std::to_string(32 * kMiB)));
  EXPECT_TRUE(has("memory_memtable_bytes: 0"));
}

TEST(RuntimeTest, WhatWasRetiredIsFreedBeforeTheCacheGoes) {
  io::SimStorage storage;
  io::SimDisk disk(&storage);
  auto runtime = std::move(RuntimeCore::CreateOn(&disk, SmallOptions())).value();
  bool freed = false;
  cache::PageCache* const cache = runtime->cache();
  auto slot = std::make_shared<cache::SwizzleSlot>(nullptr);
  (void)cache->Publish(cache->Allocate(1), {cache->NewFileId(), 1}, cache::Priority::kHigh,
                       slot.get());
  runtime->epochs()->Retire([cache, slot, &freed] {
    cache->ForgetSlot(slot.get());
    freed = true;
  });
  runtime.reset();
  EXPECT_TRUE(freed);
}

TEST(RuntimeTest, TheLoggerIsToldWhyAFastPathIsOff) {
  std::vector<std::string> lines;
  RuntimeOptions options = SmallOptions();
  options.io_backend = IoBackend::kPosix;
  options.logger = [&lines](std::string_view line) { lines.emplace_back(line); };
  auto runtime = std::move(RuntimeCore::Create(options)).value();
  const io::DiskFacts facts = runtime->disk()->Facts();
  const size_t expected =
      (facts.fallback_reason.empty() ? 0u : 1u) + (facts.registered_reason.empty() ? 0u : 1u);
  EXPECT_GT(expected, 0u);
  EXPECT_EQ(lines.size(), expected);
}

// Runs `body` in a forked child that then exits as a program does; what it returned.
bool InChild(const std::function<bool()>& body) {
  const pid_t child = fork();
  EXPECT_GE(child, 0);
  if (child == 0) {
    const int code = body() ? 0 : 1;
#if TREERING_UNDER_ASAN
    _exit(code);  // what the parent's threads own would count as leaked
#else
    std::exit(code);
#endif
  }
  int result = -1;
  EXPECT_EQ(waitpid(child, &result, 0), child);
  EXPECT_TRUE(WIFEXITED(result)) << "signal " << WTERMSIG(result);
  return WIFEXITED(result) && WEXITSTATUS(result) == 0;
}

// Locked memory for rings but not for the first chunk of buffers.
bool LimitLockedMemory() {
  const rlimit limit = {kMiB, kMiB};
  if (setrlimit(RLIMIT_MEMLOCK, &limit) != 0) return false;
  return geteuid() != 0 || setuid(65534) == 0;  // root may lock without limit
}

TEST(RuntimeTest, TooLittleLockedMemoryIsSaidOnce) {
#if TREERING_UNDER_TSAN
  GTEST_SKIP() << "ThreadSanitizer allows no new threads after a fork";
#endif
  EXPECT_TRUE(InChild([] {
    std::vector<std::string> lines;
    RuntimeOptions options = SmallOptions();
    options.io_backend = IoBackend::kUring;
    options.logger = [&lines](std::string_view line) { lines.emplace_back(line); };
    if (!LimitLockedMemory()) return false;
    auto runtime = RuntimeCore::Create(options);
    if (!runtime.ok()) return false;
    const bool said = lines.size() == 1 &&
                      lines[0].find("buffers are not registered") != std::string::npos &&
                      lines[0].find("ulimit -l") != std::string::npos;
    { const io::Buffer more = (*runtime)->buffers()->Allocate(8 * kMiB); }
    const std::vector<std::string> facts = (*runtime)->Facts();
    const bool shown =
        std::find(facts.begin(), facts.end(), "registered_buffers: no") != facts.end();
    runtime->reset();
    return said && shown && lines.size() == 1;
  }));
}

// Any file that asks for direct I/O is refused it, as on file systems that have none.
bool RefuseDirectIo() {
  sock_filter filter[] = {
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr)),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_fcntl, 0, 3),
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, args) + 16),
      BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, O_DIRECT, 0, 1),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EINVAL),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
  };
  const sock_fprog program = {.len = 6, .filter = filter};
  return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
         prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == 0;
}

TEST(RuntimeTest, AFileWithoutDirectIoIsSaidOnceAndShown) {
#if TREERING_UNDER_TSAN
  GTEST_SKIP() << "ThreadSanitizer allows no new threads after a fork";
#endif
  const std::string path = io::FreshPath("runtime");
  EXPECT_TRUE(InChild([&path] {
    base::Mutex mutex;
    std::vector<std::string> lines;
    RuntimeOptions options = SmallOptions();
    options.io_backend = IoBackend::kUring;
    options.logger = [&](std::string_view line) {
      base::MutexLock lock(&mutex);
      lines.emplace_back(line);
    };
    auto runtime = std::move(RuntimeCore::Create(options)).value();
    const auto has = [&runtime](const std::string& line) {
      const std::vector<std::string> facts = runtime->Facts();
      return std::find(facts.begin(), facts.end(), line) != facts.end();
    };
    if (!has("direct_io: yes") || !lines.empty() || !RefuseDirectIo()) return false;
    auto directory = std::move(runtime->disk()->OpenDirectory(path, true)).value();
    for (const char* name : {"a", "b"}) {
      if (!directory->Open(name, {.mode = io::OpenMode::kCreate}).ok()) return false;
    }
    const std::string why = path + "/a: the file system refuses O_DIRECT";
    const bool shown = has("direct_io: no: " + why);
    runtime.reset();
    return shown && lines == std::vector<std::string>{"runtime: no direct I/O: " + why};
  }));
}

TEST(RuntimeTest, TheDefaultIsOneForTheProcess) {
  auto first = std::move(RuntimeCore::Default()).value();
  auto second = std::move(RuntimeCore::Default()).value();
  EXPECT_EQ(first, second);
  EXPECT_EQ(first->budget()->limit(), 256 * kMiB);
}

TEST(RuntimeTest, AQueueOfALivingThreadEndsWithTheRuntime) {
  auto runtime = std::move(RuntimeCore::Create(SmallOptions())).value();
  ASSERT_TRUE(runtime->LeaseQueue().ok());
  EXPECT_EQ(runtime->Leases().own_alive, 1u);
  base::Thread other;  // the last reference goes on another thread than the queue's
  ASSERT_TRUE(base::Thread::Start(
                  "last", [last = std::move(runtime)]() mutable { last.reset(); }, &other)
                  .ok());
  other.Join();
  auto next = std::move(RuntimeCore::Create(SmallOptions())).value();
  EXPECT_TRUE(next->LeaseQueue().ok());
}

TEST(RuntimeTest, AForkedChildIsRefusedAndEndsCleanly) {
  auto runtime = std::move(RuntimeCore::Create(SmallOptions())).value();
  ASSERT_TRUE(runtime->LeaseQueue().ok());
  EXPECT_TRUE(InChild([&runtime] {
    const bool refused = runtime->CheckProcess().IsFailed() &&
                         runtime->LeaseQueue().status().IsFailed() &&
                         runtime->LeaseSharedQueue().status().IsFailed();
    runtime.reset();
    return refused;
  }));
  EXPECT_TRUE(runtime->CheckProcess().ok());
  EXPECT_TRUE(runtime->LeaseQueue().ok());
}

TEST(RuntimeTest, AForkedChildHasADefaultOfItsOwn) {
#if TREERING_UNDER_TSAN
  GTEST_SKIP() << "ThreadSanitizer allows no new threads after a fork";
#endif
  auto parents = std::move(RuntimeCore::Default()).value();
  EXPECT_TRUE(InChild([&parents] {
    Result<std::shared_ptr<RuntimeCore>> own = RuntimeCore::Default();
    return own.ok() && *own != parents && (*own)->LeaseQueue().ok();
  }));
}

}  // namespace
}  // namespace treering::runtime
