// What each fault does to an operation, and what is left of it after a crash.
#include <gtest/gtest.h>

#include <string>

#include "engine/io/sim_disk.h"
#include "engine/io/sim_faults.h"
#include "engine/io/sim_fixture_testing.h"
#include "engine/io/sim_storage.h"

namespace treering::io {
namespace {

constexpr PowerLoss kDropAll{PowerPolicy::kDropAll};
constexpr PowerLoss kKeepAll{PowerPolicy::kKeepAll};
const std::string kOld(kPageBytes, 'o');
const std::string kNew(kPageBytes, 'n');

class SimFaultEffectsTest : public testing::Test {
 protected:
  SimFaultEffectsTest() {
    storage_.PutFile("/d/f", kOld);
    process_ = std::make_unique<SimProcess>(&storage_);
    EXPECT_TRUE(process_->Reopen("f").ok());
  }
  // What is in the file after all that is volatile was lost, or written.
  std::string AfterPowerLoss(PowerLoss power) {
    const auto copy = storage_.Clone();
    copy->Restart(CrashKind::kPowerLoss, power, 1);
    return copy->ReadFile("/d/f");
  }
  size_t Add(Action action, SimFaultEffect effect, uint64_t nth = 1) {
    return storage_.faults()->Add({.action = action, .nth = nth, .effect = effect});
  }

