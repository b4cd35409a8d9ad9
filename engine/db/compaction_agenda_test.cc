#include "engine/db/compaction_agenda.h"

#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <string>

#include "engine/manifest/manifest_testing.h"

namespace treering::db {
namespace {

using manifest::ParseVersion;
using Begun = CompactionAgenda::Begun;

class CompactionAgendaTest : public ::testing::Test {
 protected:
  CompactionAgendaTest() {
    options_.user.level0_trigger = 2;
    options_.user.level_base_bytes = 1000;
    options_.user.table_bytes = 100;
  }

  std::optional<Begun> Begin(const std::string& tree) { return agenda_.Begin(*ParseVersion(tree)); }
  bool IsDue(const std::string& tree) const { return agenda_.IsDue(*ParseVersion(tree)); }
  // What happens when the work that `tree` demands ends so.
  bool EndsWith(const std::string& tree, const Status& status) {
    const auto begun = Begin(tree);
    EXPECT_TRUE(begun.has_value()) << tree;
    return begun.has_value() && agenda_.Settle(*begun, status);
  }

  static constexpr char kFullLevel0[] = "L0: 2[c-z]@10-19 1[a-m]@1-9\nL6: 9[a-z]\n";
  static constexpr char kOneTable[] = "L0: 1[a-m]@1-9\nL6: 9[a-z]\n";

