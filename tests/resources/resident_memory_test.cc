// The whole process stays within memory_budget and 32 MiB while everything goes on at once for a
// minute: writes, flushes, compactions, gets, batches, scans, snapshots. No read is refused for
// want of memory, and no request is handed to a worker thread of the kernel's.
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "api/db.h"
#include "engine/base/prng.h"
#include "tests/support/stats_json.h"
#include "tests/support/temp_dir.h"

namespace treering::testing {
namespace {

constexpr uint64_t kMiB = 1 << 20;
constexpr uint64_t kKeys = 2'000'000;

// VmHWM of /proc/self/status: the most that was ever resident, in bytes.
uint64_t ResidentBytesMax() {
  std::ifstream status("/proc/self/status");
  for (std::string word; status >> word;) {
    if (word != "VmHWM:") continue;
    uint64_t kib = 0;
    status >> kib;
    return kib << 10;
  }
  ADD_FAILURE() << "no VmHWM in /proc/self/status";
  return 0;
}

// Threads of io_uring's worker pool in this process.
uint64_t KernelWorkers() {
  uint64_t count = 0;
  for (const auto& task : std::filesystem::directory_iterator("/proc/self/task")) {
    std::ifstream comm(task.path() / "comm");
    std::string name;
    std::getline(comm, name);
    count += name.starts_with("iou-wrk");
  }
  return count;
}

class MixedRun {
 public:
  explicit MixedRun(DB* db) : db_(db) {}

  void Run(std::chrono::seconds run_time) {
    std::vector<std::thread> threads;
    threads.emplace_back([this] { Repeat(1, &MixedRun::WriteSome); });
    threads.emplace_back([this] { Repeat(2, &MixedRun::WriteSome); });
    threads.emplace_back([this] { Repeat(3, &MixedRun::GetSome); });
    threads.emplace_back([this] { Repeat(4, &MixedRun::GetBatch); });
    threads.emplace_back([this] { Repeat(5, &MixedRun::ScanSome); });
    for (const auto end = std::chrono::steady_clock::now() + run_time;
         std::chrono::steady_clock::now() < end;) {
      std::this_thread::sleep_for(std::chrono::milliseconds(200));
      kernel_workers_max_ = std::max(kernel_workers_max_, KernelWorkers());
    }
    stop_ = true;
    for (std::thread& thread : threads) thread.join();
  }
  uint64_t rounds() const { return rounds_; }
  uint64_t kernel_workers_max() const { return kernel_workers_max_; }

 private:
  using Step = void (MixedRun::*)(base::Prng*);

  void Repeat(uint64_t seed, Step step) {
    base::Prng random(seed);
    while (!stop_) {
      (this->*step)(&random);
      ++rounds_;
    }
  }
  static std::string KeyOf(base::Prng* random) {
    return "key" + std::to_string(random->Uniform(kKeys));
  }
  void WriteSome(base::Prng* random) {
    WriteBatch batch;
    for (int i = 0; i < 20; ++i) {
      if (random->OneIn(10)) {
        batch.Delete(KeyOf(random));
      } else {
        batch.Put(KeyOf(random), std::string(50 + random->Uniform(400), 'v'));
      }
    }
    if (random->OneIn(200)) batch.Put(KeyOf(random), std::string(kMiB, 'w'));
    const Status status = db_->Write(batch);
    if (!status.ok()) ADD_FAILURE() << status.ToString();
  }
  void GetSome(base::Prng* random) {
    PinnedValue value;
    for (int i = 0; i < 100; ++i) Check(db_->Get(KeyOf(random), &value));
  }
  void GetBatch(base::Prng* random) {
    std::vector<std::string> keys;
    for (int i = 0; i < 64; ++i) keys.push_back(KeyOf(random));
    const std::vector<Slice> slices(keys.begin(), keys.end());
    std::vector<PinnedValue> values(slices.size());
    std::vector<Status> statuses(slices.size());
    db_->MultiGet(slices, values, statuses);
    for (const Status& status : statuses) Check(status);
  }
  void ScanSome(base::Prng* random) {
    const auto snapshot = db_->GetSnapshot();
    ReadOptions options;
    options.snapshot = snapshot.get();
    const auto it = db_->NewIterator(options);
    it->Seek(KeyOf(random));
    for (int i = 0; i < 50'000 && it->Valid(); ++i) it->Next();
    Check(it->status());
  }
  static void Check(const Status& status) {
    if (!status.ok() && !status.IsNotFound()) ADD_FAILURE() << status.ToString();
  }

  DB* const db_;
  std::atomic<bool> stop_{false};
  std::atomic<uint64_t> rounds_{0};
  uint64_t kernel_workers_max_ = 0;
};

void RunWithin(uint64_t budget, std::chrono::seconds run_time) {
  const TempDir dir;
  RuntimeOptions runtime;
  runtime.memory_budget = budget;
  Options options;
  options.create_if_missing = true;
  options.runtime = Runtime::Create(runtime).value();
  options.table_bytes = 16 * kMiB;
  options.level_base_bytes = 64 * kMiB;
  auto db = DB::Open(options, dir.File("db")).value();
  MixedRun run(db.get());
  run.Run(run_time);
  const StatsJson stats(db.get());
  const uint64_t resident = ResidentBytesMax();
  std::printf("%llu rounds, %llu flushes, %llu compactions; resident at most %.1f MiB\n",
              static_cast<unsigned long long>(run.rounds()),
              static_cast<unsigned long long>(stats.Number("work", "flushes")),
              static_cast<unsigned long long>(stats.Number("work", "compactions")),
              static_cast<double>(resident) / kMiB);
  EXPECT_GT(stats.Number("work", "compactions"), 2u);
  EXPECT_EQ(run.kernel_workers_max(), 0u);
  const uint64_t over = stats.Number("memory", "over_bytes_max");
  std::printf("charged above the limit at most %.1f MiB\n", static_cast<double>(over) / kMiB);
  EXPECT_LE(over, 8 * kMiB);
  EXPECT_LE(resident, budget + 32 * kMiB);
  ASSERT_TRUE(db->Close().ok());
}

// The most that was ever resident only grows: the smaller budget is the first.
TEST(ResidentMemory, StaysWithinTheBudgetAndThirtyTwoMiB) {
  RunWithin(64 * kMiB, std::chrono::seconds(20));
  if (HasFailure()) return;
  RunWithin(256 * kMiB, std::chrono::seconds(60));  // the default
}

}  // namespace
}  // namespace treering::testing
