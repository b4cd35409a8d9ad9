// A process killed while the disk still works on its writes (block I/O held back by its control
// group, or by a frozen file system), and a database opened at once: the open waits until the last
// of them has landed, finds everything that was acknowledged, and nothing of the dead process lands
// later. What cannot be done here is skipped and says why.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <linux/fs.h>
#include <poll.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <map>
#include <memory>
#include <string>
#include <thread>
#include <tuple>
#include <utility>
#include <vector>

#include "api/db.h"
#include "tests/kernel/mounted.h"
#include "tests/kernel/throttle.h"

namespace treering::testing {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

constexpr uint32_t kWriters = 4;
constexpr size_t kValueBytes = 60'000;

struct Acknowledgement {
  uint32_t writer = 0;
  uint32_t number = 0;
};

std::string KeyOf(uint32_t writer, uint32_t number) {
  return std::to_string(writer) + "/" + std::to_string(number);
}
std::string ValueOf(uint32_t writer, uint32_t number) {
  std::string value = KeyOf(writer, number) + ":";
  value.resize(kValueBytes, static_cast<char>('a' + number % 26));
  return value;
}

Result<std::unique_ptr<DB>> Open(const std::string& path, IoBackend backend) {
  RuntimeOptions runtime;
  runtime.memory_budget = 64 << 20;
  runtime.io_backend = backend;
  auto made = Runtime::Create(runtime);
  if (!made.ok()) return made.status();
  Options options;
  options.runtime = *std::move(made);
  options.create_if_missing = true;
  return DB::Open(options, path);
}

// Writers of durable records until the process is killed. Never returns.
[[noreturn]] void Child(const std::string& path, IoBackend backend, int acknowledgements) {
  auto db = Open(path, backend);
  if (!db.ok()) _exit(3);
  const auto write_on = [&](uint32_t writer) {
    for (uint32_t i = 0;; ++i) {
      const Status status =
          (*db)->Put(KeyOf(writer, i), ValueOf(writer, i), WriteOptions{Durability::kDisk});
      const Acknowledgement done = {writer, i};
      if (!status.ok() || write(acknowledgements, &done, sizeof done) != sizeof done) _exit(4);
    }
  };
  std::vector<std::thread> threads;
  for (uint32_t writer = 0; writer < kWriters; ++writer) threads.emplace_back(write_on, writer);
  for (std::thread& thread : threads) thread.join();
  _exit(5);
}

// What keeps the child's writes from the disk for a while.
enum class Brake : uint8_t {
  kThrottle,  // block I/O of its control group: what is under way stays so
  kFreeze,    // of the whole file system: what comes now begins when it is thawed
};

class SlowDisk : public ::testing::TestWithParam<std::tuple<IoBackend, Brake>> {
 protected:
  // Empty, or why it cannot be done here.
  std::string Prepare() {
    if (!fs_.why().empty()) return fs_.why();
    if (!throttle_.why().empty() && brake() == Brake::kThrottle) return throttle_.why();
    return "";
  }
  ~SlowDisk() override {
    (void)LetGo();
    if (child_ > 0) {
      (void)kill(child_, SIGKILL);
      (void)waitpid(child_, nullptr, 0);
    }
    if (end_ >= 0) close(end_);
  }
  IoBackend backend() const { return std::get<0>(GetParam()); }
  Brake brake() const { return std::get<1>(GetParam()); }
  std::string path() const { return fs_.File("db" + std::to_string(round_)); }

