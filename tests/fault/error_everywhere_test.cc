// An error at each I/O of a small life: nothing acknowledged is lost, the states are the documented
// ones, and the next open is fine.
#include <gtest/gtest.h>

#include <iostream>

#include "engine/base/sanitizers.h"
#include "engine/base/thread.h"
#include "engine/io/sim_testing.h"
#include "tests/support/oracle.h"
#include "tests/support/sim_db.h"

namespace treering::testing {
namespace {

using io::Action;
using io::SimFault;
using io::SimFaultEffect;

#if TREERING_UNDER_ASAN || TREERING_UNDER_TSAN
constexpr uint64_t kStep = 7;
#else
constexpr uint64_t kStep = 1;
#endif

// Creation, writes of every durability with a flush, a compaction and segments used up, close.
class FaultyLife {
 public:
  explicit FaultyLife(const SimFault& fault) : fault_(fault) {}

  void Run() {
    number_ = storage_.faults()->Add(fault_);
    Live();
    struck_ = storage_.faults()->Hits(number_) > 0;
    storage_.faults()->Clear();
    if (!::testing::Test::HasFailure()) Recover();
  }
  bool struck() const { return struck_; }

 private:
  void Live() {
    const Status opened = db_.Open(&storage_, SimDb::SmallOptions());
    if (!opened.ok()) return;
    for (int i = 0; i < 18; ++i) {
      Write(i);
      if (i % 6 == 5) (void)db_->Flush();
    }
    (void)db_->CompactRange(nullptr, nullptr);
    Write(18);
    base::SleepNanos(2'000'000'000);  // idle: spill, promise, retries
    Write(19);
    if (!HindersReads()) CheckContent();
    all_kept_ = db_.Close().ok();
  }

  void Write(int i) {
    const bool healthy = db_->state() == DbState::kHealthy;
    const auto durability = static_cast<Durability>(i % 3);
    const size_t bytes = i % 7 == 4 ? 40'000 : 5'000;
    const Status status = WriteNoted(
        db_.db.get(), &oracle_, &storage_,
        {{"key" + std::to_string(i % 8),
          i % 5 == 3 ? std::nullopt : std::optional(std::to_string(i) + std::string(bytes, 'v'))},
         {"count", std::to_string(i)}},
        durability);
    if (status.ok()) return;
    const DbState state = db_->state();
    EXPECT_NE(state, DbState::kFailed) << status.ToString();
    EXPECT_TRUE(status.IsNoSpace() || status.IsIoError() || status.IsReadOnly())
        << status.ToString();
    // Only a write that the log took is of unknown outcome, and ends the log.
    if (!healthy || state != DbState::kReadOnly) oracle_.Refuse(oracle_.count() - 1);
  }

  // Reads go on in every state. What failed is not seen, but for the one at which the log ended.
  void CheckContent() {
    Content content;
    const Status read = ReadAll(db_.db.get(), &content);
    ASSERT_TRUE(read.ok()) << read.ToString();
    Oracle seen = oracle_;
    ASSERT_EQ(seen.CheckAndSettle(content, oracle_.RequiredAfterClose()), "");
  }

  void Recover() {
    (void)db_.Close();
    const size_t required = all_kept_        ? oracle_.RequiredAfterClose()
                            : LosesWritten() ? oracle_.RequiredAfterPowerLoss()
                                             : oracle_.RequiredAfterKill();
    Content content;
    for (int open = 0; open < 2; ++open) {
      const Status opened = db_.Open(&storage_, SimDb::SmallOptions());
      ASSERT_TRUE(opened.ok()) << opened.ToString();
      const Status read = ReadAll(db_.db.get(), &content);
      ASSERT_TRUE(read.ok()) << read.ToString();
      ASSERT_EQ(oracle_.CheckAndSettle(content, open == 0 ? required : oracle_.count()), "");
      ASSERT_TRUE(db_.Close().ok());
    }
  }
  bool HindersReads() const {
    return fault_.action == Action::kRead || fault_.action == Action::kOpen ||
           fault_.action == Action::kStat;
  }
  // The kernel may have dropped what a failed sync covered: as bad as power loss for those bytes.
  bool LosesWritten() const { return fault_.effect == SimFaultEffect::kSyncLosesData; }

  const SimFault fault_;
  io::SimStorage storage_;
  size_t number_ = 0;
  bool struck_ = false;
  bool all_kept_ = false;
  Oracle oracle_;
  SimDb db_;
};

void EveryOperation(Action action, int error, SimFaultEffect effect = SimFaultEffect::kError) {
  uint64_t lives = 0;
  for (const bool sticky : {false, true}) {
    for (uint64_t nth = 1;; nth += kStep) {
      SimFault fault;
      fault.action = action;
      fault.nth = nth;
      fault.sticky = sticky;
      fault.effect = effect;
      fault.error = error;
      SCOPED_TRACE(std::string(io::ActionName(action)) + " " + std::to_string(nth) + ", " +
                   io::ErrorName(error) + (sticky ? ", from then on" : ", once"));
      bool struck = false;
      io::RunSim(nth, [&] {
        FaultyLife life(fault);
        life.Run();
        struck = life.struck();
      });
      ++lives;
      if (::testing::Test::HasFailure()) return;
      if (!struck) break;
    }
  }
  std::cout << lives << " lives\n";
}

TEST(ErrorEverywhere, Writes) {
  EveryOperation(Action::kWrite, EIO);
  EveryOperation(Action::kWrite, ENOSPC);
}
TEST(ErrorEverywhere, Syncs) {
  EveryOperation(Action::kSync, EIO);
  EveryOperation(Action::kSync, ENOSPC);
}
TEST(ErrorEverywhere, SyncsThatLoseOrKeepData) {
  EveryOperation(Action::kSync, EIO, SimFaultEffect::kSyncLosesData);
  EveryOperation(Action::kSync, EIO, SimFaultEffect::kSyncIsDurable);
}
TEST(ErrorEverywhere, Reads) { EveryOperation(Action::kRead, EIO); }
TEST(ErrorEverywhere, FilesThatCannotBeMade) {
  for (const int error : {EIO, ENOSPC}) {
    EveryOperation(Action::kAllocate, error);
    EveryOperation(Action::kCreate, error);
    EveryOperation(Action::kTruncate, error);
  }
}
TEST(ErrorEverywhere, Directories) {
  for (const int error : {EIO, ENOSPC}) {
    EveryOperation(Action::kSyncDirectory, error);
    EveryOperation(Action::kRename, error);
  }
  EveryOperation(Action::kUnlink, EIO);
  EveryOperation(Action::kList, EIO);
  EveryOperation(Action::kOpen, EIO);
  EveryOperation(Action::kStat, EIO);
  EveryOperation(Action::kMap, EIO);
}

}  // namespace
}  // namespace treering::testing
