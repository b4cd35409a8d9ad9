// kill -9 on the real disk: a child writes, the parent keeps what it acknowledged, kills it at a
// random moment, opens, and compares. Half of the cycles at kProcess, half at kDisk, on io_uring
// and on plain calls. The seed that chooses the moments is printed and, as TREERING_SEED, taken
// back.
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <iostream>
#include <map>
#include <random>
#include <thread>

#include "api/db.h"
#include "tests/support/temp_dir.h"

namespace treering::testing {
namespace {

constexpr int kCycles = 20;
constexpr uint64_t kCommitsMin = 100;

std::string KeyOf(uint64_t i) { return "key" + std::to_string(i * 2654435761u % 5'000); }
std::string ValueOf(uint64_t i) {
  return std::to_string(i) + ":" + std::string(100 + i % 900, 'v');
}

Options OptionsFor(IoBackend backend) {
  RuntimeOptions runtime;
  runtime.memory_budget = 32 << 20;
  runtime.io_backend = backend;
  auto made = Runtime::Create(runtime);
  if (!made.ok()) std::abort();
  Options options;
  options.runtime = *std::move(made);
  options.create_if_missing = true;
  options.memtable_bytes = 256 << 10;
  options.table_bytes = 256 << 10;
  return options;
}

// Batch i writes its own key and the count; both or neither must survive. Never returns.
[[noreturn]] void Child(const std::string& path, IoBackend backend, Durability durability,
                        uint64_t from, int acknowledgements) {
  auto db = DB::Open(OptionsFor(backend), path);
  if (!db.ok()) _exit(3);
  for (uint64_t i = from;; ++i) {
    WriteBatch batch;
    batch.Put(KeyOf(i), ValueOf(i));
    batch.Put("count", std::to_string(i));
    if (!(*db)->Write(batch, WriteOptions{durability}).ok()) _exit(4);
    if (write(acknowledgements, &i, sizeof i) != sizeof i) _exit(5);
  }
}

// The content after batches 1..count.
std::map<std::string, std::string> StateAfter(uint64_t count) {
  std::map<std::string, std::string> state;
  for (uint64_t i = 1; i <= count; ++i) state[KeyOf(i)] = ValueOf(i);
  if (count > 0) state["count"] = std::to_string(count);
  return state;
}

// Kills a child after at least kCommitsMin commits and a random while; returns what it
// acknowledged.
uint64_t RunAndKill(const std::string& path, IoBackend backend, Durability durability,
                    uint64_t from, std::mt19937_64* random) {
  int pipe_ends[2];
  EXPECT_EQ(pipe(pipe_ends), 0);
  const pid_t child = fork();
  if (child == 0) {
    close(pipe_ends[0]);
    Child(path, backend, durability, from, pipe_ends[1]);
  }
  close(pipe_ends[1]);
  const auto more = std::chrono::microseconds((*random)() % 60'000);
  uint64_t acknowledged = from - 1;
  auto kill_at = std::chrono::steady_clock::time_point::max();
  bool killed = false;
  while (true) {
    uint64_t i = 0;
    if (read(pipe_ends[0], &i, sizeof i) != sizeof i) break;  // its end, once everything was read
    acknowledged = i;
    const auto now = std::chrono::steady_clock::now();
    if (i >= from + kCommitsMin && kill_at == std::chrono::steady_clock::time_point::max()) {
      kill_at = now + more;
    }
    if (!killed && now >= kill_at) {
      kill(child, SIGKILL);
      killed = true;
    }
  }
  close(pipe_ends[0]);
  int status = 0;
  waitpid(child, &status, 0);
  EXPECT_TRUE(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL)
      << "the writer ended by itself with " << WEXITSTATUS(status);
  return acknowledged;
}

class KillTest : public ::testing::TestWithParam<IoBackend> {};

TEST_P(KillTest, NothingAcknowledgedIsLost) {
  TempDir dir;
  const char* const given = std::getenv("TREERING_SEED");
  const uint64_t seed =
      given != nullptr ? std::strtoull(given, nullptr, 10) : std::random_device()();
  std::cout << "TREERING_SEED=" << seed << "\n";
  SCOPED_TRACE("TREERING_SEED=" + std::to_string(seed));
  std::mt19937_64 random(seed);
  uint64_t count = 0;
  for (int cycle = 0; cycle < kCycles; ++cycle) {
    const Durability durability = cycle % 2 == 0 ? Durability::kProcess : Durability::kDisk;
    const uint64_t acknowledged =
        RunAndKill(dir.File("db"), GetParam(), durability, count + 1, &random);
    ASSERT_GE(acknowledged, count + kCommitsMin) << "cycle " << cycle;

    auto db = DB::Open(OptionsFor(GetParam()), dir.File("db"));
    ASSERT_TRUE(db.ok()) << "cycle " << cycle << ": " << db.status().ToString();
    PinnedValue value;
    ASSERT_TRUE((*db)->Get("count", &value).ok()) << "cycle " << cycle;
    count = std::stoull(value.ToString());
    ASSERT_GE(count, acknowledged) << "cycle " << cycle << ": acknowledged commits are lost";
    ASSERT_LE(count, acknowledged + 1) << "cycle " << cycle << ": commits that were never made";
    const auto expected = StateAfter(count);
    auto it = (*db)->NewIterator();
    auto want = expected.begin();
    for (it->SeekToFirst(); it->Valid(); it->Next(), ++want) {
      ASSERT_TRUE(want != expected.end() && it->key() == Slice(want->first) &&
                  it->value() == Slice(want->second))
          << "cycle " << cycle << ", key " << it->key().ToString();
    }
    ASSERT_TRUE(it->status().ok()) << it->status().ToString();
    ASSERT_TRUE(want == expected.end())
        << "cycle " << cycle << ": " << want->first << " is missing";
    it.reset();
    ASSERT_TRUE((*db)->Close().ok());
  }
}

INSTANTIATE_TEST_SUITE_P(Drivers, KillTest, ::testing::Values(IoBackend::kUring, IoBackend::kPosix),
                         [](const auto& info) {
                           return info.param == IoBackend::kUring ? "uring" : "posix";
                         });

}  // namespace
}  // namespace treering::testing
