// Nothing that memory held before gets into a file: with every buffer full of a pattern when it is
// handed out, no file holds a run of it, whatever wrote the file.
#include <gtest/gtest.h>

#include <string>

#include "api/db.h"
#include "engine/io/sim_storage.h"
#include "engine/runtime/runtime.h"
#include "tests/support/sim_db.h"

namespace treering::testing {
namespace {

constexpr std::byte kPattern{0xa5};
// Sums and the like may hold a few such bytes in a row by chance.
constexpr size_t kRun = 8;

std::string FilesWithThePattern(const io::SimStorage& storage) {
  const std::string run(kRun, static_cast<char>(kPattern));
  std::string found;
  for (const std::string& path : storage.ListFiles()) {
    const size_t at = storage.ReadFile(path).find(run);
    if (at != std::string::npos) found += path + " at " + std::to_string(at) + "; ";
  }
  return found;
}

class PaddingTest : public ::testing::TestWithParam<LogMode> {};

TEST_P(PaddingTest, HoldsNothingThatWasInMemory) {
  io::SimStorage storage;
  // The second life recovers from the log of the first and replaces its manifest.
  for (int life = 0; life < 3; ++life) {
    SimDb sim;
    ASSERT_TRUE(sim.MakeRuntime(&storage).ok());
    io::BufferPool* const buffers = sim.runtime->core()->buffers();
    buffers->FillFresh(kPattern);
    EXPECT_EQ(buffers->Allocate(4096).data()[100], kPattern);
    Options options = SimDb::SmallOptions();
    options.log = GetParam();
    options.runtime = sim.runtime;
    auto opened = DB::Open(options, SimDb::kPath);
    ASSERT_TRUE(opened.ok()) << opened.status().ToString();
    sim.db = *std::move(opened);
    options.runtime.reset();  // it ends before its disk
    for (int i = 0; i < 60; ++i) {
      const std::string value(static_cast<size_t>(i * 61 % 1500), 'v');
      const auto durability = static_cast<Durability>(i % 3);
      ASSERT_TRUE(sim->Put("key" + std::to_string(i * 7 % 40), value, {durability}).ok());
      if (i % 25 == 24) {
        ASSERT_TRUE(sim->Flush().ok());
      }
    }
    ASSERT_TRUE(sim->Put("long", std::string(150'000, 'l'), {Durability::kDisk}).ok());
    ASSERT_TRUE(sim->CompactRange(nullptr, nullptr).ok());
    ASSERT_TRUE(sim->Put("last", "value", {Durability::kDisk}).ok());
    EXPECT_EQ(FilesWithThePattern(storage), "");
    const bool crash = life == 1;
    if (crash) storage.CrashNow();
    (void)sim.Close();
    if (crash) storage.Restart(io::CrashKind::kProcessDeath, {}, 1);
    EXPECT_EQ(FilesWithThePattern(storage), "");
  }
}

INSTANTIATE_TEST_SUITE_P(Logs, PaddingTest, ::testing::Values(LogMode::kTail, LogMode::kWrite),
                         [](const auto& info) {
                           return info.param == LogMode::kTail ? "tail" : "write";
                         });

}  // namespace
}  // namespace treering::testing
