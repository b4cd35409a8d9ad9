#include "engine/db/error_state.h"

#include <gtest/gtest.h>

namespace treering::db {
namespace {

TEST(ErrorState, KeepsTheFirstCauseOfAState) {
  ErrorState state;
  EXPECT_TRUE(state.ForWrite().ok());
  state.Enter(DbState::kReadOnly, Status::IoError("first"));
  state.Enter(DbState::kReadOnly, Status::IoError("second"));
  EXPECT_EQ(state.cause().message(), "first");
  EXPECT_TRUE(state.ForWrite().IsReadOnly());
  EXPECT_NE(state.ForWrite().message().find("first"), std::string::npos);
  EXPECT_TRUE(state.ForRead().ok());
}

TEST(ErrorState, AShortageOfMemoryPasses) {
  ErrorState state;
  state.EnterFor(Status::OutOfMemory("no buffer"));
  EXPECT_EQ(state.state(), DbState::kHealthy);
}

TEST(ErrorState, OnlyGetsWorse) {
  ErrorState state;
  state.Enter(DbState::kFailed, Status::Failed("broken"));
  state.Enter(DbState::kDegraded, Status::NoSpace("full"));
  EXPECT_EQ(state.state(), DbState::kFailed);
  EXPECT_TRUE(state.ForRead().IsFailed());
}

TEST(ErrorState, ResumesFromAFullDiskOnly) {
  ErrorState state;
  state.EnterFor(Status::NoSpace("full"));
  EXPECT_EQ(state.state(), DbState::kDegraded);
  EXPECT_TRUE(state.ForWrite().IsNoSpace());
  state.Resume();
  EXPECT_TRUE(state.ForWrite().ok());
  state.EnterFor(Status::IoError("log"));
  state.Resume();
  EXPECT_EQ(state.state(), DbState::kReadOnly);
}

TEST(ErrorState, AFailingDiskDoesNotPassForAFullOne) {
  ErrorState state;
  state.Enter(DbState::kDegraded, Status::IoError("write 7.sst: EIO"));
  EXPECT_TRUE(state.ForWrite().IsIoError()) << state.ForWrite().ToString();
}

TEST(ErrorState, AStickyErrorIsFinalWhateverItsCode) {
  for (const Status& error :
       {Status::NoSpace("log"), Status::OutOfMemory("log"), Status::IoError("log")}) {
    ErrorState state;
    state.EnterForSticky(error);
    EXPECT_EQ(state.state(), DbState::kReadOnly) << error.ToString();
  }
  ErrorState state;
  state.EnterForSticky(Status::Ok());
  EXPECT_EQ(state.state(), DbState::kHealthy);
  state.EnterForSticky(Status::Failed("a descriptor of ours is wrong"));
  EXPECT_EQ(state.state(), DbState::kFailed);
}

TEST(ErrorState, AFullDiskMayTurnIntoSomethingWorse) {
  ErrorState state;
  state.EnterFor(Status::NoSpace("full"));
  state.EnterFor(Status::Corruption("table"));
  EXPECT_EQ(state.state(), DbState::kReadOnly);
  EXPECT_EQ(state.cause().message(), "table");
}

}  // namespace
}  // namespace treering::db
