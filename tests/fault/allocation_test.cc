// The heap refuses each allocation of a small life of a database, one life per allocation: once,
// and for a while. Whoever asked gets OutOfMemory, nothing ends the process or hangs, what was
// acknowledged stays, and a write that was refused had no effect. On the simulated disk every
// allocation; on the real drivers, where lives take longer, each one of so many.
// TREERING_EVERY_ALLOCATION=1 leaves none out, TREERING_ALLOCATION=n begins with that one.
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <functional>
#include <iostream>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "api/db.h"
#include "engine/base/contain.h"
#include "engine/io/sim_disk.h"
#include "engine/io/sim_testing.h"
#include "engine/runtime/runtime.h"
#include "tests/support/failing_allocations.h"
#include "tests/support/oracle.h"
#include "tests/support/sim_db.h"
#include "tests/support/temp_dir.h"

namespace treering::testing {
namespace {

std::string Key(int i) { return "key" + std::to_string(100 + i); }
std::string Value(int i) {
  return std::to_string(i) + std::string(static_cast<size_t>(i * 97 % 2500), 'v');
}

// A call of the engine, on a thread whose own allocations are exempt.
template <typename Call>
auto Counted(Call call) {
  const FailingAllocations::Counted counted;
  return call();
}

// Where a life takes place.
class World {
 public:
  virtual ~World() = default;
  virtual Result<std::shared_ptr<runtime::RuntimeCore>> MakeRuntime() = 0;
  virtual std::string path() = 0;

  static RuntimeOptions SmallRuntime(IoBackend backend) {
    RuntimeOptions options;
    options.memory_budget = 32 << 20;
    options.background_threads = 2;
    options.io_backend = backend;
    return options;
  }
};

class SimWorld final : public World {
 public:
  explicit SimWorld(io::SimStorage* storage) : disk_(storage) {}
  Result<std::shared_ptr<runtime::RuntimeCore>> MakeRuntime() override {
    return runtime::RuntimeCore::CreateOn(&disk_, SmallRuntime(IoBackend::kAuto));
  }
  std::string path() override { return SimDb::kPath; }

 private:
  io::SimDisk disk_;
};

class RealWorld final : public World {
 public:
  RealWorld(std::string path, IoBackend backend) : path_(std::move(path)), backend_(backend) {}
  Result<std::shared_ptr<runtime::RuntimeCore>> MakeRuntime() override {
    return runtime::RuntimeCore::Create(SmallRuntime(backend_));
  }
  std::string path() override { return path_; }

 private:
  const std::string path_;
  const IoBackend backend_;
};

// A little of everything.
class Life {
 public:
  // `strict`: what is refused is too little to end the database.
  Life(World* world, Oracle* oracle, bool strict)
      : world_(world), oracle_(oracle), strict_(strict) {}

