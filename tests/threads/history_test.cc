// Threads on few keys and the real disk, every call noted with its times, and afterwards the
// question whether one order of all calls explains what each of them saw. Under ThreadSanitizer as
// well as optimised.
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cstdlib>
#include <iostream>
#include <memory>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "api/db.h"
#include "engine/base/clock.h"
#include "engine/base/prng.h"
#include "engine/base/sanitizers.h"
#include "engine/base/thread.h"
#include "tests/support/sim_db.h"
#include "tests/support/temp_dir.h"
#include "tests/threads/history_check.h"

namespace treering::testing {
namespace {

constexpr size_t kClients = 5;
#if TREERING_UNDER_ASAN || TREERING_UNDER_TSAN
constexpr int kCallsEach = 700;
#else
constexpr int kCallsEach = 2'000;
#endif
constexpr uint64_t kSingles = 5;  // keys written alone or in any batch
constexpr uint64_t kPairs = 3;    // and keys that are only written two together

std::string SingleKey(uint64_t i) { return "single" + std::to_string(i); }
std::string PairKey(uint64_t i, bool left) {
  return "pair" + std::to_string(i) + (left ? "left" : "right");
}

std::vector<std::string> AllKeys() {
  std::vector<std::string> keys;
  for (uint64_t i = 0; i < kPairs; ++i) {
    for (const bool left : {true, false}) keys.push_back(PairKey(i, left));
  }
  for (uint64_t i = 0; i < kSingles; ++i) keys.push_back(SingleKey(i));
  return keys;
}

// A thread that does all kinds of calls and notes what it saw.
class Client {
 public:
  Client(DB* db, size_t number, uint64_t seed)
      : db_(db), number_(number), prng_(seed * 100 + number) {}