  EffectiveOptions options_;
  CompactionAgenda agenda_{&options_};
};

TEST_F(CompactionAgendaTest, WhatRunsIsNotBegunAgain) {
  EXPECT_FALSE(IsDue(kOneTable));
  EXPECT_FALSE(Begin(kOneTable).has_value());
  EXPECT_TRUE(IsDue(kFullLevel0));
  const auto begun = Begin(kFullLevel0);
  ASSERT_TRUE(begun.has_value());
  EXPECT_EQ(begun->plan.input_level, 0u);
  EXPECT_TRUE(agenda_.running());
  EXPECT_FALSE(IsDue(kFullLevel0));
  EXPECT_FALSE(Begin(kFullLevel0).has_value());
  EXPECT_FALSE(agenda_.Settle(*begun, Status::Ok()));
  EXPECT_FALSE(agenda_.running());
  EXPECT_TRUE(IsDue(kFullLevel0));
}

TEST_F(CompactionAgendaTest, NothingByItselfWhereTheOptionsSaySo) {
  options_.user.disable_auto_compactions = true;
  EXPECT_FALSE(IsDue(kFullLevel0));
  EXPECT_FALSE(Begin(kFullLevel0).has_value());
  ManualCompaction manual(nullptr, nullptr, 100);
  const CompactionAgenda::Asked asked(&agenda_, &manual);
  EXPECT_TRUE(Begin(kFullLevel0).has_value());
}

TEST_F(CompactionAgendaTest, ARequestIsDoneOnceNothingIsLeftOfIt) {
  ManualCompaction manual(nullptr, nullptr, 100);
  const CompactionAgenda::Asked asked(&agenda_, &manual);
  EXPECT_TRUE(IsDue(kOneTable));
  const auto begun = Begin(kOneTable);
  ASSERT_TRUE(begun.has_value());
  EXPECT_NE(begun->manual_id, 0u);
  EXPECT_FALSE(IsDue(kOneTable));  // it waits for what runs
  EXPECT_FALSE(Begin(kOneTable).has_value());
  EXPECT_FALSE(manual.done);
  agenda_.Settle(*begun, Status::Ok());
  EXPECT_TRUE(IsDue("L6: 10[a-z]\n"));
  EXPECT_FALSE(Begin("L6: 10[a-z]\n").has_value());
  EXPECT_TRUE(manual.done);
  EXPECT_TRUE(manual.status.ok());
}

TEST_F(CompactionAgendaTest, OnlyTheRangeAskedForAndNothingNewer) {
  const Slice begin("n");
  ManualCompaction manual(&begin, nullptr, 100);
  const CompactionAgenda::Asked asked(&agenda_, &manual);
  EXPECT_FALSE(Begin(kOneTable).has_value());
  EXPECT_TRUE(manual.done);
  ManualCompaction old(nullptr, nullptr, 0);
  const CompactionAgenda::Asked asked_old(&agenda_, &old);
  EXPECT_FALSE(Begin(kOneTable).has_value());
  EXPECT_TRUE(old.done);
}

TEST_F(CompactionAgendaTest, Level0HasEveryOtherTurn) {
  // The request wants level 5 first or last; level 0 is over its target all the time.
  const Slice begin("p");
  const std::string tree = "L0: 3[a-b]@20-29 2[a-c]@10-19\nL5: 7[p-z]\nL6: 9[a-d] 8[q-x]\n";
  ManualCompaction manual(&begin, nullptr, 100);
  const CompactionAgenda::Asked asked(&agenda_, &manual);
  const auto first = Begin(tree);
  ASSERT_TRUE(first.has_value());
  EXPECT_NE(first->manual_id, 0u);
  agenda_.Settle(*first, Status::Ok());
  const auto second = Begin(tree);
  ASSERT_TRUE(second.has_value());
  EXPECT_EQ(second->manual_id, 0u);
  EXPECT_EQ(second->plan.input_level, 0u);
  agenda_.Settle(*second, Status::Ok());
  const auto third = Begin(tree);
  ASSERT_TRUE(third.has_value());
  EXPECT_NE(third->manual_id, 0u);
}

TEST_F(CompactionAgendaTest, AFailureIsTheRequestsAndEndsIt) {
  ManualCompaction manual(nullptr, nullptr, 100);
  const CompactionAgenda::Asked asked(&agenda_, &manual);
  EXPECT_TRUE(EndsWith(kOneTable, Status::NoSpace("the disk is full")));
  EXPECT_TRUE(manual.done);
  EXPECT_TRUE(manual.status.IsNoSpace());
}

TEST_F(CompactionAgendaTest, ACallerMayLeaveWhileItsWorkRuns) {
  std::optional<Begun> begun;
  {
    ManualCompaction manual(nullptr, nullptr, 100);
    const CompactionAgenda::Asked asked(&agenda_, &manual);
    begun = Begin(kOneTable);
    ASSERT_TRUE(begun.has_value());
  }
  ManualCompaction other(nullptr, nullptr, 100);
  const CompactionAgenda::Asked asked(&agenda_, &other);
  agenda_.Settle(*begun, Status::NoSpace("the disk is full"));
  EXPECT_FALSE(other.done);
}

TEST_F(CompactionAgendaTest, DamageStopsAutomaticWorkAndTheFirstCauseIsKept) {
  EXPECT_FALSE(EndsWith(kFullLevel0, Status::Corruption("table 1")));
  EXPECT_FALSE(IsDue(kFullLevel0));
  EXPECT_FALSE(Begin(kFullLevel0).has_value());
  ManualCompaction manual(nullptr, nullptr, 100);
  const CompactionAgenda::Asked asked(&agenda_, &manual);
  EXPECT_FALSE(EndsWith(kFullLevel0, Status::Corruption("table 2")));
  EXPECT_EQ(agenda_.error().message(), "table 1");
}

TEST_F(CompactionAgendaTest, ADiskThatFailsAgainAndAgainIsGivenUp) {
  const auto fail = [&] { return EndsWith(kFullLevel0, Status::IoError("bad disk")); };
  for (int i = 0; i < 7; ++i) EXPECT_TRUE(fail());
  EXPECT_FALSE(EndsWith(kFullLevel0, Status::Ok()));
  for (int i = 0; i < 7; ++i) EXPECT_TRUE(fail());  // one success in between: counted anew
  EXPECT_TRUE(agenda_.error().ok());
  EXPECT_FALSE(fail());
  EXPECT_TRUE(agenda_.error().IsIoError());
  EXPECT_FALSE(IsDue(kFullLevel0));
}

TEST_F(CompactionAgendaTest, WantOfRoomOrMemoryIsTriedForEver) {
  for (int i = 0; i < 20; ++i) {
    EXPECT_TRUE(EndsWith(kFullLevel0, Status::NoSpace("the disk is full")));
    EXPECT_TRUE(EndsWith(kFullLevel0, Status::OutOfMemory("no frame")));
    EXPECT_FALSE(EndsWith(kFullLevel0, Status::Aborted("closing")));
  }
  EXPECT_TRUE(agenda_.error().ok());
}

}  // namespace
}  // namespace treering::db