  SimStorage storage_;
  std::unique_ptr<SimProcess> process_;
};

TEST_F(SimFaultEffectsTest, ErrorsOfEveryOperation) {
  SimFaultPlan* const faults = storage_.faults();
  const auto fails = [&](Action action, const std::function<bool()>& operation) {
    faults->Clear();
    const size_t number = faults->Add({.action = action, .error = EIO});
    EXPECT_FALSE(operation()) << ActionName(action);
    EXPECT_EQ(faults->Hits(number), 1u) << ActionName(action);
  };
  Directory& directory = process_->directory();
  fails(Action::kRead, [&] { return process_->Read("f", 0, 1) == "o"; });
  fails(Action::kWrite, [&] { return process_->Write("f", 0, kNew) == 0; });
  fails(Action::kSync, [&] { return process_->Sync("f") == 0; });
  fails(Action::kAllocate, [&] { return process_->Allocate("f", 8192) == 0; });
  fails(Action::kTruncate, [&] { return process_->Truncate("f", 1) == 0; });
  fails(Action::kOpen, [&] { return directory.Open("f", {}).ok(); });
  fails(Action::kCreate, [&] { return process_->Create("g").ok(); });
  fails(Action::kLock, [&] { return process_->Open("f", {.lock = true}).ok(); });
  fails(Action::kMap, [&] { return directory.Map("f", 1, false).ok(); });
  fails(Action::kRename, [&] { return directory.Rename("f", "h").ok(); });
  fails(Action::kLink, [&] { return directory.Link("f", &directory, "h").ok(); });
  fails(Action::kUnlink, [&] { return directory.Unlink("f").ok(); });
  fails(Action::kList, [&] { return directory.List().ok(); });
  fails(Action::kStat, [&] { return directory.Stat("f").ok(); });
  fails(Action::kSyncDirectory, [&] { return directory.Sync().ok(); });
  fails(Action::kMakeDirectory, [&] { return process_->disk().OpenDirectory("/e", true).ok(); });
  faults->Clear();
  EXPECT_EQ(storage_.ListFiles(), std::vector<std::string>{"/d/f"});
  EXPECT_EQ(storage_.ReadFile("/d/f"), kOld);
}

TEST_F(SimFaultEffectsTest, ShortTransfersAreFinishedByTheQueue) {
  const size_t write = Add(Action::kWrite, SimFaultEffect::kShort);
  const size_t read = Add(Action::kRead, SimFaultEffect::kShort);
  const std::string text = kNew + kOld;
  EXPECT_EQ(process_->Write("f", 0, text), 0);
  EXPECT_EQ(process_->Read("f", 0, text.size()), text);
  EXPECT_EQ(storage_.faults()->Hits(write), 1u);
  EXPECT_EQ(storage_.faults()->Hits(read), 1u);
  EXPECT_EQ(process_->queue().stats().resubmits, 2u);
}

TEST_F(SimFaultEffectsTest, InterruptionsAreRetriedByTheQueue) {
  storage_.faults()->Add({.action = Action::kRead, .error = EINTR});
  EXPECT_EQ(process_->Read("f", 0, 1), "o");
}

TEST_F(SimFaultEffectsTest, AFailedSyncThatLosesItsWrites) {
  Add(Action::kSync, SimFaultEffect::kSyncLosesData);
  EXPECT_EQ(process_->Write("f", 0, kNew), 0);
  EXPECT_EQ(process_->Sync("f"), EIO);
  EXPECT_EQ(process_->Sync("f"), 0);  // a second one promises nothing
  EXPECT_EQ(process_->Read("f", 0, 1), "n");
  EXPECT_FALSE(storage_.DurableNow("/d/f"));
  EXPECT_EQ(AfterPowerLoss(kKeepAll), kOld);
}

TEST_F(SimFaultEffectsTest, AFailedSyncThatKeepsItsWrites) {
  Add(Action::kSync, SimFaultEffect::kSyncKeepsData);
  EXPECT_EQ(process_->Write("f", 0, kNew), 0);
  EXPECT_EQ(process_->Sync("f"), EIO);
  EXPECT_EQ(AfterPowerLoss(kDropAll), kOld);
  EXPECT_EQ(AfterPowerLoss(kKeepAll), kNew);
  EXPECT_EQ(process_->Sync("f"), 0);
  EXPECT_EQ(AfterPowerLoss(kDropAll), kNew);
}

TEST_F(SimFaultEffectsTest, AFailedSyncThatIsDurable) {
  Add(Action::kSync, SimFaultEffect::kSyncIsDurable);
  EXPECT_EQ(process_->Write("f", 0, kNew), 0);
  EXPECT_EQ(process_->Sync("f"), EIO);
  EXPECT_EQ(AfterPowerLoss(kDropAll), kNew);
}

TEST_F(SimFaultEffectsTest, AFailedSyncThatReportsLate) {
  Add(Action::kSync, SimFaultEffect::kSyncReportsLate);
  EXPECT_EQ(process_->Write("f", 0, kNew), 0);
  EXPECT_EQ(process_->Sync("f"), 0);
  EXPECT_EQ(AfterPowerLoss(kKeepAll), kOld);
  EXPECT_EQ(process_->Sync("f"), EIO);
  EXPECT_EQ(process_->Sync("f"), 0);
}

TEST_F(SimFaultEffectsTest, FailedSyncsOfADirectory) {
  Directory& directory = process_->directory();
  ASSERT_TRUE(process_->Create("a").ok());
  size_t number = Add(Action::kSyncDirectory, SimFaultEffect::kSyncKeepsData);
  EXPECT_FALSE(directory.Sync().ok());
  EXPECT_EQ(storage_.faults()->Hits(number), 1u);
  EXPECT_FALSE(storage_.DurableNow("/d/a"));
  EXPECT_TRUE(directory.Sync().ok());
  EXPECT_TRUE(storage_.DurableNow("/d/a"));
  ASSERT_TRUE(process_->Create("b").ok());
  Add(Action::kSyncDirectory, SimFaultEffect::kSyncIsDurable);
  EXPECT_FALSE(directory.Sync().ok());
  EXPECT_TRUE(storage_.DurableNow("/d/b"));
  ASSERT_TRUE(process_->Create("c").ok());
  Add(Action::kSyncDirectory, SimFaultEffect::kSyncReportsLate);
  EXPECT_TRUE(directory.Sync().ok());
  EXPECT_FALSE(directory.Sync().ok());
  EXPECT_TRUE(directory.Sync().ok());
  EXPECT_FALSE(storage_.DurableNow("/d/c"));
}

TEST_F(SimFaultEffectsTest, WrongBytesWithoutAnError) {
  Add(Action::kRead, SimFaultEffect::kFlipBit);
  EXPECT_NE(process_->Read("f", 0, kPageBytes), kOld);
  EXPECT_EQ(process_->Read("f", 0, kPageBytes), kOld);
  Add(Action::kWrite, SimFaultEffect::kPhantom);
  EXPECT_EQ(process_->Write("f", 0, kNew), 0);
  EXPECT_EQ(process_->Read("f", 0, kPageBytes), kOld);
  Add(Action::kWrite, SimFaultEffect::kMisdirected);
  EXPECT_EQ(process_->Write("f", 0, kNew), 0);
  EXPECT_EQ(process_->Read("f", 0, 2 * kPageBytes), kOld + kNew);
  Add(Action::kRead, SimFaultEffect::kMisdirected);
  EXPECT_EQ(process_->Read("f", 0, kPageBytes), kNew);
  Add(Action::kRead, SimFaultEffect::kMisdirected);
  EXPECT_EQ(process_->Read("f", kPageBytes, kPageBytes), kOld);  // the file ends there
  EXPECT_EQ(process_->Read("f", 0, 2 * kPageBytes), kOld + kNew);
}

TEST_F(SimFaultEffectsTest, AnEffectThatDoesNotFitIsPassedOver) {
  storage_.faults()->Add({.sticky = true, .effect = SimFaultEffect::kFlipBit});
  EXPECT_EQ(process_->Write("f", 0, kNew), 0);
  EXPECT_EQ(process_->Sync("f"), 0);
  EXPECT_TRUE(process_->directory().Sync().ok());
  EXPECT_EQ(AfterPowerLoss(kDropAll), kNew);
}

}  // namespace
}  // namespace treering::io