  void Run() {
    for (int i = 0; i < kCallsEach && wrong.empty(); ++i) {
      switch (prng_.Uniform(10)) {
        case 0:
        case 1:
          Write(SomeSingles(1));
          break;
        case 2:
          Write(SomePair());
          break;
        case 3: {
          std::vector<KeyValue> changes = SomePair();
          for (KeyValue& change : SomeSingles(1 + prng_.Uniform(3))) changes.push_back(change);
          Write(std::move(changes));
          break;
        }
        case 4:
        case 5:
          Get(SingleKey(prng_.Uniform(kSingles)));
          break;
        case 6:
          Get(PairKey(prng_.Uniform(kPairs), prng_.OneIn(2)));
          break;
        case 7:
          ReadSnapshot();
          break;
        case 8:
          Walk(nullptr, Moment());
          break;
        default:
          MultiGet();
          break;
      }
      if (prng_.OneIn(8)) base::SleepNanos(prng_.Uniform(100'000));
    }
    snapshots_.clear();
  }

  History history;
  std::string wrong;

 private:
  // Snapshots stay for a while: what they showed at first they show later.
  struct Kept {
    std::unique_ptr<Snapshot> snapshot;
    Interval when;
  };

  static uint64_t Now() { return base::SystemClock()->NowNanos(); }
  static Interval Moment() { return {Now(), Interval::kNever}; }
  bool Fine(const Status& status, const char* what) {
    if (!status.ok()) wrong = std::string(what) + ": " + status.ToString();
    return status.ok();
  }

  std::string NewValue() {
    std::string value = std::to_string(number_) + "-" + std::to_string(++values_);
    value.resize(value.size() + prng_.Uniform(prng_.OneIn(20) ? 8'000 : 200), '.');
    return value;
  }
  std::vector<KeyValue> SomeSingles(uint64_t count) {
    std::vector<KeyValue> changes;
    const uint64_t first = prng_.Uniform(kSingles);
    for (uint64_t i = 0; i < count; ++i) {
      changes.emplace_back(SingleKey((first + i) % kSingles),
                           prng_.OneIn(4) ? std::nullopt : std::optional(NewValue()));
    }
    return changes;
  }
  std::vector<KeyValue> SomePair() {
    const uint64_t pair = prng_.Uniform(kPairs);
    const auto value = prng_.OneIn(5) ? std::nullopt : std::optional(NewValue());
    return {{PairKey(pair, true), value}, {PairKey(pair, false), value}};
  }

  void Write(std::vector<KeyValue> changes) {
    WriteBatch batch;
    for (const auto& [key, value] : changes) {
      if (value.has_value()) batch.Put(key, *value);
      if (!value.has_value()) batch.Delete(key);
    }
    const auto durability = prng_.OneIn(30)  ? Durability::kDisk
                            : prng_.OneIn(2) ? Durability::kProcess
                                             : Durability::kMemory;
    Interval when = Moment();
    const Status status = db_->Write(batch, WriteOptions{durability});
    when.answered = Now();
    if (Fine(status, "write")) history.writes.push_back({when, std::move(changes)});
  }

  void Found(const std::string& key, const Status& status, const PinnedValue& value,
             std::vector<KeyValue>* found) {
    if (status.IsNotFound()) {
      found->emplace_back(key, std::nullopt);
    } else if (Fine(status, "read")) {
      found->emplace_back(key, value.ToString());
    }
  }

  void Get(const std::string& key) {
    PinnedValue value;
    Interval when = Moment();
    const Status status = db_->Get(key, &value);
    when.answered = Now();
    std::vector<KeyValue> found;
    Found(key, status, value, &found);
    history.views.push_back({when, std::move(found), std::nullopt});
  }

  void MultiGet() {
    const std::vector<std::string> keys = AllKeys();
    const std::vector<Slice> slices(keys.begin(), keys.end());
    std::vector<PinnedValue> values(keys.size());
    std::vector<Status> statuses(keys.size());
    Interval when = Moment();
    db_->MultiGet(slices, values, statuses);
    when.answered = Now();
    std::vector<KeyValue> found;
    for (size_t i = 0; i < keys.size(); ++i) Found(keys[i], statuses[i], values[i], &found);
    history.views.push_back({when, std::move(found), std::nullopt});
  }

  // Every key, there or not, in either direction, as of one moment: `when`, or now.
  void Walk(const Snapshot* snapshot, Interval when) {
    ReadOptions options;
    options.snapshot = snapshot;
    const auto it = db_->NewIterator(options);
    if (snapshot == nullptr) when.answered = Now();
    if (prng_.OneIn(4)) base::SleepNanos(prng_.Uniform(200'000));
    const bool forward = prng_.OneIn(2);
    std::vector<KeyValue> there;
    for (forward ? it->SeekToFirst() : it->SeekToLast(); it->Valid();
         forward ? it->Next() : it->Prev()) {
      there.emplace_back(it->key().ToString(), it->value().ToString());
    }
    if (!Fine(it->status(), "walk")) return;
    std::vector<KeyValue> found;
    size_t taken = 0;
    for (const std::string& key : AllKeys()) {
      const auto at = std::find_if(there.begin(), there.end(),
                                   [&](const KeyValue& pair) { return pair.first == key; });
      taken += at != there.end() ? 1 : 0;
      found.emplace_back(key, at == there.end() ? std::nullopt : at->second);
    }
    if (taken != there.size()) wrong = "a walk shows a key twice, or one that nobody wrote";
    history.views.push_back(
        {when, std::move(found),
         snapshot == nullptr ? std::nullopt : std::optional(snapshot->sequence())});
  }

  void ReadSnapshot() {
    if (snapshots_.size() < 3) {
      Kept kept;
      kept.when = Moment();
      kept.snapshot = db_->GetSnapshot();
      kept.when.answered = Now();
      snapshots_.push_back(std::move(kept));
    }
    const size_t chosen = prng_.Uniform(snapshots_.size());
    const Kept& kept = snapshots_[chosen];
    if (prng_.OneIn(2)) {
      Walk(kept.snapshot.get(), kept.when);
    } else {
      ReadOptions options;
      options.snapshot = kept.snapshot.get();
      std::vector<KeyValue> found;
      for (const std::string& key : AllKeys()) {
        PinnedValue value;
        const Status status = db_->Get(key, &value, options);
        Found(key, status, value, &found);
      }
      history.views.push_back({kept.when, std::move(found), kept.snapshot->sequence()});
    }
    if (prng_.OneIn(3)) snapshots_.erase(snapshots_.begin() + static_cast<int64_t>(chosen));
  }

  DB* const db_;
  const size_t number_;
  base::Prng prng_;
  uint64_t values_ = 0;
  std::vector<Kept> snapshots_;
};

class HistoryTest : public ::testing::TestWithParam<std::tuple<IoBackend, LogMode>> {
 protected:
  static uint64_t Seed() {
    const char* const given = std::getenv("TREERING_SEED");
    return given != nullptr ? std::strtoull(given, nullptr, 10) : base::EntropyU64() % 1'000'000;
  }
};

TEST_P(HistoryTest, OneOrderExplainsWhatThreadsSaw) {
  const uint64_t seed = Seed();
  std::cout << "TREERING_SEED=" << seed << "\n";
  SCOPED_TRACE("TREERING_SEED=" + std::to_string(seed));
  const TempDir dir;
  RuntimeOptions runtime;
  runtime.memory_budget = 32 << 20;
  runtime.io_backend = std::get<0>(GetParam());
  runtime.background_threads = 3;
  auto made = Runtime::Create(runtime);
  ASSERT_TRUE(made.ok()) << made.status().ToString();
  Options options = SimDb::SmallOptions();
  options.runtime = *std::move(made);
  options.log = std::get<1>(GetParam());
  auto db = DB::Open(options, dir.File("db"));
  ASSERT_TRUE(db.ok()) << db.status().ToString();

  std::vector<std::unique_ptr<Client>> clients;
  for (size_t i = 0; i < kClients; ++i) {
    clients.push_back(std::make_unique<Client>(db->get(), i, seed));
  }
  std::atomic<size_t> running{kClients};
  std::array<base::Thread, kClients> threads;
  for (size_t i = 0; i < kClients; ++i) {
    const auto body = [&, i] {
      clients[i]->Run();
      --running;
    };
    ASSERT_TRUE(base::Thread::Start("client", body, &threads[i]).ok());
  }
  for (int i = 0; running > 0; ++i) {  // tables come and go meanwhile
    const Status status = i % 4 == 3 ? (*db)->CompactRange(nullptr, nullptr) : (*db)->Flush();
    EXPECT_TRUE(status.ok()) << status.ToString();
    base::SleepNanos(3'000'000);
  }
  for (base::Thread& thread : threads) thread.Join();

  History all;
  for (const auto& client : clients) {
    EXPECT_EQ(client->wrong, "");
    for (WriteEvent& write : client->history.writes) all.writes.push_back(std::move(write));
    for (ViewEvent& view : client->history.views) all.views.push_back(std::move(view));
  }
  std::cout << all.writes.size() << " writes, " << all.views.size() << " views\n";
  EXPECT_EQ(CheckHistory(all), "");
  EXPECT_TRUE((*db)->Close().ok());
}

std::string NameOf(const ::testing::TestParamInfo<std::tuple<IoBackend, LogMode>>& info) {
  return std::string(std::get<0>(info.param) == IoBackend::kUring ? "uring" : "posix") +
         (std::get<1>(info.param) == LogMode::kTail ? "Tail" : "Write");
}

INSTANTIATE_TEST_SUITE_P(Drivers, HistoryTest,
                         ::testing::Combine(::testing::Values(IoBackend::kUring, IoBackend::kPosix),
                                            ::testing::Values(LogMode::kTail, LogMode::kWrite)),
                         NameOf);

}  // namespace
}  // namespace treering::testing
