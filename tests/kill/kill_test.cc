// kill -9 on the real disk: a child writes, the parent keeps what it acknowledged, kills it at a
// random moment, opens, and compares. Cycles take turns: one writer at kProcess, one at kDisk, one
// at kMemory that flushes now and then, and several with all of them mixed; on io_uring and on
// plain calls, with the tail and without. TREERING_CYCLES says how many (20). The seed that chooses
// is printed and, as TREERING_SEED, taken back.
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <cstdlib>
#include <iostream>
#include <map>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "api/db.h"
#include "tests/support/temp_dir.h"

namespace treering::testing {
namespace {

constexpr uint64_t kCyclesByDefault = 20;
constexpr uint64_t kCommitsMin = 100;  // of a cycle
constexpr size_t kWriters = 3;

enum class Kind : uint8_t { kProcess, kDisk, kMemory, kMixed };
constexpr std::array<const char*, 4> kKindNames = {"process", "disk", "memory", "mixed"};

// How many commits of each writer.
using Counts = std::array<uint64_t, kWriters>;

// What a child tells: commit `count` of `writer` is acknowledged.
struct Note {
  uint64_t writer;
  uint64_t count;
  // Those that were acknowledged before this one began: they are before it in the order.
  Counts before;
  // It must survive, and so must those before it.
  bool holds;
};

std::string Prefix(size_t writer) { return "w" + std::to_string(writer) + "/"; }
std::string KeyOf(size_t writer, uint64_t i) {
  return Prefix(writer) + "key" + std::to_string(i * 2654435761u % 3'000);
}
// The cycle tells a commit from one of the same number that an earlier kill took away.
std::string ValueOf(uint64_t i, uint64_t cycle) {
  return std::to_string(i) + "." + std::to_string(cycle) + ":" + std::string(100 + i % 900, 'v');
}

Options OptionsFor(IoBackend backend, LogMode log) {
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
  options.log = log;
  return options;
}

struct Plan {
  Kind kind = Kind::kProcess;
  IoBackend backend = IoBackend::kUring;
  LogMode log = LogMode::kTail;
  uint64_t cycle = 0;
  uint64_t seed = 0;
  Counts from = {};  // commits that are there already

  size_t writers() const { return kind == Kind::kMixed ? kWriters : 1; }
};

// The process that is killed.
class Child {
 public:
  Child(const Plan& plan, int notes) : plan_(plan), notes_(notes) {
    for (size_t i = 0; i < kWriters; ++i) acknowledged_[i] = plan.from[i];
  }

  [[noreturn]] void Run(const std::string& path) {
    auto db = DB::Open(OptionsFor(plan_.backend, plan_.log), path);
    if (!db.ok()) _exit(3);
    db_ = db->get();
    std::vector<std::thread> threads;
    for (size_t i = 0; i < plan_.writers(); ++i) threads.emplace_back([this, i] { Write(i); });
    for (std::thread& thread : threads) thread.join();
    _exit(6);
  }

 private:
  Counts Acknowledged() const {
    Counts counts;
    for (size_t i = 0; i < kWriters; ++i) counts[i] = acknowledged_[i];
    return counts;
  }
  Durability Choose(std::mt19937_64* random) const {
    switch (plan_.kind) {
      case Kind::kProcess:
        return Durability::kProcess;
      case Kind::kDisk:
        return Durability::kDisk;
      case Kind::kMemory:
        return Durability::kMemory;
      case Kind::kMixed:
        break;
    }
    return static_cast<Durability>((*random)() % 3);
  }
  void Tell(const Note& note) {
    if (write(notes_, &note, sizeof note) != sizeof note) _exit(5);
  }

  // Batch i writes its own key and the count; both or neither must survive.
  void Write(size_t writer) {
    std::mt19937_64 random(plan_.seed + writer);
    for (uint64_t i = plan_.from[writer] + 1;; ++i) {
      WriteBatch batch;
      batch.Put(KeyOf(writer, i), ValueOf(i, plan_.cycle));
      batch.Put(Prefix(writer) + "count", std::to_string(i));
      const Durability durability = Choose(&random);
      const Counts before = Acknowledged();
      if (!db_->Write(batch, WriteOptions{durability}).ok()) _exit(4);
      Tell({writer, i, before, durability != Durability::kMemory});
      acknowledged_[writer] = i;
      if (plan_.kind < Kind::kMemory || random() % 150 != 0) continue;
      const Counts flushed = Acknowledged();
      if (!db_->Flush().ok()) _exit(4);
      Tell({writer, i, flushed, true});
    }
  }

  const Plan plan_;
  const int notes_;
  DB* db_ = nullptr;
  std::array<std::atomic<uint64_t>, kWriters> acknowledged_;
};

// Kills a child after at least kCommitsMin commits and a random while; returns what it told.
std::vector<Note> RunAndKill(const std::string& path, const Plan& plan, std::mt19937_64* random) {
  int pipe_ends[2];
  EXPECT_EQ(pipe(pipe_ends), 0);
  const pid_t child = fork();
  if (child == 0) {
    close(pipe_ends[0]);
    Child(plan, pipe_ends[1]).Run(path);
  }
  close(pipe_ends[1]);
  const auto more = std::chrono::microseconds((*random)() % 60'000);
  std::vector<Note> notes;
  auto kill_at = std::chrono::steady_clock::time_point::max();
  bool killed = false;
  while (true) {
    Note note;
    if (read(pipe_ends[0], &note, sizeof note) != sizeof note) break;  // once all was read
    notes.push_back(note);
    const auto now = std::chrono::steady_clock::now();
    if (notes.size() >= kCommitsMin && kill_at == std::chrono::steady_clock::time_point::max()) {
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
  return notes;
}

class KillTest : public ::testing::TestWithParam<IoBackend> {
 protected:
  static uint64_t Number(const char* name, uint64_t otherwise) {
    const char* const given = std::getenv(name);
    return given != nullptr ? std::strtoull(given, nullptr, 10) : otherwise;
  }

  // Opens what the child left, compares, and goes on from there.
  void Settle(const Plan& plan, const std::vector<Note>& notes) {
    auto db = DB::Open(OptionsFor(plan.backend, plan.log), dir_.File("db"));
    ASSERT_TRUE(db.ok()) << db.status().ToString();
    const Counts found = Found(db->get());
    CheckCounts(notes, found);
    if (HasFailure()) return;
    for (size_t writer = 0; writer < kWriters; ++writer) {
      for (uint64_t i = counts_[writer] + 1; i <= found[writer]; ++i) {
        state_[KeyOf(writer, i)] = ValueOf(i, plan.cycle);
        state_[Prefix(writer) + "count"] = std::to_string(i);
      }
    }
    counts_ = found;
    CheckContent(db->get());
    ASSERT_TRUE((*db)->Close().ok());
  }

  static Counts Found(DB* db) {
    Counts found = {};
    for (size_t writer = 0; writer < kWriters; ++writer) {
      PinnedValue value;
      const Status status = db->Get(Prefix(writer) + "count", &value);
      EXPECT_TRUE(status.ok() || status.IsNotFound()) << status.ToString();
      if (status.ok()) found[writer] = std::stoull(value.ToString());
    }
    return found;
  }

  // What holds is there; what is there has everything before it; nothing more than was written.
  void CheckCounts(const std::vector<Note>& notes, const Counts& found) {
    Counts told = counts_;
    for (const Note& note : notes) {
      told[note.writer] = std::max(told[note.writer], note.count);
      EXPECT_TRUE(found[note.writer] >= note.count || !note.holds)
          << "commit " << note.count << " of writer " << note.writer << " is lost: there are "
          << found[note.writer];
      if (!note.holds && found[note.writer] < note.count) continue;
      for (size_t i = 0; i < kWriters; ++i) {
        EXPECT_GE(found[i], note.before[i]) << "of writer " << i << ", before commit " << note.count
                                            << " of writer " << note.writer;
      }
      if (HasFailure()) return;
    }
    for (size_t writer = 0; writer < kWriters; ++writer) {
      EXPECT_GE(found[writer], counts_[writer]) << "of writer " << writer << ", of earlier cycles";
      EXPECT_LE(found[writer], told[writer] + 1) << "commits that were never made";
      commits_ += found[writer] - counts_[writer];
      lost_ += told[writer] - std::min(told[writer], found[writer]);
    }
  }

  void CheckContent(DB* db) {
    auto it = db->NewIterator();
    auto want = state_.begin();
    for (it->SeekToFirst(); it->Valid(); it->Next(), ++want) {
      ASSERT_TRUE(want != state_.end() && it->key() == Slice(want->first) &&
                  it->value() == Slice(want->second))
          << "key " << it->key().ToString();
    }
    ASSERT_TRUE(it->status().ok()) << it->status().ToString();
    ASSERT_TRUE(want == state_.end()) << want->first << " is missing";
  }

  TempDir dir_;
  Counts counts_ = {};
  std::map<std::string, std::string> state_;  // after those
  uint64_t commits_ = 0;
  uint64_t lost_ = 0;  // acknowledged at kMemory only
};

TEST_P(KillTest, NothingAcknowledgedIsLost) {
  const uint64_t seed = Number("TREERING_SEED", std::random_device()());
  const uint64_t cycles = Number("TREERING_CYCLES", kCyclesByDefault);
  std::cout << "TREERING_SEED=" << seed << "\n";
  SCOPED_TRACE("TREERING_SEED=" + std::to_string(seed));
  std::mt19937_64 random(seed);
  for (uint64_t cycle = 0; cycle < cycles && !HasFailure(); ++cycle) {
    Plan plan;
    plan.kind = static_cast<Kind>(cycle % kKindNames.size());
    plan.backend = GetParam();
    plan.log = random() % 3 == 0 ? LogMode::kWrite : LogMode::kTail;
    plan.cycle = cycle;
    plan.seed = random();
    plan.from = counts_;
    SCOPED_TRACE("cycle " + std::to_string(cycle) + ", " + kKindNames[cycle % kKindNames.size()]);
    const std::vector<Note> notes = RunAndKill(dir_.File("db"), plan, &random);
    ASSERT_GE(notes.size(), kCommitsMin);
    Settle(plan, notes);
  }
  std::cout << cycles << " cycles: " << commits_ << " commits survived, " << lost_
            << " that were acknowledged at kMemory did not\n";
}

INSTANTIATE_TEST_SUITE_P(Drivers, KillTest, ::testing::Values(IoBackend::kUring, IoBackend::kPosix),
                         [](const auto& info) {
                           return info.param == IoBackend::kUring ? "uring" : "posix";
                         });

}  // namespace
}  // namespace treering::testing
