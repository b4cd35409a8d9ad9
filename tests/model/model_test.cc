// Random operations beside a model, on the simulated disk: writes, reads, walks, snapshots,
// flushes, compactions, reopens, and both kinds of crash. A failing seed is named; run it again
// with --gtest_filter and TREERING_SEED.
#include <gtest/gtest.h>

#include <cstdlib>
#include <iostream>

#include "engine/base/prng.h"
#include "engine/base/sanitizers.h"
#include "engine/io/sim_testing.h"
#include "tests/support/oracle.h"
#include "tests/support/sim_db.h"

namespace treering::testing {
namespace {

#if TREERING_UNDER_ASAN || TREERING_UNDER_TSAN
constexpr uint64_t kSeeds = 10;
#else
constexpr uint64_t kSeeds = 40;
#endif
constexpr int kOperations = 300;

class ModelRun {
 public:
  explicit ModelRun(uint64_t seed) : prng_(seed) {}

  void Run() {
    Reopen();
    for (int step = 0; step < kOperations && !::testing::Test::HasFatalFailure(); ++step) {
      SCOPED_TRACE("step " + std::to_string(step));
      Step();
    }
    CheckAll();
    snapshot_.reset();
    ASSERT_TRUE(db_.Close().ok());
  }

 private:
  std::string Key() { return "key" + std::to_string(prng_.Uniform(60)); }

  Options RandomOptions() {
    Options options = SimDb::SmallOptions();
    options.bloom_bits_per_key = prng_.OneIn(3) ? 0 : 10;
    options.block_bytes = prng_.OneIn(3) ? 16384 : 4096;
    options.log = prng_.OneIn(3) ? LogMode::kWrite : LogMode::kTail;
    return options;
  }

  void Reopen() {
    snapshot_.reset();
    const Status opened = db_.Open(&storage_, RandomOptions());
    ASSERT_TRUE(opened.ok()) << opened.ToString();
  }

  void Write() {
    std::vector<Oracle::Change> changes;
    for (uint64_t i = 1 + prng_.Uniform(4); i > 0; --i) {
      const size_t bytes = prng_.OneIn(20) ? 30'000 : prng_.Uniform(600);
      const std::string value = std::to_string(written_++) + std::string(bytes, 'v');
      changes.emplace_back(Key(), prng_.OneIn(4) ? std::nullopt : std::optional(value));
    }
    const auto durability = static_cast<Durability>(prng_.Uniform(3));
    const Status written =
        WriteNoted(db_.db.get(), &oracle_, &storage_, std::move(changes), durability);
    ASSERT_TRUE(written.ok()) << written.ToString();
  }

  void Crash() {
    snapshot_.reset();
    storage_.CrashNow();
    (void)db_.Close();
    const bool is_kill = prng_.OneIn(2);
    io::PowerLoss power;
    constexpr io::PowerPolicy kPolicies[] = {io::PowerPolicy::kDropAll, io::PowerPolicy::kKeepAll,
                                             io::PowerPolicy::kPrefix, io::PowerPolicy::kNewestOnly,
                                             io::PowerPolicy::kRandom};
    power.policy = kPolicies[prng_.Uniform(5)];
    storage_.Restart(is_kill ? io::CrashKind::kProcessDeath : io::CrashKind::kPowerLoss, power,
                     prng_.Next());
    Reopen();
    if (::testing::Test::HasFatalFailure()) return;
    Content content;
    const Status read = ReadAll(db_.db.get(), &content);
    ASSERT_TRUE(read.ok()) << read.ToString();
    const size_t required =
        is_kill ? oracle_.RequiredAfterKill() : oracle_.RequiredAfterPowerLoss();
    ASSERT_EQ(oracle_.CheckAndSettle(content, required), "");
  }

  void CheckAll() {
    Content content;
    const Status read = ReadAll(db_.db.get(), &content);
    ASSERT_TRUE(read.ok()) << read.ToString();
    ASSERT_TRUE(content == oracle_.Expected());
  }

  void CheckGet(const Snapshot* snapshot, const Content& expected) {
    const std::string key = Key();
    ReadOptions options;
    options.snapshot = snapshot;
    PinnedValue value;
    const Status status = db_->Get(key, &value, options);
    const auto it = expected.find(key);
    ASSERT_EQ(status.IsNotFound(), it == expected.end()) << key << ": " << status.ToString();
    if (it != expected.end()) {
      ASSERT_TRUE(status.ok()) << key << ": " << status.ToString();
      ASSERT_EQ(value.ToString(), it->second) << key;
    }
  }

  void CheckMultiGet() {
    std::vector<std::string> keys;
    for (int i = 0; i < 20; ++i) keys.push_back(Key());
    const std::vector<Slice> slices(keys.begin(), keys.end());
    std::vector<PinnedValue> values(keys.size());
    std::vector<Status> statuses(keys.size());
    db_->MultiGet(slices, values, statuses);
    const Content expected = oracle_.Expected();
    for (size_t i = 0; i < keys.size(); ++i) {
      const auto it = expected.find(keys[i]);
      ASSERT_EQ(statuses[i].IsNotFound(), it == expected.end()) << statuses[i].ToString();
      if (it != expected.end()) {
        ASSERT_EQ(values[i].ToString(), it->second);
      }
    }
  }

  void Step() {
    switch (prng_.Uniform(24)) {
      case 0:
        return CheckAll();
      case 1: {
        const Status flushed = db_->Flush();
        ASSERT_TRUE(flushed.ok()) << flushed.ToString();
        return;
      }
      case 2: {
        const Status compacted = db_->CompactRange(nullptr, nullptr);
        ASSERT_TRUE(compacted.ok()) << compacted.ToString();
        return;
      }
      case 3: {
        snapshot_.reset();
        const Status closed = db_.Close();
        ASSERT_TRUE(closed.ok()) << closed.ToString();
        return Reopen();
      }
      case 4:
        return Crash();
      case 5:
        snapshot_ = db_->GetSnapshot();
        at_snapshot_ = oracle_.Expected();
        return;
      case 6:
        return CheckMultiGet();
      case 7:
      case 8:
      case 9:
        if (snapshot_ != nullptr) return CheckGet(snapshot_.get(), at_snapshot_);
        [[fallthrough]];
      case 10:
      case 11:
        return CheckGet(nullptr, oracle_.Expected());
      default:
        return Write();
    }
  }

  base::Prng prng_;
  io::SimStorage storage_;
  SimDb db_;
  Oracle oracle_;
  std::unique_ptr<Snapshot> snapshot_;
  Content at_snapshot_;
  uint64_t written_ = 0;
};

TEST(Model, RandomOperationsAgreeWithAMap) {
  const char* const one = std::getenv("TREERING_SEED");
  const uint64_t first = one != nullptr ? std::strtoull(one, nullptr, 10) : 1;
  const uint64_t last = one != nullptr ? first : kSeeds;
  for (uint64_t seed = first; seed <= last && !::testing::Test::HasFailure(); ++seed) {
    SCOPED_TRACE("TREERING_SEED=" + std::to_string(seed));
    io::RunSim(seed, [seed] { ModelRun(seed).Run(); });
    if (::testing::Test::HasFailure()) std::cout << "failing seed: " << seed << "\n";
  }
}

}  // namespace
}  // namespace treering::testing
