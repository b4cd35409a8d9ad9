// The same operations under many options and on all three drivers give the same answers: those of a
// map. A sequence that does not is shrunk and printed. TREERING_SEED runs one seed.
#include <gtest/gtest.h>

#include <cstdlib>
#include <iostream>

#include "engine/base/sanitizers.h"
#include "engine/io/sim_testing.h"
#include "tests/model/history.h"
#include "tests/model/operations.h"
#include "tests/model/shrink.h"
#include "tests/support/sim_db.h"
#include "tests/support/temp_dir.h"

namespace treering::testing {
namespace {

#if TREERING_UNDER_ASAN || TREERING_UNDER_TSAN
constexpr uint64_t kSeeds = 2;
#else
constexpr uint64_t kSeeds = 10;
#endif
constexpr size_t kOperations = 250;

std::vector<Manner> Manners() {
  std::vector<Manner> manners;
  const auto add = [&](const char* name, const std::function<void(Manner*)>& change) {
    Manner manner;
    manner.name = name;
    manner.options = SimDb::SmallOptions();
    change(&manner);
    manners.push_back(std::move(manner));
  };
  add("small", [](Manner*) {});
  add("defaults", [](Manner* m) {
    m->options = Options();
    m->options.create_if_missing = true;
    m->options.memtable_bytes = 4 << 20;
  });
  add("no filters", [](Manner* m) { m->options.bloom_bits_per_key = 0; });
  add("large filters", [](Manner* m) { m->options.bloom_bits_per_key = 20; });
  add("blocks of 16 KiB", [](Manner* m) { m->options.block_bytes = 16 << 10; });
  add("blocks of 64 KiB", [](Manner* m) { m->options.block_bytes = 64 << 10; });
  add("write log", [](Manner* m) { m->options.log = LogMode::kWrite; });
  add("durable", [](Manner* m) { m->options.durability = Durability::kDisk; });
  add("memory only, until the close",
      [](Manner* m) { m->options.durability = Durability::kMemory; });
  add("write log, durable", [](Manner* m) {
    m->options.log = LogMode::kWrite;
    m->options.durability = Durability::kDisk;
  });
  add("one large memtable", [](Manner* m) { m->options.memtable_bytes = 8 << 20; });
  add("no automatic compaction", [](Manner* m) { m->options.disable_auto_compactions = true; });
  add("deep level 0", [](Manner* m) { m->options.level0_trigger = 12; });
  add("steep levels", [](Manner* m) {
    m->options.level_base_bytes = 64 << 10;
    m->options.level_multiplier = 2;
  });
  add("large tables", [](Manner* m) { m->options.table_bytes = 4 << 20; });
  add("batches split", [](Manner* m) { m->split_batches = true; });
  add("gets by seeks", [](Manner* m) { m->get_by_seek = true; });
  add("reads past the cache", [](Manner* m) { m->fill_cache = false; });
  add("gets by seeks past the cache, no filters", [](Manner* m) {
    m->get_by_seek = true;
    m->fill_cache = false;
    m->options.bloom_bits_per_key = 0;
  });
  add("batches split, write log, steep levels", [](Manner* m) {
    m->split_batches = true;
    m->options.log = LogMode::kWrite;
    m->options.level_base_bytes = 64 << 10;
    m->options.level_multiplier = 2;
  });
  add("little of everything", [](Manner* m) {
    m->options.block_bytes = 16 << 10;
    m->options.bloom_bits_per_key = 4;
    m->options.level0_trigger = 1;
  });
  return manners;
}

// On the simulated disk, in a simulation of its own.
std::vector<std::string> OnSim(const Manner& manner, const Operations& operations, uint64_t seed) {
  std::vector<std::string> answers;
  io::RunSim(seed, [&] {
    io::SimStorage storage;
    SimDb db;
    History history(manner, [&]() -> Result<std::unique_ptr<DB>> {
      if (db.runtime == nullptr) {
        if (Status made = db.MakeRuntime(&storage); !made.ok()) return made;
      }
      Options options = manner.options;
      options.runtime = db.runtime;
      return DB::Open(options, SimDb::kPath);
    });
    answers = history.Run(operations);
  });
  return answers;
}

// On the real disk.
std::vector<std::string> OnDisk(const Manner& manner, const Operations& operations,
                                IoBackend backend) {
  const TempDir dir;
  RuntimeOptions runtime;
  runtime.memory_budget = 32 << 20;
  runtime.io_backend = backend;
  auto made = Runtime::Create(runtime);
  if (!made.ok()) return {made.status().ToString()};
  Options options = manner.options;
  options.runtime = *std::move(made);
  return History(manner, [&] { return DB::Open(options, dir.File("db")); }).Run(operations);
}

using Answer = std::function<std::vector<std::string>(const Operations&)>;

// Fails the test with the shortest sequence whose answers are wrong.
void Compare(const std::string& where, const Operations& operations, const Answer& answer) {
  const auto wrong = [&](const Operations& part) { return answer(part) != RightHistory(part); };
  if (!wrong(operations)) return;
  const Operations least = Shrink<Operation>(operations, wrong);
  const std::vector<std::string> right = RightHistory(least);
  const std::vector<std::string> given = answer(least);
  std::string text;
  for (size_t i = 0; i < std::max(right.size(), given.size()); ++i) {
    text += "\n  " + (i < least.size() ? least[i].ToString() : "content") + ": " +
            (i < given.size() ? given[i].substr(0, 200) : "");
    if (i < given.size() && i < right.size() && given[i] != right[i]) {
      text += "\n    not: " + right[i].substr(0, 200);
    }
  }
  ADD_FAILURE() << where << ": the shortest sequence with a wrong answer:" << text;
}

class Metamorphic : public ::testing::Test {
 protected:
  static void ForEachSeed(const std::function<void(uint64_t, const Operations&)>& check) {
    const char* const one = std::getenv("TREERING_SEED");
    const uint64_t first = one != nullptr ? std::strtoull(one, nullptr, 10) : 1;
    const uint64_t last = one != nullptr ? first : kSeeds;
    for (uint64_t seed = first; seed <= last && !HasFailure(); ++seed) {
      SCOPED_TRACE("TREERING_SEED=" + std::to_string(seed));
      check(seed, DrawOperations(seed, kOperations));
    }
  }
};

TEST_F(Metamorphic, OptionsChangeNoAnswer) {
  const std::vector<Manner> manners = Manners();
  ASSERT_GE(manners.size(), 20u);
  ForEachSeed([&](uint64_t seed, const Operations& operations) {
    for (const Manner& manner : manners) {
      Compare(manner.name, operations,
              [&](const Operations& part) { return OnSim(manner, part, seed); });
    }
  });
}

TEST_F(Metamorphic, DriversChangeNoAnswer) {
  const std::vector<Manner> manners = Manners();
  ForEachSeed([&](uint64_t seed, const Operations& operations) {
    // Each seed another two manners: real disks are slow.
    for (const size_t i : {2 * seed, 2 * seed + 1}) {
      const Manner& manner = manners[i % manners.size()];
      for (const auto backend : {IoBackend::kUring, IoBackend::kPosix}) {
        Compare(manner.name + (backend == IoBackend::kUring ? ", uring" : ", posix"), operations,
                [&](const Operations& part) { return OnDisk(manner, part, backend); });
      }
    }
  });
}

TEST(Shrinking, FindsTheOnesThatMatter) {
  std::vector<int> all;
  for (int i = 0; i < 100; ++i) all.push_back(i);
  const auto fails = [](const std::vector<int>& part) {
    return std::find(part.begin(), part.end(), 17) != part.end() &&
           std::find(part.begin(), part.end(), 71) != part.end();
  };
  EXPECT_EQ(Shrink<int>(all, fails), (std::vector<int>{17, 71}));
}

}  // namespace
}  // namespace treering::testing
