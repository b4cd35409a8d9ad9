#include "engine/io/sim_testing.h"

#include <gtest/gtest-spi.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <climits>
#include <cstdio>
#include <set>
#include <string>

#include "engine/base/thread.h"
#include "engine/io/sim_fixture_testing.h"

namespace treering::io {
namespace {

// A log of one-page records, each written, synced and only then acknowledged; with the bug the
// second of the two steps is left out.
class TinyLog {
 public:
  explicit TinyLog(bool bug) : bug_(bug) {}

  void Work(SimStorage* storage) {
    acknowledged_ = 0;
    SimDisk disk(storage);
    auto directory = disk.OpenDirectory("/d", /*create=*/true);
    auto queue = disk.NewQueue(4);
    if (!directory.ok()) return;
    auto file = (*directory)->Open("log", {.mode = OpenMode::kCreate, .direct = false});
    if (!file.ok() || !(*directory)->Sync().ok()) return;
    for (uint64_t i = 0; i < 4; ++i) {
      const std::string page(kPageBytes, static_cast<char>('a' + i));
      Request write = Request::Write(file->get(), i * kPageBytes, std::as_bytes(std::span(page)));
      if (!(*queue)->Run(&write).ok()) return;
      if (!bug_) {
        Request sync = Request::Sync(file->get(), (*file)->Completed());
        if (!(*queue)->Run(&sync).ok()) return;
      }
      if (!storage->crashed()) acknowledged_ = i + 1;
    }
  }
  void Check(SimStorage* storage, const SimCrash& crash) {
    const std::string text = storage->ReadFile("/d/log");
    for (uint64_t i = 0; i < acknowledged_; ++i) {
      const std::string page(kPageBytes, static_cast<char>('a' + i));
      EXPECT_TRUE(text.size() >= (i + 1) * kPageBytes &&
                  text.compare(i * kPageBytes, kPageBytes, page) == 0)
          << "record " << i << " is lost " << crash.ToString();
    }
  }

 private:
  const bool bug_;
  uint64_t acknowledged_ = 0;
};

uint64_t RunLoop(const SimCrashLoop& loop, bool bug) {
  TinyLog log(bug);
  return ForEachCrash(
      loop, [&](SimStorage* storage) { log.Work(storage); },
      [&](SimStorage* storage, const SimCrash& crash) { log.Check(storage, crash); });
}

TEST(SimTestingTest, ARightLogSurvivesEveryCrash) {
  // mkdir, its sync, create, sync, 4 writes, 4 syncs, the end; both sides; 9 damages each.
  EXPECT_EQ(RunLoop({}, false), 13u * 2 * 9);
  EXPECT_EQ(RunLoop({.simulate = true, .seed = 3}, false), 13u * 2 * 9);
}

TEST(SimTestingTest, AnAcknowledgementBeforeItsSyncIsFound) {
  testing::TestPartResultArray failures;
  {
    testing::ScopedFakeTestPartResultReporter reporter(
        testing::ScopedFakeTestPartResultReporter::INTERCEPT_ALL_THREADS, &failures);
    RunLoop({}, true);
  }
  ASSERT_GT(failures.size(), 0);
  EXPECT_NE(std::string(failures.GetTestPartResult(0).message()).find("is lost"),
            std::string::npos);
}

TEST(SimTestingTest, ADeadlockFailsTheTest) {
  EXPECT_NONFATAL_FAILURE(RunSim(5,
                                 [] {
                                   base::Mutex mutex;
                                   base::CondVar never;
                                   mutex.Lock();
                                   while (true) never.Wait(&mutex);
                                 }),
                          "seed 5");
}

TEST(SimTestingTest, LoopsBeginWhereTheyAreTold) {
  SimStorage start;
  start.PutFile("/d/counter", "0");
  std::set<uint64_t> points;
  const uint64_t recoveries = ForEachCrash(
      {.start = &start},
      [](SimStorage* storage) {
        SimProcess process(storage);
        ASSERT_TRUE(process.Reopen("counter").ok());
        (void)process.Write("counter", 0, "1");
      },
      [&](SimStorage* storage, const SimCrash& crash) {
        points.insert(crash.io_index);
        const std::string text = storage->ReadFile("/d/counter");
        EXPECT_EQ(text.size(), 1u);
      });
  EXPECT_EQ(recoveries, 2u * 2 * 9);
  EXPECT_EQ(points, (std::set<uint64_t>{0, 1}));
}

// --- Determinism ---

// Two threads on one storage, with faults, a crash and a second generation.
std::string Fingerprint(uint64_t seed) {
  SimStorage storage;
  const base::SimScheduler::Report report = RunSim(seed, [&] {
    const auto work = [&storage](const std::string& name) {
      SimProcess process(&storage);
      (void)process.Create(name).ok();
      for (uint64_t i = 0; i < 20; ++i) {
        if (process.Write(name, i * 100, std::string(100, 'x')) != 0) return;
        if (i % 4 == 0 && process.Sync(name) != 0) return;
      }
      (void)process.directory().Sync().ok();
    };
    storage.PutDirectory("/d");
    storage.CrashAt(40);
    base::Thread threads[2];
    for (int t = 0; t < 2; ++t) {
      const std::string name(1, static_cast<char>('a' + t));
      EXPECT_TRUE(base::Thread::Start(
                      name, [&work, name] { work(name); }, &threads[t])
                      .ok());
    }
    for (base::Thread& thread : threads) thread.Join();
    storage.Restart(CrashKind::kPowerLoss, {PowerPolicy::kRandom, 50}, seed);
    work("c");
  });
  return std::to_string(report.trace_hash) + " " + std::to_string(storage.trace_hash()) + " " +
         std::to_string(storage.ReadFile("/d/a").size()) + " " +
         std::to_string(storage.ReadFile("/d/b").size());
}

TEST(SimTestingTest, TheSameSeedTellsTheSameStory) {
  std::set<std::string> all;
  for (uint64_t seed = 1; seed <= 20; ++seed) {
    const std::string fingerprint = Fingerprint(seed);
    EXPECT_EQ(fingerprint, Fingerprint(seed));
    all.insert(fingerprint);
  }
  EXPECT_EQ(all.size(), 20u);
}

TEST(SimTestingTest, PrintsItsFingerprint) {
  const std::string fingerprint = Fingerprint(7);
  EXPECT_FALSE(fingerprint.empty());
  std::printf("fingerprint=%s\n", fingerprint.c_str());
}

TEST(SimTestingTest, AnotherProcessTellsTheSameStory) {
  char self[PATH_MAX] = {};
  ASSERT_GT(readlink("/proc/self/exe", self, sizeof self - 1), 0);
  const std::string command =
      "'" + std::string(self) + "' --gtest_filter=SimTestingTest.PrintsItsFingerprint 2>&1";
  FILE* const pipe = popen(command.c_str(), "r");
  ASSERT_NE(pipe, nullptr);
  std::string output;
  char buffer[4096];
  while (const size_t n = fread(buffer, 1, sizeof buffer, pipe)) output.append(buffer, n);
  EXPECT_EQ(pclose(pipe), 0) << output;
  EXPECT_NE(output.find("fingerprint=" + Fingerprint(7) + "\n"), std::string::npos) << output;
}

}  // namespace
}  // namespace treering::io
