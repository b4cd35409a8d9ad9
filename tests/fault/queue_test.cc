// Commits and the queues they lease: what a refused one does to a write, and when a commit's write
// goes out.
#include <gtest/gtest.h>

#include <thread>

#include "api/db.h"
#include "engine/io/sim_disk.h"
#include "engine/runtime/runtime.h"
#include "tests/support/sim_db.h"
#include "tests/support/spy_disk.h"

namespace treering::testing {
namespace {

class QueueTest : public ::testing::Test {
 protected:
  QueueTest() {
    RuntimeOptions runtime_options;
    runtime_options.memory_budget = 32 << 20;
    auto core = runtime::RuntimeCore::CreateOn(&spy_, runtime_options);
    EXPECT_TRUE(core.ok());
    core_ = *std::move(core);
    *core_->tuning() = {64 << 10, 64 << 10, 128 << 10};
    Options options = SimDb::SmallOptions();
    options.memtable_bytes = 4 << 20;
    options.runtime = std::make_shared<Runtime>(core_);
    auto opened = DB::Open(options, SimDb::kPath);
    EXPECT_TRUE(opened.ok()) << opened.status().ToString();
    db_ = *std::move(opened);
  }
  Status PutOnANewThread(const std::string& key, size_t bytes, Durability durability) {
    Status status;
    std::thread([&] {
      status = db_->Put(key, std::string(bytes, 'v'), WriteOptions{durability});
    }).join();
    return status;
  }

  io::SimStorage storage_;
  io::SimDisk sim_{&storage_};
  SpyDisk spy_{&sim_};
  std::shared_ptr<runtime::RuntimeCore> core_;
  std::unique_ptr<DB> db_;
};

// A group that the tail does not take is only borrowed by the log: without a queue to write it with
// it must not get there.
TEST_F(QueueTest, ARefusedQueueRefusesTheWriteAndNothingElse) {
  ASSERT_TRUE(db_->Put("before", "1").ok());
  spy_.RefuseQueues(true);
  std::vector<runtime::QueueLease> idle;  // the shared pool must have none left to give
  for (auto lease = core_->LeaseSharedQueue(); lease.ok(); lease = core_->LeaseSharedQueue()) {
    idle.push_back(*std::move(lease));
  }
  for (const auto durability : {Durability::kMemory, Durability::kProcess, Durability::kDisk}) {
    const Status refused = PutOnANewThread("large", 40'000, durability);
    EXPECT_TRUE(refused.IsOutOfMemory()) << refused.ToString();
    EXPECT_EQ(db_->state(), DbState::kHealthy);
  }
  EXPECT_TRUE(PutOnANewThread("small", 10, Durability::kProcess).ok());  // needs none
  spy_.RefuseQueues(false);
  idle.clear();
  ASSERT_TRUE(PutOnANewThread("large", 40'001, Durability::kProcess).ok());
  PinnedValue value;
  ASSERT_TRUE(db_->Get("large", &value).ok());
  EXPECT_EQ(value.ToString().size(), 40'001u);
  EXPECT_TRUE(db_->Close().ok());
}

// The disk works on the log write while the group goes into the memtable: it is sent off before
// anybody waits for it.
TEST_F(QueueTest, ADurableWriteIsSentOffBeforeTheInsertion) {
  ASSERT_TRUE(db_->Put("warm", "up", WriteOptions{Durability::kDisk}).ok());
  (void)spy_.TakeNotes();
  ASSERT_TRUE(db_->Put("a", "1", WriteOptions{Durability::kDisk}).ok());
  const std::string notes = spy_.TakeNotes();  // the workers' calls are not among them
  EXPECT_NE(notes.find("submit send wait "), std::string::npos) << notes;
}

}  // namespace
}  // namespace treering::testing
