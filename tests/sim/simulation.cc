#include "tests/sim/simulation.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <cstdio>
#include <utility>

#include "engine/base/clock.h"
#include "engine/base/thread.h"
#include "engine/runtime/runtime.h"
#include "tests/support/sim_db.h"
#include "tests/support/stats_json.h"

namespace treering::testing {
namespace {

constexpr int kOperationsOfALife = 250;
constexpr uint64_t kLivesMax = 40;
constexpr uint64_t kSecond = 1'000'000'000;
constexpr uint64_t kIdleNanosMax = 60 * kSecond;

}  // namespace

Simulation::Simulation(uint64_t seed, int operations, Probes* probes)
    : seed_(seed),
      operations_(operations),
      probes_(probes),
      prng_(seed),
      faults_(&storage_, seed, /*uncovered=*/prng_.OneIn(8), probes) {
  for (const char* name :
       {"end: close", "end: close, then power loss", "end: death of the process", "end: power loss",
        "crash in recovery", "open refused by a fault", "state: Degraded", "state: ReadOnly",
        "Degraded ended by itself", "recovery: groups from the tail",
        "recovery: groups from the log", "recovery: torn end", "work: flushes", "work: compactions",
        "work: trivial moves", "uncovered damage noticed"}) {
    probes_->Expect(name);
  }
  const size_t count = 1 + prng_.Uniform(3);
  for (size_t i = 0; i < count; ++i) {
    databases_.push_back(std::make_unique<Database>(1 + prng_.Uniform(3)));
    databases_.back()->path = "/db" + std::to_string(i);
  }
}

bool Simulation::failed() const { return ::testing::Test::HasFailure(); }

void Simulation::Run() {
  while (operations_ > 0 && lives_ < kLivesMax && !failed() && !over_) {
    SCOPED_TRACE("life " + std::to_string(lives_));
    Life();
  }
  if (!failed() && !over_ && OpenAll()) CloseAll();
  if (failed()) std::printf("what happened: %s\n", story_.c_str());
}

bool Simulation::NewRuntime() {
  disk_ = std::make_unique<io::SimDisk>(&storage_);
  RuntimeOptions options;
  options.memory_budget = 32 << 20;
  options.background_threads = 1 + static_cast<uint32_t>(prng_.Uniform(4));
  auto core = runtime::RuntimeCore::CreateOn(disk_.get(), options);
  if (!core.ok()) {
    ADD_FAILURE() << core.status().ToString();
    return false;
  }
  *(*core)->tuning() = {64 << 10, 64 << 10, 128 << 10};
  runtime_ = std::make_shared<Runtime>(*std::move(core));
  return true;
}

Options Simulation::DrawOptions() {
  Options options = SimDb::SmallOptions();
  options.memtable_bytes = prng_.OneIn(4) ? 1 << 20 : 64 << 10;
  options.bloom_bits_per_key = prng_.OneIn(3) ? 0 : 10;
  options.block_bytes = prng_.OneIn(3) ? 16384 : 4096;
  options.log = prng_.OneIn(3) ? LogMode::kWrite : LogMode::kTail;
  options.level0_trigger = 2 + static_cast<uint32_t>(prng_.Uniform(3));
  options.runtime = runtime_;
  return options;
}

Status Simulation::OpenOne(Database* database) {
  auto opened = DB::Open(DrawOptions(), database->path);
  if (!opened.ok()) return opened.status();
  database->db = *std::move(opened);
  return Status::Ok();
}

// First perhaps with a fault or a crash on the way; then it must work.
bool Simulation::OpenAll() {
  if (!NewRuntime()) return false;
  const uint64_t trouble = prng_.Uniform(6);
  Tell("open" + std::string(trouble == 0 ? " with a crash" : trouble == 1 ? " with a fault" : ""));
  if (trouble == 0) {
    storage_.CrashAt(storage_.io_count() + prng_.Uniform(60));
  } else if (trouble == 1) {
    faults_.AddForOpening();
  }
  for (const auto& database : databases_) {
    const Status status = OpenOne(database.get());
    if (!status.ok() && trouble == 1) probes_->Hit("open refused by a fault");
    EXPECT_TRUE(status.ok() || trouble <= 1 || faults_.uncovered_struck()) << status.ToString();
  }
  faults_.Clear();
  if (trouble <= 1) {
    // Again, whatever came of it.
    if (trouble == 0) {
      if (storage_.crashed()) probes_->Hit("crash in recovery");
      Crash();
    }
    CloseAll();
    if (storage_.crashed()) {
      Restart(prng_.OneIn(2) ? Ending::kKill : Ending::kPowerLoss);
    }
    if (!NewRuntime()) return false;
    for (const auto& database : databases_) {
      const Status status = OpenOne(database.get());
      EXPECT_TRUE(status.ok() || faults_.uncovered_struck()) << status.ToString();
    }
  }
  for (const auto& database : databases_) {
    if (database->db == nullptr) {
      probes_->Hit("uncovered damage noticed");
      over_ = true;
    } else if (!CheckContent(database.get())) {
      over_ = true;
    }
  }
  if (over_) CloseAll();
  return !over_ && !failed();
}

bool Simulation::CheckContent(Database* database) {
  SCOPED_TRACE(database->path);
  Content content;
  const Status read = ReadAll(database->db.get(), &content);
  if (!read.ok()) {
    EXPECT_TRUE(faults_.uncovered_struck() && read.IsCorruption()) << read.ToString();
    probes_->Hit("uncovered damage noticed");
    return false;
  }
  const Ending ending = std::exchange(database->ending, Ending::kClose);
  const std::string wrong = faults_.uncovered_struck()
                                ? database->histories.CheckAndSettleAny(content)
                                : database->histories.CheckAndSettle(content, ending);
  EXPECT_EQ(wrong, "");
  return wrong.empty();
}

void Simulation::Life() {
  ++lives_;
  faults_.BeginLife();
  Tell("life " + std::to_string(lives_) + " with " + faults_.ToString());
  if (!OpenAll()) return;
  const uint64_t ending = prng_.Uniform(4);
  if (ending >= 2) storage_.CrashAt(storage_.io_count() + prng_.Uniform(1500));
  Work();
  if (failed()) return CloseAll();
  if (ending >= 2) {
    Crash();
    CloseAll();
    Restart(ending == 2 ? Ending::kKill : Ending::kPowerLoss);
    return;
  }
  EndWell();
}

// Everybody works, until it is done or the world has crashed.
void Simulation::Work() {
  size_t clients = 0;
  for (const auto& database : databases_) clients += database->histories.writers();
  const int each = std::max(1, kOperationsOfALife / static_cast<int>(clients));
  std::vector<base::Thread> threads(clients);
  std::atomic<size_t> left = clients;
  size_t next = 0;
  for (const auto& database : databases_) {
    for (size_t writer = 0; writer < database->histories.writers(); ++writer) {
      const Client::Env env = {
          database->db.get(), &database->histories, writer, &storage_, &faults_, probes_};
      database->clients.push_back(std::make_unique<Client>(env, seed_ * 1000 + lives_ * 10 + next));
      Client* const client = database->clients.back().get();
      const auto body = [client, each, &left] {
        client->Run(each);
        --left;
      };
      ASSERT_TRUE(base::Thread::Start("client", body, &threads[next++]).ok());
    }
  }
  faults_.Run([&] { return left == 0; });
  for (base::Thread& thread : threads) thread.Join();
  for (const auto& database : databases_) {
    for (const auto& client : database->clients) operations_ -= client->done();
  }
  for (const auto& database : databases_) {
    if (storage_.crashed()) break;
    const DbState state = database->db->state();
    if (state == DbState::kDegraded) probes_->Hit("state: Degraded");
    if (state == DbState::kReadOnly) probes_->Hit("state: ReadOnly");
    EXPECT_NE(state, DbState::kFailed);
    NoteFigures(database.get());
  }
  const bool crashed = storage_.crashed();
  faults_.Clear();
  if (!crashed) return;
  for (const auto& database : databases_) database->clients.clear();
}

void Simulation::NoteFigures(Database* database) {
  const StatsJson stats(database->db.get());
  probes_->Hit("work: flushes", stats.Number("work", "flushes"));
  probes_->Hit("work: compactions", stats.Number("work", "compactions"));
  probes_->Hit("work: trivial moves", stats.Number("work", "trivial_moves"));
  probes_->Hit("recovery: groups from the tail", stats.Number("recovery", "groups_from_tail"));
  probes_->Hit("recovery: groups from the log", stats.Number("recovery", "groups_from_log"));
  probes_->Hit("recovery: torn end", stats.Number("recovery", "bytes_cut") > 0 ? 1 : 0);
}

// The disk is sound again: work ends, everything is there, writes are taken; then a close.
void Simulation::EndWell() {
  base::SleepNanos(kSecond / 10);  // what was in flight when the disk became sound may still fail
  for (const auto& database : databases_) {
    SCOPED_TRACE(database->path);
    const bool was_degraded = database->db->state() == DbState::kDegraded;
    WaitIdle(database.get());
    const DbState state = database->db->state();
    EXPECT_NE(state, DbState::kDegraded) << "the disk has been sound for a minute";
    if (was_degraded && state == DbState::kHealthy) probes_->Hit("Degraded ended by itself");
    for (const auto& client : database->clients) client->CheckAll();
    for (const auto& client : database->clients) client->CheckWritable();
    database->clients.clear();
  }
  const bool took_unsynced = faults_.TookUnsynced();
  for (const auto& database : databases_) {
    SCOPED_TRACE(database->path);
    const DbState state = database->db->state();
    const Status closed = database->db->Close();
    EXPECT_TRUE(closed.ok() || state >= DbState::kReadOnly || faults_.uncovered_struck())
        << closed.ToString();
    // What a log that failed had not written is in its tail: the process' death is no worse.
    if (!closed.ok()) database->ending = took_unsynced ? Ending::kPowerLoss : Ending::kKill;
    Tell(database->path + " closed " + (closed.ok() ? "well" : closed.ToString()));
    database->db.reset();
  }
  CloseAll();
  probes_->Hit("end: close");
  if (!prng_.OneIn(3)) return;
  // What a clean close has left is durable.
  probes_->Hit("end: close, then power loss");
  storage_.CrashNow();
  const auto endings = [&] {
    std::vector<Ending> all;
    for (const auto& database : databases_) all.push_back(database->ending);
    return all;
  }();
  Restart(Ending::kPowerLoss);
  for (size_t i = 0; i < endings.size(); ++i) {
    if (endings[i] == Ending::kClose) databases_[i]->ending = Ending::kClose;
  }
}

void Simulation::WaitIdle(Database* database) {
  const uint64_t deadline = base::SystemClock()->NowNanos() + kIdleNanosMax;
  Status status;
  while (base::SystemClock()->NowNanos() < deadline) {
    status = database->db->WaitForCompaction();
    // Damage that a compaction met stops it until the next open; so does a log that failed.
    if (status.ok() || status.IsCorruption() || status.IsReadOnly()) break;
    if (database->db->state() >= DbState::kReadOnly) break;
    base::SleepNanos(kSecond / 10);
  }
  EXPECT_LT(base::SystemClock()->NowNanos(), deadline) << "not idle: " << status.ToString();
}

void Simulation::Crash() {
  if (!storage_.crashed()) storage_.CrashNow();
}

void Simulation::CloseAll() {
  for (const auto& database : databases_) {
    for (const auto& client : database->clients) client->LetGo();
    database->clients.clear();
    if (database->db != nullptr) (void)database->db->Close();
    database->db.reset();
  }
  runtime_.reset();
  disk_.reset();
}

void Simulation::Restart(Ending ending) {
  Tell(ending == Ending::kKill ? "process death" : "power loss");
  probes_->Hit(ending == Ending::kKill ? "end: death of the process" : "end: power loss");
  const Ending harshest = faults_.TookUnsynced() ? Ending::kPowerLoss : ending;
  for (const auto& database : databases_) database->ending = std::max(database->ending, harshest);
  constexpr io::PowerPolicy kPolicies[] = {io::PowerPolicy::kDropAll, io::PowerPolicy::kKeepAll,
                                           io::PowerPolicy::kPrefix, io::PowerPolicy::kNewestOnly,
                                           io::PowerPolicy::kRandom};
  io::PowerLoss power;
  power.policy = kPolicies[prng_.Uniform(5)];
  power.percent = static_cast<uint32_t>(10 + 40 * prng_.Uniform(3));
  if (ending == Ending::kPowerLoss)
    Tell("policy " + std::to_string(static_cast<int>(power.policy)));
  storage_.Restart(
      ending == Ending::kKill ? io::CrashKind::kProcessDeath : io::CrashKind::kPowerLoss, power,
      prng_.Next());
}

}  // namespace treering::testing
