// The whole engine, seed by seed. TREERING_SEEDS=1-20000 runs those, TREERING_SEED=7 one; a failing
// seed prints the command that runs it again. Long runs (1,000 seeds in one process) also fail when
// something they are to reach was never reached.
#include <gtest/gtest.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <string>

#include "engine/base/sanitizers.h"
#include "engine/io/sim_testing.h"
#include "tests/sim/probes.h"
#include "tests/sim/simulation.h"

namespace treering::testing {
namespace {

#if TREERING_UNDER_ASAN || TREERING_UNDER_TSAN
constexpr uint64_t kSeeds = 20;
#else
constexpr uint64_t kSeeds = 200;
#endif
constexpr int kOperations = 1000;
constexpr uint64_t kLongRun = 1000;  // seeds in one process, all parts together
constexpr uint64_t kParts = 4;       // so that tests can be run beside each other

struct Seeds {
  uint64_t first = 1;
  uint64_t last = kSeeds;
};

Seeds SeedsToRun() {
  if (const char* const one = std::getenv("TREERING_SEED")) {
    const uint64_t seed = std::strtoull(one, nullptr, 10);
    return {seed, seed};
  }
  Seeds seeds;
  if (const char* const range = std::getenv("TREERING_SEEDS")) {
    char* end = nullptr;
    seeds.first = std::strtoull(range, &end, 10);
    seeds.last = *end == '-' ? std::strtoull(end + 1, nullptr, 10) : seeds.first;
  }
  return seeds;
}

uint64_t RunSeed(uint64_t seed, Probes* probes) {
  return io::RunSim(seed, [&] { Simulation(seed, kOperations, probes).Run(); }).trace_hash;
}

// What all seeds of the process have reached.
Probes* AllProbes() {
  static Probes probes;
  return &probes;
}
uint64_t seeds_run = 0;

class ReachedEverything final : public ::testing::Environment {
 public:
  void TearDown() override {
    if (seeds_run < kLongRun) return;
    for (const std::string& name : AllProbes()->Missing())
      ADD_FAILURE() << "never reached: " << name;
  }
};
const ::testing::Environment* const reached_everything =
    ::testing::AddGlobalTestEnvironment(new ReachedEverything);

class SimulateTest : public ::testing::TestWithParam<uint64_t> {};

TEST_P(SimulateTest, EverySeedKeepsThePromises) {
  const Seeds seeds = SeedsToRun();
  Probes& probes = *AllProbes();
  uint64_t ran = 0;
  const auto started = std::chrono::steady_clock::now();
  for (uint64_t seed = seeds.first; seed <= seeds.last && !HasFailure(); ++seed) {
    if (seed % kParts != GetParam()) continue;
    RunSeed(seed, &probes);
    ++ran;
    ++seeds_run;
    if (HasFailure()) {
      std::printf(
          "seed %llu failed; again: TREERING_SEED=%llu bazel test --config=opt "
          "--test_env=TREERING_SEED"
          " //tests/sim:simulate_test\n",
          static_cast<unsigned long long>(seed), static_cast<unsigned long long>(seed));
    }
  }
  const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - started;
  std::printf("%llu seeds in %.1f s\n", static_cast<unsigned long long>(ran), seconds.count());
  for (const auto& [name, hits] : probes.all()) {
    std::printf("  %10llu  %s\n", static_cast<unsigned long long>(hits), name.c_str());
  }
}

INSTANTIATE_TEST_SUITE_P(Parts, SimulateTest, ::testing::Range<uint64_t>(0, kParts));

TEST(Simulate, TheSameSeedGivesTheSameTrace) {
  Probes probes;
  const uint64_t first = RunSeed(3, &probes);
  EXPECT_EQ(RunSeed(3, &probes), first);
  EXPECT_NE(RunSeed(4, &probes), first);
}

}  // namespace
}  // namespace treering::testing
