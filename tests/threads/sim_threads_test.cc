// Many threads on the simulated disk with four workers: writers of mixed durability, readers,
// flushes and compactions; ended by a close beside them or by either kind of crash, then opened
// again. A failing seed is named; run it again with TREERING_SEED.
#include <gtest/gtest.h>

#include <cstdlib>
#include <iostream>

#include "engine/base/prng.h"
#include "engine/base/sanitizers.h"
#include "engine/io/sim_testing.h"
#include "tests/support/sim_db.h"
#include "tests/threads/mixed_work.h"

namespace treering::testing {
namespace {

#if TREERING_UNDER_ASAN || TREERING_UNDER_TSAN
constexpr uint64_t kSeeds = 20;
#else
constexpr uint64_t kSeeds = 150;
#endif
constexpr int kRounds = 3;

class Threads {
 public:
  explicit Threads(uint64_t seed) : seed_(seed), prng_(seed) { db_.background_threads = 4; }

  void Go() {
    for (int round = 0; round < kRounds && !::testing::Test::HasFailure(); ++round) {
      SCOPED_TRACE("round " + std::to_string(round));
      Round(static_cast<uint64_t>(round));
    }
    if (::testing::Test::HasFailure()) return;
    Open();
    EXPECT_TRUE(db_.Close().ok());
  }

 private:
  Options RandomOptions() {
    Options options = SimDb::SmallOptions();
    options.log = prng_.OneIn(3) ? LogMode::kWrite : LogMode::kTail;
    return options;
  }
  void Open() {
    const Status opened = db_.Open(&storage_, RandomOptions());
    ASSERT_TRUE(opened.ok()) << opened.ToString();
  }

  void Round(uint64_t round) {
    Open();
    if (::testing::Test::HasFailure()) return;
    const auto ending = static_cast<Ending>(prng_.Uniform(3));
    MixedWork work;
    work.db = db_.db.get();
    work.histories = &histories_;
    work.seed = seed_ * 10 + round;
    work.alive = [this] { return !storage_.crashed(); };
    work.Run([&] {
      base::SleepNanos(prng_.Uniform(40'000'000));
      if (ending != Ending::kClose) {
        storage_.CrashNow();
      } else if (prng_.OneIn(2)) {
        EXPECT_TRUE(db_->Close().ok());  // beside the writes
      }
    });
    const Status closed = db_.Close();
    EXPECT_TRUE(closed.ok() || storage_.crashed()) << closed.ToString();
    if (storage_.crashed()) Restart(ending);
    Open();
    if (::testing::Test::HasFailure()) return;
    Content content;
    const Status read = ReadAll(db_.db.get(), &content);
    ASSERT_TRUE(read.ok()) << read.ToString();
    ASSERT_EQ(histories_.CheckAndSettle(content, ending), "");
    ASSERT_TRUE(db_.Close().ok());
  }

  void Restart(Ending ending) {
    io::PowerLoss power;
    constexpr io::PowerPolicy kPolicies[] = {io::PowerPolicy::kDropAll, io::PowerPolicy::kKeepAll,
                                             io::PowerPolicy::kPrefix, io::PowerPolicy::kNewestOnly,
                                             io::PowerPolicy::kRandom};
    power.policy = kPolicies[prng_.Uniform(5)];
    storage_.Restart(
        ending == Ending::kKill ? io::CrashKind::kProcessDeath : io::CrashKind::kPowerLoss, power,
        prng_.Next());
  }

  const uint64_t seed_;
  base::Prng prng_;
  io::SimStorage storage_;
  Histories histories_{4};
  SimDb db_;
};

TEST(SimThreads, EveryEndingLeavesAPrefix) {
  const char* const one = std::getenv("TREERING_SEED");
  const uint64_t first = one != nullptr ? std::strtoull(one, nullptr, 10) : 1;
  const uint64_t last = one != nullptr ? first : kSeeds;
  for (uint64_t seed = first; seed <= last && !::testing::Test::HasFailure(); ++seed) {
    SCOPED_TRACE("TREERING_SEED=" + std::to_string(seed));
    io::RunSim(seed, [seed] { Threads(seed).Go(); });
    if (::testing::Test::HasFailure()) std::cout << "failing seed: " << seed << "\n";
  }
}

}  // namespace
}  // namespace treering::testing