  bool Hold() {
    return brake() == Brake::kThrottle ? throttle_.LimitWrites(fs_.DeviceNumbers(), 64)
                                       : Freeze(FIFREEZE);
  }
  bool LetGo() {
    if (!Prepare().empty()) return true;
    return brake() == Brake::kThrottle ? throttle_.LimitWrites(fs_.DeviceNumbers(), 0)
                                       : Freeze(FITHAW);
  }
  // A child that writes; its acknowledgements come at end_.
  void Start() {
    ++round_;
    acknowledged_.clear();
    int ends[2];
    ASSERT_EQ(pipe(ends), 0);
    child_ = fork();
    if (child_ == 0) {
      close(ends[0]);
      if (brake() == Brake::kThrottle && !throttle_.Enter()) _exit(2);
      Child(path(), backend(), ends[1]);
    }
    close(ends[1]);
    end_ = ends[0];
  }
  bool ReadOne() {
    Acknowledgement one;
    if (read(end_, &one, sizeof one) != sizeof one) return false;
    acknowledged_[one.writer] = one.number + 1;
    return true;
  }
  void ReadFor(milliseconds time) {
    const auto until = steady_clock::now() + time;
    for (pollfd ready = {end_, POLLIN, 0}; steady_clock::now() < until;) {
      if (poll(&ready, 1, 10) > 0 && !ReadOne()) return;
    }
  }
  // What the child said before it ended, which it did by the signal.
  void Finish() {
    while (ReadOne()) {
    }
    close(std::exchange(end_, -1));
    int status = 0;
    const pid_t child = std::exchange(child_, -1);
    ASSERT_EQ(waitpid(child, &status, 0), child);
    EXPECT_TRUE(WIFSIGNALED(status)) << "it ended by itself with " << WEXITSTATUS(status);
  }
  // Each record is whole, each writer's are without a hole, and what was acknowledged is there.
  // Returns how many there are.
  uint32_t Check(DB* db) {
    std::map<uint32_t, uint32_t> found;
    const auto it = db->NewIterator();
    for (it->SeekToFirst(); it->Valid(); it->Next()) {
      const std::string key = it->key().ToString();
      if (key == "later") continue;
      const auto writer = static_cast<uint32_t>(std::stoul(key));
      const auto number = static_cast<uint32_t>(std::stoul(key.substr(key.find('/') + 1)));
      EXPECT_TRUE(it->value() == Slice(ValueOf(writer, number))) << key;
      ++found[writer];
    }
    EXPECT_TRUE(it->status().ok()) << it->status().ToString();
    uint32_t total = 0;
    for (const auto& [writer, count] : found) {
      EXPECT_GE(count, acknowledged_[writer]) << "of writer " << writer;
      EXPECT_LE(count, acknowledged_[writer] + 1) << "of writer " << writer;
      PinnedValue value;
      for (uint32_t i = 0; i < count; ++i) {
        EXPECT_TRUE(db->Get(KeyOf(writer, i), &value).ok()) << KeyOf(writer, i);
      }
      total += count;
    }
    EXPECT_EQ(found.size(), acknowledged_.size());
    return total;
  }

  // Stopped in the middle of its writes, opened at once, checked, written to, opened again.
  void KillAndOpen(bool* was_held) {
    constexpr milliseconds kHeld(1'500);
    Start();
    while (acknowledged_.size() < kWriters || acknowledged_[0] < 20) ASSERT_TRUE(ReadOne());
    ASSERT_TRUE(Hold());
    ReadFor(milliseconds(300));
    ASSERT_EQ(kill(child_, SIGKILL), 0);
    const auto killed = steady_clock::now();
    std::thread lands([&] {
      std::this_thread::sleep_for(kHeld);
      EXPECT_TRUE(LetGo());
    });
    auto db = Open(path(), backend());
    const auto waited = steady_clock::now() - killed;
    lands.join();
    ASSERT_TRUE(db.ok()) << db.status().ToString();
    std::printf("opened %lld ms after the kill\n",
                static_cast<long long>(waited / milliseconds(1)));
    *was_held = waited >= kHeld;
    Finish();

    const uint32_t found = Check(db->get());
    for (int i = 0; i < 20; ++i) {
      const WriteOptions durable{Durability::kDisk};
      ASSERT_TRUE((*db)->Put("later", std::to_string(i) + std::string(50'000, 'l'), durable).ok());
    }
    EXPECT_EQ(Check(db->get()), found);
    ASSERT_TRUE((*db)->Close().ok());
    db->reset();
    db = Open(path(), backend());
    ASSERT_TRUE(db.ok()) << db.status().ToString();
    EXPECT_EQ(Check(db->get()), found);
    PinnedValue value;
    ASSERT_TRUE((*db)->Get("later", &value).ok());
    EXPECT_EQ(value.ToString().substr(0, 3), "19l");
  }

  std::map<uint32_t, uint32_t> acknowledged_;  // how many of each writer
  int round_ = 0;
  pid_t child_ = -1;
  int end_ = -1;

 private:
  bool Freeze(unsigned long request) {
    const int fd = open(fs_.point().c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    const bool done = fd >= 0 && ioctl(fd, request, 0) == 0;
    if (fd >= 0) close(fd);
    return done;
  }

  const Mounted fs_{"ext4", 300};
  const Throttle throttle_;
};

TEST_P(SlowDisk, AnOpenWaitsForWhatADeadProcessHadUnderWay) {
  if (const std::string why = Prepare(); !why.empty()) GTEST_SKIP() << why;
  // On a busy machine the child may be killed while it waits for something else.
  bool waited = false;
  for (int round = 0; round < 5 && !waited && !HasFailure(); ++round) KillAndOpen(&waited);
  EXPECT_TRUE(waited) << "nothing was ever under way";
}

INSTANTIATE_TEST_SUITE_P(
    Drivers, SlowDisk,
    ::testing::Combine(::testing::Values(IoBackend::kUring, IoBackend::kPosix),
                       ::testing::Values(Brake::kThrottle, Brake::kFreeze)),
    [](const auto& info) {
      return std::string(std::get<0>(info.param) == IoBackend::kUring ? "uring" : "posix") +
             (std::get<1>(info.param) == Brake::kThrottle ? "Throttled" : "Frozen");
    });

}  // namespace
}  // namespace treering::testing