  void Run(const Options& options) {
    if (!Check("open", Open(options))) return;
    for (int i = 0; i < 12; ++i) {
      Write({{Key(i), Value(i)}}, static_cast<Durability>(i % 3));
    }
    Write({{Key(1), std::nullopt}, {Key(20), Value(20)}, {"big", std::string(40'000, 'b')}},
          Durability::kDisk);
    Read();
    std::unique_ptr<Snapshot> snapshot = Counted([&] { return db_->GetSnapshot(); });
    Write({{Key(2), std::nullopt}, {Key(30), Value(30)}}, Durability::kProcess);
    Check("flush", Counted([&] { return db_->Flush(); }));
    Read();
    Scan(nullptr);
    Scan(snapshot.get());
    for (int i = 5; i < 9; ++i) Write({{Key(i), Value(40 + i)}}, Durability::kMemory);
    Check("compact", Counted([&] { return db_->CompactRange(nullptr, nullptr); }));
    Check("wait", Counted([&] { return db_->WaitForCompaction(); }));
    std::string text;
    (void)Counted([&] { return db_->GetProperty("treering.stats.json", &text); });
    const Range all{Slice("a"), Slice("z")};
    Check("sizes", Counted([&] { return db_->ApproximateSizes(std::span(&all, 1)).status(); }));
    Check("verify", Counted([&] { return db_->Verify().status(); }));
    Read();
    Counted([&] { snapshot.reset(); });
  }

  // How many operations must be there afterwards.
  size_t Close() {
    if (db_ != nullptr && strict_) {
      EXPECT_EQ(db_->state(), DbState::kHealthy);
    }
    const bool well = db_ != nullptr && Check("close", Counted([&] { return db_->Close(); }));
    Counted([&] {
      db_.reset();
      runtime_.reset();
    });
    return well ? oracle_->RequiredAfterClose() : oracle_->RequiredAfterKill();
  }

  Status Open(Options options) {
    const std::string path = world_->path();
    auto core = Counted([&] { return base::Contain([&] { return world_->MakeRuntime(); }); });
    if (!core.ok()) return core.status();
    *(*core)->tuning() = {64 << 10, 64 << 10, 128 << 10};
    runtime_ = std::make_shared<Runtime>(*std::move(core));
    options.runtime = runtime_;
    auto opened = Counted([&] { return DB::Open(options, path); });
    if (!opened.ok()) return opened.status();
    db_ = *std::move(opened);
    return Status::Ok();
  }
  DB* db() { return db_.get(); }

  void Write(const std::vector<Oracle::Change>& changes, Durability durability) {
    const WriteBatch batch = Oracle::ToBatch(changes);
    const size_t index = oracle_->Begin(changes, durability);
    const WriteOptions options{durability};
    const Status status = Counted([&] { return db_->Write(batch, options); });
    if (status.ok()) return oracle_->Acknowledge(index);
    Check("write", status);
    if (db_->state() == DbState::kHealthy) oracle_->Refuse(index);
  }

 private:
  // OK, or for lack of memory; of one allocation alone nobody is told more than that.
  bool Check(const char* what, const Status& status) {
    if (strict_) {
      EXPECT_TRUE(status.ok() || status.IsOutOfMemory()) << what << ": " << status.ToString();
      return status.ok();
    }
    const std::string text = status.ToString();
    EXPECT_TRUE(status.ok() || status.IsOutOfMemory() || text.find("memory") != std::string::npos)
        << what << ": " << text;
    return status.ok();
  }

  void Read() {
    const Content expected = oracle_->Expected();
    std::vector<Slice> keys;
    for (const auto& entry : expected) {
      keys.emplace_back(entry.first);
      PinnedValue found;
      const Status status = Counted([&] { return db_->Get(entry.first, &found); });
      if (Check("get", status)) {
        EXPECT_EQ(found.ToString(), entry.second) << entry.first;
      }
    }
    keys.emplace_back("none");
    std::vector<PinnedValue> values(keys.size());
    std::vector<Status> statuses(keys.size());
    Counted([&] { db_->MultiGet(keys, values, statuses); });
    for (size_t i = 0; i + 1 < keys.size(); ++i) {
      if (Check("multiget", statuses[i])) {
        EXPECT_EQ(values[i].ToString(), expected.at(keys[i].ToString()));
      }
    }
    if (!statuses.back().IsNotFound()) Check("multiget", statuses.back());
    EXPECT_FALSE(statuses.back().ok());
  }

  // Twice: an iterator can be used again after a failure.
  void Scan(const Snapshot* snapshot) {
    ReadOptions options;
    options.snapshot = snapshot;
    std::unique_ptr<Iterator> it = Counted([&] { return db_->NewIterator(options); });
    for (int attempt = 0; attempt < 2; ++attempt) {
      size_t there = 0;
      size_t back = 0;
      const Status forward = Counted([&] {
        for (it->SeekToFirst(); it->Valid(); it->Next()) ++there;
        return it->status();
      });
      const Status backward = Counted([&] {
        for (it->SeekToLast(); it->Valid(); it->Prev()) ++back;
        return it->status();
      });
      if (!Check("scan", forward) || !Check("scan", backward)) continue;
      EXPECT_EQ(there, back);
      if (snapshot == nullptr) {
        EXPECT_EQ(there, oracle_->Expected().size());
      }
    }
    Counted([&] { it.reset(); });
  }

  World* const world_;
  Oracle* const oracle_;
  const bool strict_;
  std::shared_ptr<Runtime> runtime_;
  std::unique_ptr<DB> db_;
};

Options SmallOptions() {
  Options options = SimDb::SmallOptions();
  options.memtable_bytes = 64 << 10;
  return options;
}

// A database with tables and a log that was not flushed.
void Begin(World* world, Oracle* oracle) {
  Life life(world, oracle, true);
  ASSERT_TRUE(life.Open(SmallOptions()).ok());
  for (int i = 0; i < 10; ++i) {
    life.Write({{Key(i), Value(i + 3)}}, Durability::kDisk);
    if (i % 4 == 3) {
      ASSERT_TRUE(life.db()->Flush().ok());
    }
  }
  (void)life.Close();
}

struct Counts {
  uint64_t seen = 0;
  uint64_t refused = 0;
};

// A life in which those allocations are refused, and a look at what it left.
Counts LiveAndCheck(World* world, Oracle oracle, uint64_t first, uint64_t count) {
  Counts counts;
  size_t required = 0;
  {
    const FailingAllocations::Exempt exempt;
    const FailingAllocations failing(first, count);
    Life life(world, &oracle, count == 1);
    life.Run(SmallOptions());
    required = life.Close();
    counts = {failing.seen(), failing.refused()};
  }
  Life after(world, &oracle, true);
  const Status opened = after.Open(SmallOptions());
  EXPECT_TRUE(opened.ok()) << opened.ToString();
  if (!opened.ok()) return counts;
  Content content;
  const Status read = ReadAll(after.db(), &content);
  EXPECT_TRUE(read.ok()) << read.ToString();
  EXPECT_EQ(oracle.CheckAndSettle(content, required), "");
  EXPECT_TRUE(after.db()->Verify().ok());
  EXPECT_TRUE(after.db()->Close().ok());
  return counts;
}

// Calls `live` with the first allocation to refuse, `step` apart, until a life has none so late.
void Sweep(uint64_t step, const std::function<Counts(uint64_t first)>& live) {
  const char* const from = std::getenv("TREERING_ALLOCATION");
  if (std::getenv("TREERING_EVERY_ALLOCATION") != nullptr) step = 1;
  uint64_t first = from == nullptr ? 0 : std::strtoull(from, nullptr, 10);
  uint64_t lives = 0;
  uint64_t refused = 0;
  for (; !::testing::Test::HasFailure(); first += step, ++lives) {
    SCOPED_TRACE("TREERING_ALLOCATION=" + std::to_string(first));
    if (std::getenv("TREERING_VERBOSE") != nullptr) std::cerr << first << "\n";
    const Counts counts = live(first);
    refused += counts.refused;
    if (first >= counts.seen) break;  // the life ended before
  }
  std::cout << lives << " lives, " << refused << " allocations refused\n";
  EXPECT_GT(first, 1000u);
}

void SweepSimulated(uint64_t step, uint64_t count) {
  io::SimStorage begun;
  Oracle oracle;
  io::RunSim(1, [&] {
    SimWorld world(&begun);
    Begin(&world, &oracle);
  });
  Sweep(step, [&](uint64_t first) {
    Counts counts;
    const auto report = io::RunSim(first, [&] {
      const auto storage = begun.Clone();
      SimWorld world(storage.get());
      counts = LiveAndCheck(&world, oracle, first, count);
    });
    EXPECT_FALSE(report.deadlock) << report.deadlock_text;
    return counts;
  });
}

TEST(Allocation, EachRefusedOnce) { SweepSimulated(1, 1); }
TEST(Allocation, RefusedForAWhile) { SweepSimulated(5, 20); }
TEST(Allocation, RefusedForGood) { SweepSimulated(13, UINT64_MAX); }

// A database is made, closed, read by a view and destroyed; without a log, so that the close is
// what writes it.
// Returns how many allocations there were.
uint64_t LiveBriefly(World* world, uint64_t first) {
  const auto try_all = [&] {
    Options options = SmallOptions();
    options.log = LogMode::kOff;
    options.durability = Durability::kMemory;
    Status outcome;
    const auto note = [&outcome](const Status& status) {
      EXPECT_TRUE(status.ok() || status.IsOutOfMemory()) << status.ToString();
      if (outcome.ok()) outcome = status;
      return status.ok();
    };
    auto core = Counted([&] { return base::Contain([&] { return world->MakeRuntime(); }); });
    if (!note(core.status())) return false;
    options.runtime = std::make_shared<Runtime>(*std::move(core));
    const std::string path = world->path();
    auto db = Counted([&] { return DB::Open(options, path); });
    if (!note(db.status())) return false;
    const Status put = Counted([&] { return (*db)->Put("key", "value", {Durability::kMemory}); });
    note(put);
    const bool kept = note(Counted([&] { return (*db)->Close(); })) && put.ok();
    Counted([&] { db->reset(); });
    options.read_only = true;
    options.create_if_missing = false;
    auto view = Counted([&] { return DB::Open(options, path); });
    if (note(view.status())) {
      PinnedValue value;
      const Status got = Counted([&] { return (*view)->Get("key", &value); });
      if (kept && !got.IsOutOfMemory()) {
        EXPECT_TRUE(got.ok()) << "a close that answered OK has lost a write: " << got.ToString();
      }
      Counted([&] { view->reset(); });
    }
    note(Counted([&] { return DB::Destroy(path, options); }));
    Counted([&] { options.runtime.reset(); });
    return outcome.ok();
  };
  uint64_t seen = 0;
  {
    const FailingAllocations::Exempt exempt;
    const FailingAllocations failing(first, 1);
    (void)try_all();
    seen = failing.seen();
  }
  EXPECT_TRUE(try_all()) << "it does not go well afterwards";
  return seen;
}

TEST(Allocation, EachRefusedOnceBetweenCreationAndDestruction) {
  uint64_t first = 0;
  for (bool ended = false; !ended && !HasFailure(); ++first) {
    SCOPED_TRACE("allocation " + std::to_string(first));
    uint64_t seen = 0;
    const auto report = io::RunSim(first, [&] {
      io::SimStorage storage;
      SimWorld world(&storage);
      seen = LiveBriefly(&world, first);
    });
    EXPECT_FALSE(report.deadlock) << report.deadlock_text;
    ended = first >= seen;  // the life ended before
  }
  EXPECT_GT(first, 300u);
}

class AllocationOnDrivers : public ::testing::TestWithParam<IoBackend> {};

TEST_P(AllocationOnDrivers, RefusedNowAndThen) {
  const TempDir dir;
  Oracle oracle;
  RealWorld begun(dir.File("begun"), GetParam());
  Begin(&begun, &oracle);
  RealWorld world(dir.File("db"), GetParam());
  Sweep(19, [&](uint64_t first) {
    std::filesystem::remove_all(world.path());
    std::filesystem::copy(begun.path(), world.path(), std::filesystem::copy_options::recursive);
    return LiveAndCheck(&world, oracle, first, 1 + first % 3);
  });
}

INSTANTIATE_TEST_SUITE_P(Drivers, AllocationOnDrivers,
                         ::testing::Values(IoBackend::kUring, IoBackend::kPosix),
                         [](const auto& info) {
                           return info.param == IoBackend::kUring ? "uring" : "posix";
                         });

}  // namespace
}  // namespace treering::testing
