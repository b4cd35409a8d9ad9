#include "engine/io/sim_testing.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <utility>
#include <vector>

namespace treering::io {
namespace {

const char* PolicyName(PowerPolicy policy) {
  switch (policy) {
    case PowerPolicy::kDropAll:
      return "drop all";
    case PowerPolicy::kKeepAll:
      return "keep all";
    case PowerPolicy::kPrefix:
      return "prefix";
    case PowerPolicy::kNewestOnly:
      return "newest only";
    case PowerPolicy::kRandom:
      return "random";
    case PowerPolicy::kSubset:
      return "subset";
  }
  return "?";
}

void RunMaybeSimulated(const SimCrashLoop& loop, const std::function<void()>& body) {
  if (loop.simulate) {
    RunSim(loop.seed, body);
  } else {
    body();
  }
}

std::unique_ptr<SimStorage> StartOf(const SimCrashLoop& loop) {
  if (loop.start != nullptr) return loop.start->Clone();
  return std::make_unique<SimStorage>(SimStorageOptions{.seed = loop.seed});
}

std::vector<SimCrash> DamageAt(const SimCrashLoop& loop, uint64_t volatile_count) {
  std::vector<SimCrash> damage = loop.damage.empty() ? DefaultDamage() : loop.damage;
  if (loop.subsets_of == 0 || volatile_count > std::min(loop.subsets_of, 12u)) return damage;
  for (uint64_t subset = 0; subset < uint64_t{1} << volatile_count; ++subset) {
    damage.push_back({.kind = CrashKind::kPowerLoss,
                      .power = {.policy = PowerPolicy::kSubset, .subset = subset}});
  }
  return damage;
}

// One crash point with all its damages. False when a check failed.
bool TryPoint(const SimCrashLoop& loop, SimCrash point,
              const std::function<void(SimStorage*)>& work,
              const std::function<void(SimStorage*, const SimCrash&)>& check,
              uint64_t* recoveries) {
  const std::unique_ptr<SimStorage> storage = StartOf(loop);
  if (point.at_store) {
    storage->CrashAtStore(point.io_index);
  } else {
    storage->CrashAt(point.io_index, point.side);
  }
  RunMaybeSimulated(loop, [&] { work(storage.get()); });
  for (SimCrash crash : DamageAt(loop, storage->volatile_count())) {
    crash.io_index = point.io_index;
    crash.at_store = point.at_store;
    crash.side = point.side;
    const std::unique_ptr<SimStorage> survivor = storage->Clone();
    survivor->Restart(crash.kind, crash.power, crash.seed + point.io_index);
    RunMaybeSimulated(loop, [&] { check(survivor.get(), crash); });
    ++*recoveries;
    if (testing::Test::HasFailure()) {
      ADD_FAILURE() << "after: " << crash.ToString();
      return false;
    }
  }
  return true;
}

}  // namespace

base::SimScheduler::Report RunSim(uint64_t seed, std::function<void()> body) {
  base::SimScheduler::Report report = base::SimScheduler::Run(seed, std::move(body));
  if (report.deadlock) ADD_FAILURE() << "seed " << seed << ": " << report.deadlock_text;
  return report;
}

std::string SimCrash::ToString() const {
  std::string text = at_store                     ? "in store "
                     : side == CrashSide::kBefore ? "before I/O "
                                                  : "after I/O ";
  text += std::to_string(io_index);
  if (kind == CrashKind::kProcessDeath) {
    text += ", process death";
  } else {
    text += std::string(", power loss, ") + PolicyName(power.policy);
    if (power.policy == PowerPolicy::kRandom) text += " " + std::to_string(power.percent) + "%";
    if (power.policy == PowerPolicy::kSubset) text += " " + std::to_string(power.subset);
  }
  return text + ", seed " + std::to_string(seed);
}

std::vector<SimCrash> DefaultDamage() {
  std::vector<SimCrash> damage;
  const auto add = [&damage](CrashKind kind, PowerPolicy policy, uint32_t percent) {
    damage.push_back({.kind = kind,
                      .power = {.policy = policy, .percent = percent},
                      .seed = damage.size() * 1000});
  };
  add(CrashKind::kProcessDeath, PowerPolicy::kKeepAll, 0);
  add(CrashKind::kProcessDeath, PowerPolicy::kKeepAll, 0);
  add(CrashKind::kPowerLoss, PowerPolicy::kDropAll, 0);
  add(CrashKind::kPowerLoss, PowerPolicy::kKeepAll, 0);
  add(CrashKind::kPowerLoss, PowerPolicy::kPrefix, 0);
  add(CrashKind::kPowerLoss, PowerPolicy::kNewestOnly, 0);
  for (const uint32_t percent : {10, 50, 90}) {
    add(CrashKind::kPowerLoss, PowerPolicy::kRandom, percent);
  }
  return damage;
}

uint64_t ForEachCrash(const SimCrashLoop& loop, const std::function<void(SimStorage*)>& work,
                      const std::function<void(SimStorage*, const SimCrash&)>& check) {
  const std::unique_ptr<SimStorage> whole = StartOf(loop);
  const uint64_t first_io = whole->io_count();
  const uint64_t first_store = whole->store_count();
  RunMaybeSimulated(loop, [&] { work(whole.get()); });
  if (testing::Test::HasFailure()) return 0;
  uint64_t recoveries = 0;
  // One point past the last: the crash after everything was done.
  for (uint64_t index = first_io; index <= whole->io_count(); index += loop.point_step) {
    for (const CrashSide side : {CrashSide::kBefore, CrashSide::kAfter}) {
      const SimCrash point{.io_index = index, .side = side};
      if (!TryPoint(loop, point, work, check, &recoveries)) return recoveries;
    }
  }
  if (!loop.stores) return recoveries;
  for (uint64_t index = first_store; index < whole->store_count(); index += loop.point_step) {
    const SimCrash point{.io_index = index, .at_store = true};
    if (!TryPoint(loop, point, work, check, &recoveries)) return recoveries;
  }
  return recoveries;
}

}  // namespace treering::io
